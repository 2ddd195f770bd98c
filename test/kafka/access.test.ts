import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { inspect } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { findCoordinator } from '../../runtime/src/log/kafka/messages/find-coordinator.ts';
import { metadata } from '../../runtime/src/log/kafka/messages/metadata.ts';
import type { SaslOptions, TransportOptions } from '../../runtime/src/log/kafka/transport/options.ts';
import { KafkaTransport } from '../../runtime/src/log/kafka/transport/transport.ts';
import { isLogError, type LogError } from '../../runtime/src/log/port.ts';
import { systemClock } from '../../runtime/src/time/clock.ts';
import { type Broker, startBroker } from '../support/kafka/broker.ts';
import {
  type Certificates,
  type ClientCertificates,
  makeCertificates,
  makeClientCertificates,
} from '../support/kafka/certificates.ts';
import { describeWithKafkaJars } from '../support/kafka/describe-kafka.ts';

const PASSWORD = 'correct-horse-battery';
const PLAIN = { mechanism: 'plain', username: 'kgen', password: PASSWORD } as const;
const SCRAM = { mechanism: 'scram-sha-512', username: 'scrambled', password: PASSWORD } as const;

/** Refusals come long before it is over, on a busy machine too. */
const CONNECT_WITHIN = 20_000;

/** As those of others for AWS: a function that speaks the mechanism. */
const OWN: SaslOptions = {
  mechanism: 'plain',
  authenticationProvider: ({ saslAuthenticate }) => ({
    async authenticate() {
      const bytes = Buffer.from(`\0kgen\0${PASSWORD}`);
      await saslAuthenticate({
        request: { encode: () => Buffer.concat([Buffer.from([0, 0, 0, bytes.length]), bytes]) },
      });
    },
  }),
};

/** A token without a signature. `end` in seconds from now. */
function token(end: number): string {
  const now = Math.floor(Date.now() / 1000);
  const parts = [{ alg: 'none' }, { sub: 'kgen', iat: now, exp: now + end }];
  return `${parts.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')}.`;
}

function oauth(end: number): SaslOptions {
  return { mechanism: 'oauthbearer', oauthBearerProvider: async () => ({ value: token(end) }) };
}

const LISTENERS = ['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'] as const;

function listener(name: string): Record<string, string> {
  const of = `listener.name.${name}`;
  const module = 'org.apache.kafka.common.security';
  return {
    [`${of}.sasl.enabled.mechanisms`]: 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER',
    [`${of}.plain.sasl.jaas.config`]: `${module}.plain.PlainLoginModule required user_kgen="${PASSWORD}";`,
    [`${of}.scram-sha-256.sasl.jaas.config`]: `${module}.scram.ScramLoginModule required;`,
    [`${of}.scram-sha-512.sasl.jaas.config`]: `${module}.scram.ScramLoginModule required;`,
    // Takes tokens without a signature, which are for tests alone.
    [`${of}.oauthbearer.sasl.jaas.config`]: `${module}.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="broker";`,
    // So short that a session is renewed while a test runs (KIP-368).
    [`${of}.plain.connections.max.reauth.ms`]: '3000',
    // Brokers renew none within a second of the last time, and drop connections whose session is over.
    [`${of}.scram-sha-512.connections.max.reauth.ms`]: '1500',
    [`${of}.scram-sha-256.connections.max.reauth.ms`]: '700',
  };
}

await describeWithKafkaJars('access to a broker', () => {
  let folder: string;
  let certificates: Certificates;
  let clients: ClientCertificates;
  let broker: Broker;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'kgen-certificates-'));
    [certificates, clients] = await Promise.all([makeCertificates(folder), makeClientCertificates(folder)]);
    const protocols = ['CONTROLLER:PLAINTEXT', 'MUTUAL:SSL'].concat(LISTENERS.map((name) => `${name}:${name}`));
    broker = await startBroker({
      listeners: [...LISTENERS.slice(1), 'MUTUAL'],
      properties: {
        'listener.security.protocol.map': protocols.join(),
        'listener.name.mutual.ssl.client.auth': 'required',
        'listener.name.mutual.ssl.truststore.location': clients.truststore,
        'listener.name.mutual.ssl.truststore.type': 'PKCS12',
        'listener.name.mutual.ssl.truststore.password': certificates.password,
        ...listener('sasl_plaintext'),
        ...listener('sasl_ssl'),
        'ssl.keystore.location': certificates.keystore,
        'ssl.keystore.type': 'PKCS12',
        'ssl.keystore.password': certificates.password,
        'ssl.key.password': certificates.password,
      },
      format: ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((mechanism) => [
        '--add-scram',
        `${mechanism}=[name=scrambled,password=${PASSWORD}]`,
      ]),
    });
  }, 60_000);
  afterAll(async () => {
    await broker?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const opened: KafkaTransport[] = [];
  afterEach(async () => {
    for (const transport of opened.splice(0)) await transport.close();
  });

  type Protocol = (typeof LISTENERS)[number] | 'MUTUAL';

  async function connect(protocol: Protocol, options: Partial<TransportOptions>): Promise<KafkaTransport> {
    const brokers = [broker.addresses[protocol] ?? ''];
    const transport = await KafkaTransport.connect(
      { brokers, connectionTimeout: CONNECT_WITHIN, ...options },
      systemClock,
    );
    opened.push(transport);
    return transport;
  }

  async function failure(protocol: Protocol, options: Partial<TransportOptions>): Promise<LogError> {
    try {
      await connect(protocol, options);
    } catch (error) {
      if (isLogError(error)) return error;
      throw error;
    }
    throw new Error('it let us in');
  }

  const tls = (): { readonly ca: string } => ({ ca: certificates.ca });
  // The names of the listeners below say what is tried; certificates are there when the tests run.
  const ways: readonly (readonly [string, Protocol, () => Partial<TransportOptions>])[] = [
    ['TLS', 'SSL', () => ({ tls: tls() })],
    ['SASL PLAIN', 'SASL_PLAINTEXT', () => ({ sasl: PLAIN })],
    ['SCRAM-SHA-256', 'SASL_PLAINTEXT', () => ({ sasl: { ...SCRAM, mechanism: 'scram-sha-256' } })],
    ['SCRAM-SHA-512 over TLS', 'SASL_SSL', () => ({ tls: tls(), sasl: SCRAM })],
    ['OAUTHBEARER', 'SASL_PLAINTEXT', () => ({ sasl: oauth(600) })],
    ['SASL PLAIN over TLS', 'SASL_SSL', () => ({ tls: tls(), sasl: PLAIN })],
    ['a client certificate', 'MUTUAL', () => ({ tls: { ...tls(), ...clients.known } })],
    ['a mechanism of one’s own', 'SASL_SSL', () => ({ tls: tls(), sasl: OWN })],
  ];

  test.each(ways)('%s', async (_, protocol, options) => {
    const transport = await connect(protocol, options());
    expect(transport.nodes).toEqual([1]);
    await transport.send(1, 'fetch', metadata, { topics: [] });
    await transport.send(1, 'control', metadata, { topics: null });
  });

  test('requests keep their order when the session has to be renewed', async () => {
    const transport = await connect('SASL_PLAINTEXT', { sasl: PLAIN });
    const order: number[] = [];
    const send = async (i: number): Promise<void> => {
      await transport.send(1, 'control', findCoordinator, { kind: 'group', keys: [`g${i}`] });
      order.push(i);
    };
    const numbers = Array.from({ length: 20 }, (_, i) => i);
    await Promise.all(numbers.map(send));
    expect(order).toEqual(numbers);
    // Past the session's end: the broker would close a connection that did not authenticate again.
    await new Promise((resolve) => setTimeout(resolve, 3500));
    await Promise.all(numbers.map((i) => send(i + 20)));
    expect(order.slice(20)).toEqual(numbers.map((i) => i + 20));
  });

  async function askFor(ms: number, transport: KafkaTransport): Promise<void> {
    for (const end = performance.now() + ms; performance.now() < end; await sleep(20))
      await transport.send(1, 'control', findCoordinator, { kind: 'group', keys: ['g'] });
  }

  test.each([
    ['three seconds', PLAIN],
    ['one and a half', SCRAM],
    ['less than one', { ...SCRAM, mechanism: 'scram-sha-256' } as const],
  ])('a session of %s is renewed again and again while requests go out all the time', async (_, sasl) => {
    await askFor(4000, await connect('SASL_PLAINTEXT', { sasl }));
  });

  test('a token is asked for anew before the one in use ends', async () => {
    let asked = 0;
    const oauthBearerProvider = async (): Promise<{ readonly value: string }> => {
      asked++;
      return { value: token(4) };
    };
    await askFor(6000, await connect('SASL_PLAINTEXT', { sasl: { mechanism: 'oauthbearer', oauthBearerProvider } }));
    expect(asked).toBeGreaterThan(2);
  });

  const refusals: readonly (readonly [string, Protocol, () => Partial<TransportOptions>, RegExp])[] = [
    [
      'a wrong password',
      'SASL_PLAINTEXT',
      () => ({ sasl: { ...PLAIN, password: 'wrong' } }),
      /SASL PLAIN authentication failed/,
    ],
    ['an unknown user', 'SASL_PLAINTEXT', () => ({ sasl: { ...SCRAM, username: 'nobody' } }), /authentication failed/i],
    [
      'a wrong password, SCRAM',
      'SASL_SSL',
      () => ({ tls: tls(), sasl: { ...SCRAM, password: 'wrong' } }),
      /SCRAM-SHA-512 authentication failed/,
    ],
    [
      'a mechanism the broker does not have',
      'SASL_PLAINTEXT',
      () => ({ sasl: { ...SCRAM, mechanism: 'gssapi' } }),
      /does not take mechanism GSSAPI, but .*SCRAM-SHA-512/,
    ],
    [
      'a token that is over',
      'SASL_PLAINTEXT',
      () => ({ sasl: oauth(-600) }),
      /OAUTHBEARER authentication failed: .*invalid_token/,
    ],
    ['an unknown certificate authority', 'SSL', () => ({ tls: true }), /certificate/],
    [
      'another host name',
      'SSL',
      () => ({ tls: { ...tls(), servername: 'elsewhere.example' } }),
      /elsewhere\.example|altnames/,
    ],
    ['no client certificate', 'MUTUAL', () => ({ tls: tls() }), /certificate/],
    ['a client certificate that is not trusted', 'MUTUAL', () => ({ tls: { ...tls(), ...clients.stranger } }), /cert/],
    ['TLS where there is none', 'PLAINTEXT', () => ({ tls: tls() }), /./],
    ['no TLS where there is', 'SSL', () => ({}), /does it expect TLS/],
    ['no SASL where there is', 'SASL_PLAINTEXT', () => ({}), /does it demand SASL/],
  ];
  const passing = new Set(['TLS where there is none', 'no TLS where there is', 'no SASL where there is']);

  describe.each(refusals)('%s', (name, protocol, options, message) => {
    test('is refused at once, with the reason and without the secret', async () => {
      const start = performance.now();
      const error = await failure(protocol, options());
      expect(performance.now() - start).toBeLessThan(CONNECT_WITHIN);
      expect(error.message).toMatch(message);
      expect(error.message).toContain(broker.addresses[protocol]);
      // A broker that says nothing and goes may come back as another; one that says no will say so again.
      if (!passing.has(name)) expect(error.kind).toBe('fatal');
      expect(inspect(error, { depth: 10, showHidden: true })).not.toMatch(/correct-horse|wrong'|"wrong"/);
    });
  });

  test('secrets are not seen in what is printed of a transport', async () => {
    const transport = await connect('SASL_PLAINTEXT', { sasl: PLAIN });
    expect(inspect(transport, { depth: 10 })).not.toContain(PASSWORD);
    expect(JSON.stringify(transport)).not.toContain(PASSWORD);
  });
});
