import { once } from 'node:events';
import type { Socket } from 'node:net';
import { inspect } from 'node:util';
import type { AuthenticationProviderArgs, Authenticator } from 'kafkajs';
import { afterEach, describe, expect, test } from 'vitest';
import { heartbeat } from '../../runtime/src/log/kafka/messages/heartbeat.ts';
import { saslAuthenticate } from '../../runtime/src/log/kafka/messages/sasl-authenticate.ts';
import { saslHandshake } from '../../runtime/src/log/kafka/messages/sasl-handshake.ts';
import type { SaslOptions, TransportOptions } from '../../runtime/src/log/kafka/transport/options.ts';
import { KafkaTransport } from '../../runtime/src/log/kafka/transport/transport.ts';
import { WireWriter } from '../../runtime/src/log/kafka/wire/writer.ts';
import { isLogError, type LogError } from '../../runtime/src/log/port.ts';
import { type Clock, systemClock } from '../../runtime/src/time/clock.ts';
import { type FakeBroker, fakeBroker, isFor } from '../support/kafka/fake-broker.ts';
import { type Behaviour, fakeSaslBroker, type SaidBySasl, type SaslBroker } from '../support/kafka/sasl-broker.ts';

// What a real broker does not do on demand: sessions of any length, refusals that pass, sockets that die in between.
// That mechanisms convince a real one is tested in access.test.ts.

const BEAT = { group: 'g', generation: 1, memberId: 'm', instanceId: null };
const PLAIN = { mechanism: 'plain', username: 'kgen', password: 'correct-horse' } as const;

const opened: { stop?(): unknown; close?(): unknown }[] = [];
afterEach(async () => {
  for (const each of opened.splice(0)) await (each.stop?.() ?? each.close?.());
});

async function saslBroker(behaviour: Behaviour = {}): Promise<SaslBroker> {
  const server = await fakeSaslBroker(behaviour);
  opened.push(server);
  return server;
}

async function connect(
  server: FakeBroker,
  sasl: SaslOptions = PLAIN,
  clock: Clock = systemClock,
  options: Partial<TransportOptions> = {},
): Promise<KafkaTransport> {
  const transport = await KafkaTransport.connect({ brokers: [server.address], sasl, ...options }, clock);
  opened.push(transport);
  return transport;
}

async function failure(promise: Promise<unknown>): Promise<LogError> {
  const error = await promise.then(
    () => undefined,
    (reason) => reason,
  );
  if (!isLogError(error)) throw new Error(`no LogError: ${error}`);
  return error;
}

/** The machine's clock, which the test may set ahead. */
function clockAhead(): { readonly clock: Clock; pass(ms: number): void } {
  let ahead = 0;
  const clock: Clock = { ...systemClock, monotonic: () => systemClock.monotonic() + ahead };
  return {
    clock,
    pass(ms) {
      ahead += ms;
    },
  };
}

const beat = (transport: KafkaTransport, generation: number): Promise<unknown> =>
  transport.send(1, 'control', heartbeat, { ...BEAT, generation });

describe('authentication', () => {
  test.each([0, 1, 2])('comes first, in version %d of SaslAuthenticate', async (authenticateVersion) => {
    const server = await saslBroker({ authenticateVersion });
    await beat(await connect(server), 1);
    expect(server.heard).toEqual(['handshake', '\0kgen\0correct-horse', 'beat 1']);
    expect(server.requests.find((request) => isFor(request, saslAuthenticate))?.version).toBe(authenticateVersion);
  });

  test('that is refused says why at once, and is not tried again', async () => {
    const says = (): SaidBySasl => ({ error: 58, message: 'no: correct-horse is wrong' });
    const error = await failure(connect(await saslBroker({ says })));
    expect(error.kind).toBe('fatal');
    expect(error.message).toMatch(/cannot authenticate at .*: SASL PLAIN authentication failed: no: \*\*\* is wrong$/);
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain('correct-horse');
  });

  test('that is refused in silence is retriable, and so is an error that may pass', async () => {
    const dies = await saslBroker({
      says(_, __, { socket }) {
        socket.destroy();
        return undefined;
      },
    });
    expect(await failure(connect(dies))).toMatchObject({ kind: 'retriable' });
    const busy = await saslBroker({ says: () => ({ error: 7 }) });
    expect(await failure(connect(busy))).toMatchObject({
      kind: 'retriable',
      message: expect.stringContaining('REQUEST_TIMED_OUT'),
    });
  });

  test('by a mechanism that the broker lacks names those that it has', async () => {
    const server = await saslBroker({ mechanisms: ['GSSAPI', 'SCRAM-SHA-512'] });
    const error = await failure(connect(server));
    expect(error.kind).toBe('fatal');
    expect(error.message).toContain('does not take mechanism PLAIN, but GSSAPI, SCRAM-SHA-512');
  });

  test('at a listener without SASL says so', async () => {
    const server: FakeBroker = await fakeBroker((request) => {
      if (isFor(request, saslHandshake)) request.answer(new WireWriter().int16(34).int32(0).bytes());
    });
    opened.push(server);
    const error = await failure(connect(server));
    expect(error.kind).toBe('fatal');
    expect(error.message).toContain('this listener of the broker has no SASL');
  });

  test('by a mechanism that only the broker has says how to add it', async () => {
    const sasl = { mechanism: 'x-theirs' } as unknown as SaslOptions;
    const error = await failure(connect(await saslBroker({ mechanisms: ['X-THEIRS'] }), sasl));
    expect(error.kind).toBe('fatal');
    expect(error.message).toMatch(/no mechanism X-THEIRS here, but PLAIN, .*: give an authenticationProvider/);
  });

  test('by a mechanism of one’s own, in as many rounds as it takes', async () => {
    const server = await saslBroker({ says: (bytes) => ({ bytes: `${bytes}?` }) });
    const said: string[] = [];
    const sized = (text: string): Buffer => new WireWriter().bytesClassic(Buffer.from(text)).bytes();
    const sasl: SaslOptions = {
      mechanism: 'x-own',
      authenticationProvider: ({ host, port, saslAuthenticate: round }) => ({
        async authenticate() {
          const response = { decode: (raw: Buffer) => raw.subarray(4), parse: (text: Buffer) => text.toString() };
          for (const text of [`${host}:${port}`, 'b'])
            said.push((await round({ request: { encode: () => sized(text) }, response })) ?? '');
          await round({ request: { encode: async () => sized('c') } });
        },
      }),
    };
    await connect(server, sasl);
    expect(server.heard).toEqual(['handshake', server.address, 'b', 'c']);
    expect(said).toEqual([`${server.address}?`, 'b?']);
  });

  test('that has no answer ends, with its socket, when the transport is closed or time is up', async () => {
    const hanging = Promise.withResolvers<Socket>();
    const server = await saslBroker({
      says(_, __, { socket }) {
        hanging.resolve(socket);
        return undefined;
      },
    });
    const options = { brokers: [server.address], sasl: PLAIN, connectionTimeout: 600_000 };
    const transport = KafkaTransport.open(options, systemClock);
    const waiting = failure(transport.topics([]));
    const socket = await hanging.promise;
    const gone = once(socket, 'close');
    await transport.close();
    expect((await waiting).kind).toBe('fatal');
    await gone;
    const late = await failure(connect(server, PLAIN, systemClock, { connectionTimeout: 100 }));
    expect(late).toMatchObject({
      kind: 'retriable',
      message: expect.stringContaining('authentication took over 100 ms'),
    });
  });
});

test('a mechanism that is typed for kafkajs is taken as it is', () => {
  const provider = (args: AuthenticationProviderArgs): Authenticator => ({
    authenticate: () => args.saslAuthenticate({ request: { encode: () => Buffer.alloc(0) } }),
  });
  const options: SaslOptions = { mechanism: 'x-own', authenticationProvider: provider };
  expect(options.mechanism).toBe('x-own');
});

describe('tokens', () => {
  const oauth = (oauthBearerProvider: () => Promise<never>): SaslOptions => ({
    mechanism: 'oauthbearer',
    oauthBearerProvider,
  });

  test('are asked for anew at each connection', async () => {
    const server = await saslBroker();
    let made = 0;
    const transport = await connect(
      server,
      oauth(async () => ({ value: `token-${made++}` }) as never),
    );
    await transport.send(1, 'offsets', heartbeat, BEAT);
    expect(server.heard.filter((text) => text.includes('token')).map((text) => /token-\d/.exec(text)?.[0])).toEqual([
      'token-0',
      'token-1',
    ]);
  });

  test('that the broker does not take are refused, as its last word says', async () => {
    const server = await saslBroker({
      says: (bytes) =>
        bytes.length === 1 ? { error: 58, message: 'expired yesterday' } : { bytes: '{"status":"invalid_token"}' },
    });
    const error = await failure(
      connect(
        server,
        oauth(async () => ({ value: 'secret-token' }) as never),
      ),
    );
    expect(error.kind).toBe('fatal');
    expect(error.message).toContain('expired yesterday');
    expect(inspect(error, { depth: 10 })).not.toContain('secret-token');
    expect(server.heard.at(-1)).toBe('\x01');
  });

  test('that cannot be had now may be had later; a provider without any is wrong for good', async () => {
    const server = await saslBroker();
    const down = await failure(
      connect(
        server,
        oauth(() => Promise.reject(new TypeError('fetch failed'))),
      ),
    );
    expect(down).toMatchObject({ kind: 'retriable', message: expect.stringContaining('fetch failed') });
    const none = await failure(
      connect(
        server,
        oauth(async () => undefined as never),
      ),
    );
    expect(none).toMatchObject({
      kind: 'fatal',
      message: expect.stringContaining('oauthBearerProvider gives no token'),
    });
  });
});

describe('sessions (KIP-368)', () => {
  const PROOF = '\0kgen\0correct-horse';

  test('are renewed ten seconds before they end, before what is sent then, and not earlier', async () => {
    const server = await saslBroker({ says: () => ({ lifetime: 60_000 }) });
    const { clock, pass } = clockAhead();
    const transport = await connect(server, PLAIN, clock);
    pass(49_000);
    await beat(transport, 1);
    pass(1000);
    await Promise.all([2, 3].map((generation) => beat(transport, generation)));
    pass(49_000);
    await beat(transport, 4);
    expect(server.heard).toEqual(['handshake', PROOF, 'beat 1', 'handshake', PROOF, 'beat 2', 'beat 3', 'beat 4']);
    expect(server.connections).toBe(1);
  });

  test('that are short are renewed when half of them is over', async () => {
    const server = await saslBroker({ says: () => ({ lifetime: 8000 }) });
    const { clock, pass } = clockAhead();
    const transport = await connect(server, PLAIN, clock);
    pass(3000);
    await beat(transport, 1);
    pass(1000);
    await beat(transport, 2);
    expect(server.heard).toEqual(['handshake', PROOF, 'beat 1', 'handshake', PROOF, 'beat 2']);
  });

  test('without an end are never renewed', async () => {
    const server = await saslBroker();
    const { clock, pass } = clockAhead();
    const transport = await connect(server, PLAIN, clock);
    pass(1e12);
    await beat(transport, 1);
    expect(server.heard).toEqual(['handshake', PROOF, 'beat 1']);
  });

  test('that are not renewed end the connection; the next request opens another', async () => {
    const server = await saslBroker({
      says: (_, round) => (round === 1 ? { error: 58, message: 'gone' } : { lifetime: 60_000 }),
    });
    const { clock, pass } = clockAhead();
    const transport = await connect(server, PLAIN, clock);
    pass(55_000);
    const waiting = [1, 2].map((generation) => failure(beat(transport, generation)));
    expect((await Promise.all(waiting)).map(({ kind }) => kind)).toEqual(['fatal', 'fatal']);
    await beat(transport, 3);
    expect(server.heard.filter((text) => text.startsWith('beat'))).toEqual(['beat 3']);
    expect(server.connections).toBe(2);
  });

  test('that are being renewed when the transport is closed end at once', async () => {
    const renewing = Promise.withResolvers<Socket>();
    const server = await saslBroker({
      says(_, round, { socket }) {
        if (round === 0) return { lifetime: 60_000 };
        renewing.resolve(socket);
        return undefined;
      },
    });
    const { clock, pass } = clockAhead();
    const transport = await connect(server, PLAIN, clock);
    pass(55_000);
    const waiting = failure(beat(transport, 1));
    const gone = once(await renewing.promise, 'close');
    await transport.close();
    expect((await waiting).kind).toBe('fatal');
    await gone;
  });
});
