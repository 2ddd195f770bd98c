import { type AddressInfo, createServer, type Server } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { type EndTxnRequest, endTxnV1 } from '../../runtime/src/log/kafka/messages/end-txn.ts';
import { heartbeat } from '../../runtime/src/log/kafka/messages/heartbeat.ts';
import { metadata } from '../../runtime/src/log/kafka/messages/metadata.ts';
import type { TransportOptions } from '../../runtime/src/log/kafka/transport/options.ts';
import { KafkaTransport } from '../../runtime/src/log/kafka/transport/transport.ts';
import { isLogError, type LogError } from '../../runtime/src/log/port.ts';
import { type Clock, systemClock } from '../../runtime/src/time/clock.ts';
import {
  answerFrame,
  type FakeBroker,
  type FakeRequest,
  type FakeTopic,
  fakeBroker,
  isFor,
  metadataAnswer,
} from '../support/kafka/fake-broker.ts';

const END: EndTxnRequest = { transactionalId: 'tx', producerId: 1, epoch: 0, commit: true };
const BEAT = { group: 'g', generation: 1, memberId: 'm', instanceId: null };
const OK = Buffer.from('00000000000000', 'hex'); // throttle, error, no tags

const opened: { stop?(): unknown; close?(): unknown }[] = [];
afterEach(async () => {
  for (const each of opened.splice(0)) await (each.stop?.() ?? each.close?.());
});

async function broker(...of: Parameters<typeof fakeBroker>): Promise<FakeBroker> {
  const started = await fakeBroker(...of);
  opened.push(started);
  return started;
}

async function connect(options: Partial<TransportOptions>, clock: Clock = systemClock): Promise<KafkaTransport> {
  const transport = await KafkaTransport.connect({ brokers: [], connectionTimeout: 20_000, ...options }, clock);
  opened.push(transport);
  return transport;
}

/** One broker with node 1, and a transport that knows it. `handle` answers what is not Metadata. */
async function pair(
  handle: (request: FakeRequest) => void,
  options: Partial<TransportOptions> = {},
  clock: Clock = systemClock,
): Promise<{ readonly server: FakeBroker; readonly transport: KafkaTransport }> {
  const server: FakeBroker = await broker((request) => {
    if (isFor(request, metadata)) request.answer(metadataAnswer([[1, server.port]]));
    else handle(request);
  });
  return { server, transport: await connect({ brokers: [server.address], ...options }, clock) };
}

async function failure(promise: Promise<unknown>): Promise<LogError> {
  const error = await promise.then(
    () => undefined,
    (reason) => reason,
  );
  if (!isLogError(error)) throw new Error(`no LogError: ${error}`);
  return error;
}

/** A server that does with each socket what it is told. */
async function rawServer(handle: Parameters<typeof createServer>[1]): Promise<string> {
  const server: Server = createServer(handle);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  opened.push({ stop: () => server.close() });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('requests', () => {
  test('go out in the order of the calls, before and after the socket is there', async () => {
    const { server, transport } = await pair((request) => request.answer(OK));
    const generations = Array.from({ length: 30 }, (_, i) => i);
    const sent = generations.map((generation) => transport.send(1, 'offsets', heartbeat, { ...BEAT, generation }));
    await sent[0];
    sent.push(transport.send(1, 'offsets', heartbeat, { ...BEAT, generation: 30 }));
    sent.push(transport.send(1, 'offsets', heartbeat, { ...BEAT, generation: 31 }));
    await Promise.all(sent);
    const seen = server.requests.filter((request) => isFor(request, heartbeat));
    expect(seen.map(({ body }) => body.readInt32BE(2))).toEqual([...generations, 30, 31]);
    expect(new Set(seen.map(({ connection }) => connection)).size).toBe(1);
    expect(new Set(seen.map(({ clientId }) => clientId))).toEqual(new Set(['kgen']));
  });

  test('have a socket for each channel, shared by those that need it first', async () => {
    const { server, transport } = await pair((request) => request.answer(OK));
    const before = server.connections;
    await Promise.all([
      transport.send(1, 'offsets', heartbeat, BEAT),
      transport.send(1, 'offsets', heartbeat, BEAT),
      transport.send(1, 'group g', heartbeat, BEAT),
    ]);
    expect(server.connections - before).toBe(2);
  });

  test('in a version that both speak; else fatal, and nothing is sent', async () => {
    const versions = [
      [18, 0, 4],
      [3, 0, 12],
      [12, 0, 3],
      [26, 0, 3],
    ] as const;
    const server: FakeBroker = await broker(
      (request) => request.answer(isFor(request, metadata) ? metadataAnswer([[1, server.port]]) : OK),
      { versions },
    );
    const transport = await connect({ brokers: [server.address] });
    const error = await failure(transport.send(1, 'offsets', heartbeat, BEAT));
    expect(error.kind).toBe('fatal');
    expect(error.message).toMatch(/Heartbeat.*Kafka 3\.2/);
    await transport.send(1, 'offsets', endTxnV1, END);
    expect(server.requests.at(-1)?.version).toBe(3);
  });

  test('that cannot be written are fatal, and do no harm to others', async () => {
    const { transport } = await pair((request) => request.answer(OK));
    const bad = failure(transport.send(1, 'offsets', heartbeat, { ...BEAT, generation: 2 ** 40 }));
    await transport.send(1, 'offsets', heartbeat, BEAT);
    expect((await bad).kind).toBe('fatal');
  });

  test('to a broker that nobody knows are not sent', async () => {
    const { transport } = await pair(() => undefined);
    expect(await failure(transport.send(7, 'offsets', endTxnV1, END))).toMatchObject({ kind: 'retriable' });
  });

  test('wait while the broker asks for silence', async () => {
    const { transport, server } = await pair((request) => request.answer(Buffer.from('0000012c000000', 'hex'))); // 300 ms
    await transport.send(1, 'offsets', heartbeat, BEAT);
    const start = performance.now();
    await transport.send(1, 'offsets', heartbeat, BEAT);
    expect(performance.now() - start).toBeGreaterThan(250);
    const seen = server.requests.length;
    const silenced = failure(transport.send(1, 'offsets', endTxnV1, END));
    await transport.close();
    // Not written: it may be repeated, but not on this transport.
    expect((await silenced).kind).toBe('retriable');
    expect(server.requests.length).toBe(seen);
  });
});

describe('a request that is given up before its answer', () => {
  test('says nothing of brokers: those who ask nothing more hear of no silence', async () => {
    const { transport, server } = await pair(() => undefined);
    const poll = failure(transport.send(1, 'group g', heartbeat, BEAT));
    await expect.poll(() => server.requests.some((request) => isFor(request, heartbeat))).toBe(true);
    expect(transport.silence).toBeDefined();
    transport.drop('group g', 'the source was closed');
    expect((await poll).kind).toBe('retriable');
    expect(transport.silence).toBeUndefined();
  });

  test('does not hide that others had none', async () => {
    const { transport, server } = await pair(() => undefined);
    const poll = failure(transport.send(1, 'group g', heartbeat, BEAT));
    const failed = failure(transport.send(1, 'offsets', heartbeat, BEAT, 150));
    await expect.poll(() => server.requests.filter((request) => isFor(request, heartbeat)).length).toBe(2);
    await failed;
    transport.drop('group g', 'the source was closed');
    await poll;
    expect(transport.silence).toMatchObject({ reason: expect.stringContaining('Heartbeat') });
  });
});

describe('answers that do not come', () => {
  test('in time: unknown where it may have been applied; the connection is given up', async () => {
    const { server, transport } = await pair((request) => {
      if (request.connection > 1) request.answer(OK);
    });
    const waiting = [
      failure(transport.send(1, 'offsets', endTxnV1, END, 150)),
      failure(transport.send(1, 'offsets', heartbeat, BEAT, 10_000)),
    ];
    const start = performance.now();
    expect((await Promise.all(waiting)).map(({ kind }) => kind)).toEqual(['unknown-outcome', 'retriable']);
    expect(performance.now() - start).toBeLessThan(9000);
    await transport.send(1, 'offsets', endTxnV1, END);
    expect(server.connections).toBe(3);
  });

  test.each([
    ['a closed socket', (request: FakeRequest) => request.socket.end()],
    ['a reset socket', (request: FakeRequest) => request.socket.resetAndDestroy()],
    [
      'half an answer',
      (request: FakeRequest) => request.socket.end(answerFrame(request.correlationId, OK).subarray(0, 6)),
    ],
  ])('because of %s; the next one goes over a fresh socket', async (_, die) => {
    const { transport } = await pair((request) => (request.connection === 1 ? die(request) : request.answer(OK)));
    const lost = [
      failure(transport.send(1, 'offsets', endTxnV1, END)),
      failure(transport.send(1, 'offsets', heartbeat, BEAT)),
    ];
    expect((await Promise.all(lost)).map(({ kind }) => kind)).toEqual(['unknown-outcome', 'retriable']);
    await transport.send(1, 'offsets', heartbeat, BEAT);
  });

  test('since the transport was closed: all at once, and for good', async () => {
    const { transport } = await pair(() => undefined);
    const silent = await rawServer(() => undefined);
    const connecting = failure(KafkaTransport.connect({ brokers: [silent], connectionTimeout: 300 }, systemClock));
    const sent = failure(transport.send(1, 'transaction', endTxnV1, END));
    const beaten = failure(transport.send(1, 'transaction', heartbeat, BEAT));
    await new Promise((resolve) => setTimeout(resolve, 50));
    const unsent = failure(transport.send(1, 'fetch', heartbeat, BEAT)); // its socket is not there yet
    const start = performance.now();
    await transport.close();
    expect((await Promise.all([sent, beaten, unsent])).map(({ kind }) => kind)).toEqual([
      'unknown-outcome',
      'retriable',
      'fatal',
    ]);
    expect(performance.now() - start).toBeLessThan(5000);
    expect((await failure(transport.send(1, 'fetch', heartbeat, BEAT))).kind).toBe('fatal');
    expect((await failure(transport.sendToAny(metadata, { topics: [] }))).kind).toBe('fatal');
    expect((await connecting).kind).toBe('retriable');
  });
});

describe('answers that are not to be believed', () => {
  test.each([
    ['cut short', (request: FakeRequest) => request.answer(OK.subarray(0, 5))],
    ['too long', (request: FakeRequest) => request.answer(Buffer.concat([OK, OK]))],
  ])('%s: the connection is given up', async (_, lie) => {
    const { transport, server } = await pair((request) =>
      request.connection <= 2 ? lie(request) : request.answer(OK),
    );
    expect((await failure(transport.send(1, 'offsets', endTxnV1, END))).kind).toBe('unknown-outcome');
    expect((await failure(transport.send(1, 'offsets', heartbeat, BEAT))).kind).toBe('fatal');
    await transport.send(1, 'offsets', heartbeat, BEAT);
    expect(server.connections).toBe(4);
  });

  test.each([
    ['to nothing that was asked', (request: FakeRequest) => request.socket.write(answerFrame(9999, OK))],
    ['of a gigabyte', (request: FakeRequest) => request.socket.write(Buffer.from('4000000000000000', 'hex'))],
    ['of a negative size', (request: FakeRequest) => request.socket.write(Buffer.from('ffffffff00000000', 'hex'))],
  ])('%s: the connection is given up', async (_, lie) => {
    const { transport } = await pair((request) => (request.connection === 1 ? lie(request) : request.answer(OK)));
    expect((await failure(transport.send(1, 'offsets', endTxnV1, END))).kind).toBe('unknown-outcome');
    await transport.send(1, 'offsets', heartbeat, BEAT);
  });

  test('behind one that cannot be read, in the same piece, are not answers any more', async () => {
    const held: FakeRequest[] = [];
    const { transport } = await pair((request) => {
      if (request.connection > 1) request.answer(OK);
      else if (held.push(request) === 2) {
        const [first, second] = held.map(({ correlationId }) => correlationId);
        const frames = [answerFrame(first ?? 0, OK.subarray(0, 5)), answerFrame(second ?? 0, OK)];
        request.socket.write(Buffer.concat(frames));
      }
    });
    const lost = [END, END].map((end) => failure(transport.send(1, 'offsets', endTxnV1, end)));
    expect((await Promise.all(lost)).map(({ kind }) => kind)).toEqual(['unknown-outcome', 'unknown-outcome']);
    await transport.send(1, 'offsets', heartbeat, BEAT);
  });

  test('in one piece, and in another order than they were asked for, are told apart', async () => {
    const held: FakeRequest[] = [];
    const { transport } = await pair((request) => {
      if (held.push(request) < 3) return;
      const frames = held.map(({ correlationId }, error) =>
        answerFrame(correlationId, Buffer.from(`0000000000000${error}00`, 'hex')),
      );
      request.socket.write(Buffer.concat(frames.reverse()));
    });
    const all = await Promise.all([0, 1, 2].map(() => transport.send(1, 'offsets', heartbeat, BEAT)));
    expect(all.map(({ error }) => error)).toEqual([0, 1, 2]);
  });

  test('in any cut of the stream, they are put together', async () => {
    const { transport } = await pair(async (request) => {
      for (const byte of answerFrame(request.correlationId, Buffer.concat([Buffer.of(0), OK]))) {
        request.socket.write(Buffer.of(byte));
        await new Promise((resolve) => setImmediate(resolve));
      }
    });
    for (let i = 0; i < 3; i++)
      expect(await transport.send(1, 'offsets', heartbeat, BEAT)).toEqual({ throttle: 0, error: 0 });
  });
});

describe('bootstrap', () => {
  test('is refused for good by what speaks otherwise than Kafka', async () => {
    // An answer to ApiVersions by its frame, but not by what is in it.
    const lies = await rawServer((socket) =>
      socket.on('data', (data) => socket.write(answerFrame(data.readInt32BE(8), Buffer.from('0000ff', 'hex')))),
    );
    const error = await failure(connect({ brokers: [lies] }));
    expect(error.kind).toBe('fatal');
    expect(error.message).toMatch(/cannot connect to .*: ApiVersions to .* cannot be read/);
  });

  test('ends at once, with its socket, when the transport is closed while it connects', async () => {
    const shakes = Promise.withResolvers<void>();
    const gone = Promise.withResolvers<void>();
    const silent = await rawServer((socket) => {
      socket.once('data', () => shakes.resolve());
      socket.once('close', () => gone.resolve());
      socket.on('error', () => undefined);
    });
    // It never answers the handshake of TLS.
    const options = { brokers: [silent], tls: true, connectionTimeout: 600_000 };
    const transport = KafkaTransport.open(options, systemClock);
    const waiting = failure(transport.topics([]));
    await shakes.promise;
    await transport.close();
    expect((await waiting).kind).toBe('fatal');
    await gone.promise;
  });

  test('asks one seed after another', async () => {
    const server: FakeBroker = await broker((request) => request.answer(metadataAnswer([[1, server.port]])));
    const closed = await broker();
    await closed.stop();
    for (let i = 0; i < 5; i++) {
      const transport = await connect({ brokers: [closed.address, server.address] });
      expect(transport.nodes).toEqual([1]);
    }
  });

  test('says of each seed why it does not answer', async () => {
    const closed = await broker();
    await closed.stop();
    const silent = await rawServer(() => undefined);
    const http = await rawServer((socket) => socket.on('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')));
    const gone = await rawServer((socket) => socket.destroy());
    const brokers = [closed.address, silent, http, gone];
    const error = await failure(connect({ brokers, connectionTimeout: 1500 }));
    expect(error.kind).toBe('retriable');
    for (const address of brokers) expect(error.message).toContain(address);
    expect(error.message).toContain('ECONNREFUSED');
    expect(error.message).toContain('took over 1500 ms');
    expect(error.message).toContain('that is not Kafka');
    expect(error.message).toContain('does it expect TLS');
  });

  test.each([[['nowhere']], [['host:0']], [['host:70000']], [['a b:1']], [[]]])('refuses %j', async (brokers) => {
    expect((await failure(connect({ brokers }))).kind).toBe('fatal');
  });

  test('leaves no socket of a seed that is known by another address', async () => {
    const server: FakeBroker = await broker((request) => request.answer(metadataAnswer([[1, server.port]])));
    const transport = await connect({ brokers: [`localhost:${server.port}`] });
    await transport.topics([]);
    await transport.topics([]);
    expect(server.connections).toBe(2);
    expect(new Set(server.requests.slice(-2).map(({ connection }) => connection))).toEqual(new Set([1]));
  });
});

describe('leaders', () => {
  /** Two brokers that give the answers of `topics`, one after another, the last for good. */
  async function cluster(...topics: readonly (readonly FakeTopic[])[]): Promise<KafkaTransport> {
    let at = 0;
    const answer = (request: FakeRequest): void =>
      request.answer(
        metadataAnswer(
          [
            [1, one.port],
            [2, two.port],
          ],
          topics[Math.min(at++, topics.length - 1)],
        ),
      );
    const one: FakeBroker = await broker(answer);
    const two: FakeBroker = await broker(answer);
    return connect({ brokers: [one.address] });
  }

  const t0 = { topic: 't', partition: 0 };
  const t1 = { topic: 't', partition: 1 };

  test('are looked up once, and again when an answer says they moved', async () => {
    const transport = await cluster([], [{ name: 't', leaders: [[1, 5]] }], [{ name: 't', leaders: [[2, 6]] }]);
    expect(await transport.leader(t0)).toEqual({ node: 1, leaderEpoch: 5 });
    expect(await transport.leader(t0)).toEqual({ node: 1, leaderEpoch: 5 });
    await transport.leaderChanged(t0, 1); // OFFSET_OUT_OF_RANGE: not the leader's fault
    expect(transport.knownLeader(t0)).toEqual({ node: 1, leaderEpoch: 5 });
    await Promise.all([transport.leaderChanged(t0, 6), transport.leaderChanged(t0, 6)]);
    expect(transport.knownLeader(t0)).toEqual({ node: 2, leaderEpoch: 6 });
  });

  test('never go back to an older epoch, unless the topic is another', async () => {
    const older = [
      {
        name: 't',
        leaders: [
          [1, 4],
          [1, 9],
        ] as const,
      },
    ];
    const other = [{ name: 't', id: 'AAAAAAAAAAAAAAAAAAAAAQ', leaders: [[1, 0]] as const }];
    const transport = await cluster(
      [],
      [
        {
          name: 't',
          leaders: [
            [2, 5],
            [1, 8],
          ],
        },
      ],
      older,
      other,
    );
    await transport.leader(t0);
    await transport.refresh();
    expect([transport.knownLeader(t0), transport.knownLeader(t1)]).toEqual([
      { node: 2, leaderEpoch: 5 },
      { node: 1, leaderEpoch: 9 },
    ]);
    await transport.refresh();
    expect([transport.knownLeader(t0), transport.knownLeader(t1)]).toEqual([{ node: 1, leaderEpoch: 0 }, undefined]);
    expect(transport.topicId('t')).toBe('AAAAAAAAAAAAAAAAAAAAAQ');
  });

  test('are taken from the answer that says who leads (KIP-951)', async () => {
    const transport = await cluster([], [{ name: 't', leaders: [[1, 5]] }]);
    await transport.leader(t0);
    const endpoint = { node: 3, host: '127.0.0.1', port: 1 };
    await transport.leaderChanged(t0, 6, { node: 3, leaderEpoch: 6 }, [endpoint]);
    expect(transport.knownLeader(t0)).toEqual({ node: 3, leaderEpoch: 6 });
    expect(transport.nodes).toContain(3);
    // An older one is no news: the cluster is asked, which knows no better.
    await transport.leaderChanged(t0, 6, { node: 1, leaderEpoch: 5 }, []);
    expect(transport.knownLeader(t0)).toEqual({ node: 3, leaderEpoch: 6 });
    expect(transport.nodes).toEqual([1, 2]);
  });

  test('that are missing are retriable; topics that are missing are left out', async () => {
    const transport = await cluster([
      { name: 't', leaders: [[-1, 5]] },
      { name: 'gone', error: 3, leaders: [] },
    ]);
    expect((await failure(transport.leader(t0))).kind).toBe('retriable');
    expect((await transport.topics(['t', 'gone'])).map(({ topic }) => topic)).toEqual(['t']);
    const secret = await cluster([], [{ name: 't', error: 29, leaders: [] }]);
    const error = await failure(secret.topics(['t']));
    expect(error.kind).toBe('fatal');
    expect(error.message).toMatch(/topic t: TOPIC_AUTHORIZATION_FAILED.*grant/);
  });
});

test('at rest no timer is armed, and one at most while answers are awaited', async () => {
  let armed = 0;
  let most = 0;
  const clock: Clock = {
    ...systemClock,
    after(ms, call) {
      most = Math.max(most, ++armed);
      let over = false;
      const end = (): void => {
        if (!over) armed--;
        over = true;
      };
      const callOff = systemClock.after(ms, () => {
        end();
        call();
      });
      return () => {
        end();
        callOff();
      };
    },
  };
  const held: FakeRequest[] = [];
  const { transport } = await pair((request) => held.push(request), { requestTimeout: 1000 }, clock);
  await new Promise((resolve) => setTimeout(resolve, 1050));
  expect(armed).toBe(0);
  const all = Array.from({ length: 50 }, () => transport.send(1, 'control', heartbeat, BEAT));
  while (held.length < 50) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(armed).toBe(1);
  for (const request of held) request.answer(OK);
  await Promise.all(all);
  await new Promise((resolve) => setTimeout(resolve, 1050));
  expect(armed).toBe(0);
  expect(most).toBeLessThanOrEqual(3);
});
