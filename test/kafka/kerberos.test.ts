import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { inspect } from 'node:util';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { findCoordinator } from '../../runtime/src/log/kafka/messages/find-coordinator.ts';
import type { KerberosOptions } from '../../runtime/src/log/kafka/transport/options.ts';
import { KafkaTransport } from '../../runtime/src/log/kafka/transport/transport.ts';
import { isLogError, type LogError } from '../../runtime/src/log/port.ts';
import { systemClock } from '../../runtime/src/time/clock.ts';
import { type Broker, startBroker } from '../support/kafka/broker.ts';
import { type Certificates, makeCertificates } from '../support/kafka/certificates.ts';
import { describeWithKerberos } from '../support/kerberos/describe-kerberos.ts';
import { type Kdc, REALM, startKdc } from '../support/kerberos/kdc.ts';
import { kerberosListener } from '../support/kerberos/listener.ts';

/** Of tickets that end while a test runs, in seconds. */
const SHORT = 4;
const VARIABLES = ['KRB5_CONFIG', 'KRB5CCNAME', 'KRB5_CLIENT_KTNAME'] as const;

await describeWithKerberos('Kerberos', () => {
  let certificates: Certificates;
  let folder: string;
  let kdc: Kdc;
  let broker: Broker;
  let keytab: string;
  let shortLived: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'kgen-kerberos-'));
    certificates = await makeCertificates(folder);
    kdc = await startKdc();
    keytab = await kdc.addPrincipal('lines');
    shortLived = await kdc.addPrincipal('hasty', SHORT);
    const kafka = await kdc.addPrincipal('kafka/127.0.0.1');
    const events = await kdc.addPrincipal('events/127.0.0.1');
    broker = await startBroker({
      listeners: ['SASL_PLAINTEXT', 'SASL_SSL'],
      jvm: ['-Xmx512m', '-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', `-Djava.security.krb5.conf=${kdc.config}`],
      properties: {
        ...kerberosListener('sasl_plaintext', 'kafka/127.0.0.1', kafka),
        // A session of three seconds (KIP-368).
        'listener.name.sasl_plaintext.gssapi.connections.max.reauth.ms': '3000',
        ...kerberosListener('sasl_ssl', 'events/127.0.0.1', events),
        'ssl.keystore.location': certificates.keystore,
        'ssl.keystore.type': 'PKCS12',
        'ssl.keystore.password': certificates.password,
        'ssl.key.password': certificates.password,
      },
    });
  }, 60_000);
  afterAll(async () => {
    await broker?.stop();
    await kdc?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  let caches = 0;
  const opened: KafkaTransport[] = [];
  afterEach(async () => {
    for (const transport of opened.splice(0)) await transport.close();
    for (const name of VARIABLES) delete process.env[name];
  });

  async function connect(
    options: Partial<KerberosOptions> = {},
    env: { readonly [name: string]: string } = {},
    protocol: 'SASL_PLAINTEXT' | 'SASL_SSL' = 'SASL_PLAINTEXT',
  ): Promise<KafkaTransport> {
    // Tickets in memory outlive a test: what another one was given is not to be found.
    Object.assign(process.env, { KRB5_CONFIG: kdc.config, KRB5CCNAME: `MEMORY:${++caches}`, ...env });
    const brokers = [broker.addresses[protocol] ?? ''];
    const sasl: KerberosOptions = { mechanism: 'gssapi', ...options };
    const tls = protocol === 'SASL_SSL' ? { ca: certificates.ca } : undefined;
    const transport = await KafkaTransport.connect({ brokers, sasl, tls, connectionTimeout: 8000 }, systemClock);
    opened.push(transport);
    return transport;
  }

  async function failure(promise: Promise<unknown>): Promise<LogError> {
    const error = await promise.then(
      () => undefined,
      (reason) => reason,
    );
    if (!isLogError(error)) throw new Error(`no LogError: ${inspect(error)}`);
    return error;
  }

  const ask = (transport: KafkaTransport, i: number): Promise<unknown> =>
    transport.send(1, 'control', findCoordinator, { kind: 'group', keys: [`g${i}`] });

  /** Of who is logged in, in a cache of its own. */
  async function ticket(principal: string, from: string): Promise<{ readonly KRB5CCNAME: string }> {
    const cache = join(kdc.folder, `tickets-of-${principal}`);
    await kdc.kinit(principal, from, cache);
    return { KRB5CCNAME: `FILE:${cache}` };
  }

  test('a ticket of the cache lets in', async () => {
    const transport = await connect({}, await ticket('lines', keytab));
    expect(transport.nodes).toEqual([1]);
    await ask(transport, 1);
  });

  test('a keytab lets in, without kinit, over TLS and by another service name', async () => {
    const transport = await connect({ keytab, serviceName: 'events' }, {}, 'SASL_SSL');
    expect(transport.nodes).toEqual([1]);
  });

  test('a keytab comes before the tickets of whoever is logged in', async () => {
    await kdc.kinit('hasty', shortLived);
    await connect({ keytab }, { KRB5CCNAME: '' });
    expect(
      kdc
        .requests()
        .filter((line) => line.includes('ISSUE'))
        .at(-1),
    ).toContain(`lines@${REALM} for kafka/127.0.0.1`);
  });

  test('a principal is who is named, where the keytab has its key', async () => {
    await connect({ keytab, principal: `lines@${REALM}` });
    const error = await failure(connect({ keytab, principal: `nobody@${REALM}` }));
    expect(error.message).toContain('does the keytab');
  });

  test('sessions are renewed while requests go out, in their order', async () => {
    const transport = await connect({ keytab });
    const end = performance.now() + 5000;
    for (let i = 0; performance.now() < end; i++) {
      await ask(transport, i);
      await sleep(50);
    }
  });

  test('a keytab gets a new ticket before the old one ends, for sessions and for new connections', async () => {
    const transport = await connect({ keytab: shortLived });
    const end = performance.now() + (SHORT + 3) * 1000;
    for (let i = 0; performance.now() < end; i++) {
      await ask(transport, i);
      await sleep(50);
    }
    await transport.send(1, 'fetch', findCoordinator, { kind: 'group', keys: ['g'] });
  });

  test('a ticket that is over says so; one that was renewed meanwhile is taken', async () => {
    const env = await ticket('hasty', shortLived);
    const transport = await connect({}, env);
    await sleep((SHORT + 1) * 1000);
    const error = await failure(transport.send(1, 'fetch', findCoordinator, { kind: 'group', keys: ['g'] }));
    expect(error.kind).toBe('fatal');
    expect(error.message).toMatch(/expired.*renew the ticket \(kinit -R\)/i);
    await ticket('hasty', shortLived);
    await transport.send(1, 'fetch', findCoordinator, { kind: 'group', keys: ['g'] });
  });

  test('without a ticket it is said at once how to get one', async () => {
    const error = await failure(connect({}, { KRB5CCNAME: `FILE:${join(kdc.folder, 'nothing')}` }));
    expect(error.kind).toBe('fatal');
    expect(error.message).toMatch(/cannot authenticate at .*: SASL GSSAPI authentication failed: .*kinit/);
  });

  test('a keytab that is not there, or out of date, is refused at once', async () => {
    const none = await failure(connect({ keytab: join(kdc.folder, 'none.keytab') }));
    expect(none).toMatchObject({
      kind: 'fatal',
      message: expect.stringMatching(/none\.keytab cannot be read \(ENOENT\)/),
    });
    const old = await kdc.addPrincipal('changed');
    await kdc.changeKey('changed');
    const outdated = await failure(connect({ keytab: old }));
    expect(outdated).toMatchObject({ kind: 'fatal', message: expect.stringContaining('make the keytab anew') });
  });

  test('a principal that the KDC does not know, and a service that it does not know, are named', async () => {
    const gone = await kdc.addPrincipal('gone');
    await kdc.removePrincipal('gone');
    const client = await failure(connect({ keytab: gone }));
    expect(client).toMatchObject({ kind: 'fatal', message: expect.stringContaining('does not know the principal') });
    const service = await failure(connect({ serviceName: 'nothing' }, await ticket('lines', keytab)));
    expect(service).toMatchObject({
      kind: 'fatal',
      message: expect.stringContaining("the KDC knows no nothing/127.0.0.1: serviceName must be the brokers'"),
    });
  });

  test('two keytabs in one process are refused', async () => {
    await connect({ keytab });
    const error = await failure(connect({ keytab: shortLived }));
    expect(error).toMatchObject({ kind: 'fatal', message: expect.stringContaining('use one process for each') });
  });

  test('a key of the broker that is not the KDC’s says so', async () => {
    const error = await failure(connect({ serviceName: 'events' }, await ticket('lines', keytab)));
    // The broker there is kafka/127.0.0.1, and cannot read a ticket for events.
    expect(error.kind).toBe('fatal');
    expect(error.message).toContain('cannot authenticate at');
  });

  test('a KDC that does not answer may do so later', async () => {
    await kdc.kill();
    try {
      const error = await failure(connect({ keytab }));
      expect(error.kind).toBe('retriable');
      expect(error.message).toMatch(/KDC does not answer|authentication took over/);
    } finally {
      await kdc.start();
    }
    await connect({ keytab });
  });
});
