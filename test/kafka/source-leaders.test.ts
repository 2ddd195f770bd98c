import { afterEach, describe, expect, test } from 'vitest';
import { fetch } from '../../runtime/src/log/kafka/messages/fetch.ts';
import { listOffsets } from '../../runtime/src/log/kafka/messages/list-offsets.ts';
import { metadata } from '../../runtime/src/log/kafka/messages/metadata.ts';
import { KafkaSource, type KafkaSourceOptions } from '../../runtime/src/log/kafka/source/kafka-source.ts';
import { KafkaTransport } from '../../runtime/src/log/kafka/transport/transport.ts';
import { WireReader } from '../../runtime/src/log/kafka/wire/reader.ts';
import { WireWriter } from '../../runtime/src/log/kafka/wire/writer.ts';
import { type Clock, systemClock } from '../../runtime/src/time/clock.ts';
import { type Broker, startBroker } from '../support/kafka/broker.ts';
import { describeWithKafkaJars } from '../support/kafka/describe-kafka.ts';
import { type FakeBroker, type FakeRequest, fakeBroker, isFor, metadataAnswer } from '../support/kafka/fake-broker.ts';
import { appendBatch, batchOf } from '../support/kafka/raw-producer.ts';
import { newTopic } from '../support/kafka/requests.ts';

const ID = 'S2tra2tra2tra2tra2trag';
const OTHER_ID = 'T3tra2tra2tra2tra2trag';

const opened: { stop?(): unknown; close?(): unknown }[] = [];
afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await (each.stop?.() ?? each.close?.());
});

interface Asked {
  readonly node: number;
  readonly partition: number;
  readonly currentLeaderEpoch: number;
  readonly offset: number;
  readonly lastFetchedEpoch: number;
}

interface Reply {
  readonly error?: number;
  readonly records?: Buffer;
  readonly diverging?: readonly [epoch: number, endOffset: number];
  /** KIP-951: node and leader epoch. */
  readonly leader?: readonly [node: number, leaderEpoch: number];
}

/** A cluster of two brokers that lead what the test says, and answer Fetch as it says. */
class FakeCluster {
  readonly asked: Asked[] = [];
  readonly brokers: FakeBroker[] = [];
  /** Of each partition of topic `t`. */
  leaders: (readonly [node: number, leaderEpoch: number])[] = [[1, 0]];
  id = ID;
  metadataAsked = 0;
  /** Undefined: the broker holds the request back. */
  reply: (asked: Asked) => Reply | undefined = () => undefined;

  async start(clock: Clock = systemClock): Promise<KafkaTransport> {
    for (const node of [1, 2]) this.brokers.push(await fakeBroker((request) => this.#handle(node, request)));
    opened.push(...this.brokers);
    const transport = await KafkaTransport.connect(
      { brokers: this.brokers.map(({ address }) => address), connectionTimeout: 20_000 },
      clock,
    );
    opened.push(transport);
    return transport;
  }

  #handle(node: number, request: FakeRequest): void {
    if (isFor(request, metadata)) {
      this.metadataAsked++;
      const brokers = this.brokers.map(({ port }, i) => [i + 1, port] as const);
      request.answer(metadataAnswer(brokers, [{ name: 't', id: this.id, leaders: this.leaders }]));
    } else if (isFor(request, listOffsets)) {
      const latest = !request.body.includes(Buffer.from('fffffffffffffffe', 'hex'));
      const writer = new WireWriter().int32(0);
      writer.array(['t'], (each) => {
        each.string('t').array([0], (inner) => {
          inner
            .int32(0)
            .int16(0)
            .int64(-1)
            .int64(latest ? 10 : 0)
            .int32(0)
            .noTags();
        });
        each.noTags();
      });
      request.answer(writer.noTags().bytes());
    } else if (isFor(request, fetch)) this.#fetch(node, request);
  }

  #fetch(node: number, request: FakeRequest): void {
    const reader = new WireReader(request.body);
    reader.raw(4 + 4 + 4 + 1 + 4 + 4);
    const asked: Asked[] = reader
      .array((each) => {
        each.uuid();
        const partitions = each.array((inner) => {
          const one = { node, partition: inner.int32(), currentLeaderEpoch: inner.int32(), offset: inner.int64() };
          const lastFetchedEpoch = inner.int32();
          inner.raw(8 + 4);
          inner.tags();
          return { ...one, lastFetchedEpoch };
        });
        each.tags();
        return partitions;
      })
      .flat();
    this.asked.push(...asked);
    const replies = asked.flatMap((one) => {
      const reply = this.reply(one);
      return reply === undefined ? [] : [{ ...one, ...reply }];
    });
    if (replies.length > 0) request.answer(this.#answer(replies));
  }

  #answer(replies: readonly (Asked & Reply)[]): Buffer {
    const writer = new WireWriter().int32(0).int16(0).int32(0);
    writer.array([ID], (each) => {
      each.uuid(ID).array(replies, (inner, { partition, error = 0, records = null, diverging, leader }) => {
        inner
          .int32(partition)
          .int16(error)
          .int64(10)
          .int64(10)
          .int64(0)
          .array(null, () => undefined);
        inner.int32(-1).bytesField(records);
        inner.unsignedVarint((diverging === undefined ? 0 : 1) + (leader === undefined ? 0 : 1));
        if (diverging !== undefined)
          inner.unsignedVarint(0).unsignedVarint(13).int32(diverging[0]).int64(diverging[1]).noTags();
        if (leader !== undefined) inner.unsignedVarint(1).unsignedVarint(9).int32(leader[0]).int32(leader[1]).noTags();
      });
      each.noTags();
    });
    return writer.noTags().bytes();
  }
}

/** As a broker keeps it. */
async function stored(values: readonly string[], offset: number, leaderEpoch: number): Promise<Buffer> {
  const batch = await batchOf(values);
  batch.writeBigInt64BE(BigInt(offset), 0);
  batch.writeInt32BE(leaderEpoch, 12);
  return batch;
}

function source(transport: KafkaTransport, options: KafkaSourceOptions = {}): KafkaSource {
  const made = new KafkaSource('test', transport, options);
  opened.push(made);
  return made;
}

/** The next value, and where the position is then. */
async function next(from: KafkaSource): Promise<readonly [string, number]> {
  for (const deadline = Date.now() + 15_000; Date.now() < deadline; ) {
    for (const { records, nextOffset } of await from.poll(1000))
      if (records.next()) return [records.bytes.toString('utf8', records.valueStart, records.valueEnd), nextOffset];
  }
  throw new Error('nothing came');
}

describe('a source whose brokers answer at once', () => {
  /** Time stands still but for what the test lets go by; then timers of that time are called. */
  function stoppedClock(): { readonly clock: Clock; pass(ms: number): void } {
    const start = performance.now();
    let now = start;
    const timers = new Set<{ readonly at: number; readonly call: () => void }>();
    const after: Clock['after'] = (ms, call) => {
      if (ms > 100) return systemClock.after(ms, call);
      const timer = { at: now + ms, call };
      timers.add(timer);
      return () => timers.delete(timer);
    };
    const pass = (ms: number): void => {
      now += ms;
      for (const timer of timers) if (timer.at <= now && timers.delete(timer)) timer.call();
    };
    return { clock: { ...systemClock, monotonic: () => now, after }, pass };
  }

  test('with few records asks again only when a while has passed', async () => {
    const { clock, pass } = stoppedClock();
    const cluster = new FakeCluster();
    const transport = await cluster.start(clock);
    const records = await Promise.all([0, 1, 2, 3].map((offset) => stored([`r${offset}`], offset, 0)));
    cluster.reply = ({ offset }) => {
      const found = records[offset];
      return found === undefined ? undefined : { records: found };
    };
    const from = source(transport);
    from.assign([{ topic: 't', partition: 0, offset: 0 }]);
    for (let i = 0; i < 3; i++) {
      expect(await next(from)).toEqual([`r${i}`, i + 1]);
      await new Promise((resolve) => setTimeout(resolve, 50));
      expect(cluster.asked).toHaveLength(i + 1);
      pass(5);
    }
  });

  test('with many records asks again at once', async () => {
    const { clock } = stoppedClock();
    const cluster = new FakeCluster();
    const transport = await cluster.start(clock);
    const records = await Promise.all([0, 1, 2].map((offset) => stored(['x'.repeat(20_000)], offset, 0)));
    cluster.reply = ({ offset }) => {
      const found = records[offset];
      return found === undefined ? undefined : { records: found };
    };
    const from = source(transport);
    from.assign([{ topic: 't', partition: 0, offset: 0 }]);
    for (let i = 0; i < 3; i++) expect((await next(from))[1]).toBe(i + 1);
  });
});

describe('a source whose partitions', () => {
  test.for([6, 74, 75, 3, 5, 100, 103])('are led by another broker (code %i) finds it by Metadata', async (code) => {
    const cluster = new FakeCluster();
    const transport = await cluster.start();
    const records = await stored(['x'], 0, 1);
    cluster.reply = ({ node }) => {
      cluster.leaders = [[2, 1]];
      return node === 1 ? { error: code } : { records };
    };
    const from = source(transport);
    from.assign([{ topic: 't', partition: 0, offset: 0 }]);
    expect(await next(from)).toEqual(['x', 1]);
    expect(cluster.asked.slice(0, 2)).toMatchObject([
      { node: 1, currentLeaderEpoch: 0 },
      { node: 2, currentLeaderEpoch: 1 },
    ]);
  });

  test('are led by another broker that the answer names goes there at once', async () => {
    const cluster = new FakeCluster();
    const transport = await cluster.start();
    const records = await stored(['x'], 0, 1);
    cluster.reply = ({ node }) => (node === 1 ? { error: 6, leader: [2, 1] } : { records });
    const from = source(transport);
    from.assign([{ topic: 't', partition: 0, offset: 0 }]);
    await from.poll(0);
    expect(await next(from)).toEqual(['x', 1]);
    expect(cluster.metadataAsked).toBe(1); // to connect
  });

  test('have no leader waits for one, longer each time', async () => {
    const cluster = new FakeCluster();
    cluster.leaders = [[-1, 0]];
    const transport = await cluster.start();
    const records = await stored(['x'], 0, 1);
    cluster.reply = () => ({ records });
    const from = source(transport);
    from.assign([{ topic: 't', partition: 0, offset: 0 }]);
    expect(await from.poll(2000)).toEqual([]);
    expect(cluster.metadataAsked).toBeGreaterThan(3);
    expect(cluster.metadataAsked).toBeLessThan(12);
    cluster.leaders = [[2, 1]];
    expect(await next(from)).toEqual(['x', 1]);
  });

  test('lose their broker go on with the next one', async () => {
    const cluster = new FakeCluster();
    const transport = await cluster.start();
    const records = await stored(['x'], 0, 1);
    cluster.reply = ({ node }) => (node === 1 ? undefined : { records });
    const from = source(transport);
    from.assign([{ topic: 't', partition: 0, offset: 0 }]);
    expect(await from.poll(100)).toEqual([]);
    cluster.leaders = [[2, 1]];
    await cluster.brokers[0]?.stop();
    expect(await next(from)).toEqual(['x', 1]);
  });

  test('were truncated below what was read says so (I19)', async () => {
    const cluster = new FakeCluster();
    const transport = await cluster.start();
    const records = await stored(['x'], 0, 7);
    cluster.reply = ({ offset }) => (offset === 0 ? { records } : { diverging: [3, 0] });
    const from = source(transport);
    from.assign([{ topic: 't', partition: 0, offset: 0 }]);
    expect(await next(from)).toEqual(['x', 1]);
    await expect(from.poll(5000)).rejects.toThrow(/t-0 was truncated at offset 0 .*up to 1 \(leader epoch 7\)/);
    expect(cluster.asked.map(({ lastFetchedEpoch }) => lastFetchedEpoch)).toEqual([-1, 7]);
  });

  test('are out of range for a leader that has no record of the epoch asks without it', async () => {
    const cluster = new FakeCluster();
    const transport = await cluster.start();
    const [first, second] = [await stored(['x'], 0, 7), await stored(['y'], 1, 8)];
    cluster.reply = ({ offset, lastFetchedEpoch }) => {
      if (offset === 0) return { records: first };
      return lastFetchedEpoch === -1 ? { records: second } : { error: 1 };
    };
    const from = source(transport);
    from.assign([{ topic: 't', partition: 0, offset: 0 }]);
    expect(await next(from)).toEqual(['x', 1]);
    expect(await next(from)).toEqual(['y', 2]);
  });

  test('may not be read, or are broken, fail alone', async () => {
    const cluster = new FakeCluster();
    cluster.leaders = [
      [1, 0],
      [1, 0],
      [2, 0],
    ];
    const transport = await cluster.start();
    const records = await stored(['x'], 0, 0);
    const broken = Buffer.from(records);
    broken[broken.length - 1] = (broken.at(-1) ?? 0) ^ 1;
    cluster.reply = ({ partition, offset }) => {
      if (partition === 0) return { error: 29 };
      if (partition === 1) return { records: broken };
      return offset === 0 ? { records } : undefined;
    };
    const from = source(transport);
    for (const [partition, what] of [
      [0, /Fetch of t-0: TOPIC_AUTHORIZATION_FAILED/],
      [1, /t-1, .*checksum/],
    ] as const) {
      from.assign([{ topic: 't', partition, offset: 0 }]);
      for (let again = 0; again < 2; again++) await expect(from.poll(5000)).rejects.toThrow(what);
      from.pause({ topic: 't', partition });
    }
    from.assign([{ topic: 't', partition: 2, offset: 0 }]);
    expect(await next(from)).toEqual(['x', 1]);
  });

  test('belong to another topic of the same name says so', async () => {
    const cluster = new FakeCluster();
    const transport = await cluster.start();
    cluster.reply = () => {
      cluster.id = OTHER_ID;
      return { error: 100 };
    };
    const from = source(transport);
    from.assign([{ topic: 't', partition: 0, offset: 0 }]);
    await expect(from.poll(5000)).rejects.toThrow(/Topic t was deleted and made anew/);
  });
});

await describeWithKafkaJars('a source over the restart of its broker', () => {
  test('goes on where it was, neither twice nor with a gap', async () => {
    const broker: Broker = await startBroker();
    opened.push(broker);
    const transport = await KafkaTransport.connect({ brokers: [broker.address] }, systemClock);
    opened.push(transport);
    const topic = await newTopic(transport, 2);
    const partition = { topic, partition: 0 };
    await appendBatch(transport, partition, await batchOf(['0', '1']));
    const from = source(transport);
    from.assign([0, 1].map((each) => ({ topic, partition: each, offset: 0 })));
    expect(await next(from)).toEqual(['0', 2]);
    await broker.kill();
    const before = process.cpuUsage();
    expect(await from.poll(1000)).toEqual([]);
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1000).toBeLessThan(400); // no storm of connections
    await broker.start();
    await appendBatch(transport, partition, await batchOf(['2']));
    expect(await next(from)).toEqual(['2', 3]);
  }, 120_000);
});
