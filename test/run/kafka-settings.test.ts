import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { KafkaConfig } from '../../generator/config/config.ts';
import { kafkaSettings } from '../../generator/run/kafka-settings.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'kgen-pem-'));
  for (const name of ['ca', 'cert', 'key']) writeFileSync(join(folder, `${name}.pem`), `PEM of ${name}`);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Given {
  readonly brokers?: string;
  readonly env?: { readonly [name: string]: string };
  readonly config?: KafkaConfig;
}

function settings({ brokers, env = {}, config }: Given) {
  const result = kafkaSettings({ brokers, env, config, file: 'kgen.config.ts', clientId: 'totals' });
  if ('options' in result) return result.options;
  throw new Error(result.findings.map(({ file, path, reason }) => `${file ?? ''} ${path}: ${reason}`).join('\n'));
}

const at = (given: Given): ReturnType<typeof settings> => settings({ brokers: 'a:1', ...given });

test('flags come before the environment, and that before the config; what is empty is not set', () => {
  const env = { KAFKA_BROKERS: 'env:2' };
  const config = { brokers: ['config:3', 'config:4'] };
  expect(settings({ brokers: 'flag:1, flag:2', env, config }).brokers).toEqual(['flag:1', 'flag:2']);
  expect(settings({ env, config }).brokers).toEqual(['env:2']);
  expect(settings({ env: { KAFKA_BROKERS: '' }, config }).brokers).toEqual(['config:3', 'config:4']);
  expect(settings({ config: { brokers: '[::1]:3,b:4' } }).brokers).toEqual(['[::1]:3', 'b:4']);
  expect(() => settings({ config: { brokers: '' } })).toThrow(' --brokers: no brokers are given');
  expect(() => settings({ config: { brokers: 'x' } })).toThrow("kgen.config.ts kafka.brokers: 'x' is no host:port");
  expect(at({}).clientId).toBe('totals');
  expect(at({ config: { clientId: 'mine' } }).clientId).toBe('mine');
  expect(at({ config: { clientId: 'mine' }, env: { KAFKA_CLIENT_ID: 'env' } }).clientId).toBe('env');
});

describe('TLS', () => {
  test('is off unless something asks for it', () => {
    expect(at({}).tls).toBe(false);
    expect(at({ env: { KAFKA_TLS: 'true' } }).tls).toBe(true);
    expect(at({ env: { KAFKA_TLS: '1' } }).tls).toBe(true);
    expect(at({ config: { tls: true } }).tls).toBe(true);
    expect(at({ config: { tls: {} } }).tls).toBe(true);
    expect(at({ config: { tls: true }, env: { KAFKA_TLS: 'false' } }).tls).toBe(false);
  });

  test('takes certificates from files of the environment, and what the config holds', () => {
    const env = {
      KAFKA_TLS_CA: join(folder, 'ca.pem'),
      KAFKA_TLS_CERT: join(folder, 'cert.pem'),
      KAFKA_TLS_KEY: join(folder, 'key.pem'),
      KAFKA_TLS_KEY_PASSWORD: 'secret',
    };
    const all = { ca: 'PEM of ca', cert: 'PEM of cert', key: 'PEM of key', passphrase: 'secret' };
    expect(at({ env }).tls).toEqual(all);
    const config = { tls: { ca: 'other', servername: 'kafka' } };
    expect(at({ env, config }).tls).toEqual({ ...all, servername: 'kafka' });
    const bytes = new TextEncoder().encode('PEM');
    expect(at({ config: { tls: { ca: bytes, key: undefined } } }).tls).toEqual({ ca: Buffer.from('PEM') });
  });
});

describe('SASL', () => {
  const own = { mechanism: 'scram-sha-512', username: 'config', password: 'of config' } as const;

  test('comes from either, the environment first', () => {
    expect(at({}).sasl).toBeUndefined();
    expect(at({ config: { sasl: own } }).sasl).toEqual(own);
    expect(at({ config: { sasl: own }, env: { KAFKA_SASL_PASSWORD: 'env' } }).sasl).toEqual({
      ...own,
      password: 'env',
    });
    const env = { KAFKA_SASL_MECHANISM: 'SCRAM-SHA-256', KAFKA_SASL_USERNAME: 'env', KAFKA_SASL_PASSWORD: 'of env' };
    const result = { mechanism: 'scram-sha-256', username: 'env', password: 'of env' };
    expect(at({ config: { sasl: own }, env }).sasl).toEqual(result);
    expect(at({ env }).sasl).toEqual(result);
    expect(at({ config: { sasl: { username: 'a', password: 'b' } } }).sasl).toMatchObject({ mechanism: 'plain' });
  });

  test('with tokens is as the config says, unless the environment names a user', () => {
    const sasl = { mechanism: 'oauthbearer', oauthBearerProvider: async () => ({ value: 'token' }) } as const;
    expect(at({ config: { sasl } }).sasl).toBe(sasl);
    const env = { KAFKA_SASL_USERNAME: 'me', KAFKA_SASL_PASSWORD: 'x' };
    expect(at({ config: { sasl }, env }).sasl).toEqual({ mechanism: 'plain', username: 'me', password: 'x' });
  });

  test('with a mechanism of one’s own is as the config says', () => {
    const sasl = { mechanism: 'aws_msk_iam', authenticationProvider: () => ({ authenticate: async () => {} }) };
    expect(at({ config: { sasl } }).sasl).toBe(sasl);
  });

  test('with Kerberos takes each setting from the environment, else from the config', () => {
    const sasl = { mechanism: 'gssapi', serviceName: 'events', keytab: '/etc/a.keytab' } as const;
    const result = { mechanism: 'gssapi', serviceName: 'events', principal: undefined, keytab: '/etc/a.keytab' };
    expect(at({ config: { sasl } }).sasl).toEqual(result);
    const env = { KAFKA_SASL_KERBEROS_KEYTAB: '/etc/b.keytab', KAFKA_SASL_KERBEROS_PRINCIPAL: 'lines@A.ORG' };
    expect(at({ config: { sasl }, env }).sasl).toEqual({
      ...result,
      principal: 'lines@A.ORG',
      keytab: '/etc/b.keytab',
    });
    expect(at({ env: { KAFKA_SASL_MECHANISM: 'GSSAPI' } }).sasl).toEqual({ mechanism: 'gssapi' });
  });

  test('with Kerberos gives way to a user of the environment', () => {
    const env = { KAFKA_SASL_USERNAME: 'me', KAFKA_SASL_PASSWORD: 'x' };
    const sasl = { mechanism: 'gssapi' } as const;
    expect(at({ config: { sasl }, env }).sasl).toEqual({ mechanism: 'plain', username: 'me', password: 'x' });
  });

  test('whose password the environment lacks is said without the rest', () => {
    const sasl = { ...own, password: undefined };
    expect(() => at({ config: { sasl } })).toThrow(/^ KAFKA_SASL_PASSWORD: the password of SASL is missing$/);
    expect(() => at({ config: { sasl: { ...own, password: '' } } })).toThrow('KAFKA_SASL_PASSWORD');
  });
});

test('durations and the rest of the config', () => {
  const config = {
    sessionTimeout: '20 s',
    rebalanceTimeout: 5000,
    transactionTimeout: '2 minutes',
    producer: { compression: 'zstd', linger: '20 ms', requestTimeout: '10 s', batchSize: 100_000 },
    replicationFactor: 3,
  } as const;
  expect(at({ config })).toMatchObject({
    group: { sessionTimeout: 20_000, rebalanceTimeout: 5000 },
    producer: {
      transactionTimeout: 120_000,
      compression: 'zstd',
      linger: 20,
      requestTimeout: 10_000,
      batchSize: 100_000,
    },
    replicationFactor: 3,
  });
  expect(() => at({ config: { sessionTimeout: 'long' } })).toThrow('kgen.config.ts kafka.sessionTimeout: "long"');
});

test('options of the producer that cannot be, or contradict each other, are all said', () => {
  const several = { producer: { maxInFlight: 9, retries: 0.5 }, transactionTimeout: 0 } as const;
  expect(() => at({ config: several })).toThrow(
    /kafka\.producer\.maxInFlight: 9 is not .*kafka\.producer\.retries: 0\.5 .*kafka\.transactionTimeout: 0 is not/s,
  );
  expect(() => at({ config: { producer: { batchSize: 2048, bufferSize: 1024 } } })).toThrow(
    'kgen.config.ts kafka.producer.bufferSize: 1024 bytes may wait',
  );
});
