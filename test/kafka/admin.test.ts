import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { partitionBounds } from '../../runtime/src/log/kafka/admin/bounds.ts';
import { committedOffsets, offsetsPartition } from '../../runtime/src/log/kafka/admin/committed-offsets.ts';
import { createMissingTopics } from '../../runtime/src/log/kafka/admin/create-topics.ts';
import { type DescribedMember, groupInstances } from '../../runtime/src/log/kafka/admin/instances.ts';
import { topicSettings } from '../../runtime/src/log/kafka/admin/topic-settings.ts';
import { describeTopics } from '../../runtime/src/log/kafka/admin/topics.ts';
import { openTransactions, transactionsIn } from '../../runtime/src/log/kafka/admin/transactions.ts';
import { undecidedTransactions } from '../../runtime/src/log/kafka/admin/undecided.ts';
import {
  readSubscription,
  writeAssignment,
  writeSubscription,
} from '../../runtime/src/log/kafka/messages/consumer-protocol.ts';
import { describeConfigs } from '../../runtime/src/log/kafka/messages/describe-configs.ts';
import { joinGroup } from '../../runtime/src/log/kafka/messages/join-group.ts';
import { syncGroup } from '../../runtime/src/log/kafka/messages/sync-group.ts';
import { KafkaTransport } from '../../runtime/src/log/kafka/transport/transport.ts';
import { type CommittedOffset, isLogError, type LogError } from '../../runtime/src/log/port.ts';
import { systemClock } from '../../runtime/src/time/clock.ts';
import { describeKafka } from '../support/kafka/describe-kafka.ts';
import { appendBatch, batchOf, RawProducer } from '../support/kafka/raw-producer.ts';
import { newTopic, unique } from '../support/kafka/requests.ts';

const PATIENCE = 10_000;
const CREATE = { replicationFactor: -1, patience: PATIENCE };
const OFFSETS = { patience: PATIENCE, undecided: PATIENCE };

await describeKafka('what there is in Kafka', (brokers) => {
  let transport: KafkaTransport;
  beforeAll(async () => {
    transport = await KafkaTransport.connect({ brokers }, systemClock);
  });
  afterAll(() => transport.close());

  async function failure(promise: Promise<unknown>): Promise<LogError> {
    const error = await promise.then(
      () => undefined,
      (reason) => reason,
    );
    if (!isLogError(error)) throw new Error(`no LogError: ${error}`);
    return error;
  }

  async function configs(name: string): Promise<Readonly<Record<string, string | null>>> {
    const answer = await transport.sendToAny(describeConfigs, { resources: [{ type: 'topic', name, keys: null }] });
    return Object.fromEntries(answer.resources[0]?.configs ?? []);
  }

  describe('topics', () => {
    test('are found by name, or all of them but those of Kafka itself', async () => {
      const topic = await newTopic(transport, 3);
      const found = await describeTopics(transport, [topic, topic, unique('missing')], PATIENCE);
      expect([...found]).toEqual([[topic, { partitions: 3, id: transport.topicId(topic) }]]);
      expect(await describeTopics(transport, [], PATIENCE)).toEqual(new Map());
      await committedOffsets(transport, unique('group'), [{ topic, partition: 0 }], OFFSETS); // there are internal ones now
      const all = await describeTopics(transport, undefined, PATIENCE);
      expect(all.get(topic)?.partitions).toBe(3);
      expect([...all.keys()].filter((name) => name.startsWith('__'))).toEqual([]);
      expect(transport.topicId('__consumer_offsets')).toBe(undefined);
    });

    test('can be used at once when they are created, by many at the same time', async () => {
      const specs = [
        { name: unique('plain'), partitions: 3 },
        { name: unique('changelog'), partitions: 2, compacted: true },
      ];
      await Promise.all([1, 2, 3].map(() => createMissingTopics(transport, specs, CREATE)));
      for (const partition of [0, 1, 2])
        await appendBatch(transport, { topic: specs[0]?.name ?? '', partition }, await batchOf(['x']));
      expect(await configs(specs[1]?.name ?? '')).toMatchObject({
        'cleanup.policy': 'compact',
        'segment.bytes': '67108864',
        'min.cleanable.dirty.ratio': '0.1',
      });
      expect(await configs(specs[0]?.name ?? '')).toMatchObject({ 'cleanup.policy': 'delete' });
      await createMissingTopics(transport, specs, CREATE);
      await createMissingTopics(transport, [], CREATE);
    });

    test('that exist otherwise are refused: partitions, policy', async () => {
      const topic = await newTopic(transport, 3);
      const partitions = await failure(createMissingTopics(transport, [{ name: topic, partitions: 4 }], CREATE));
      expect(partitions).toMatchObject({ kind: 'fatal', message: expect.stringMatching(/3 partitions instead of 4/) });
      const spec = { name: topic, partitions: 3, compacted: true };
      const policy = await failure(createMissingTopics(transport, [spec], CREATE));
      expect(policy).toMatchObject({ kind: 'fatal', message: expect.stringMatching(/cleanup\.policy=delete/) });
      const compacted = await newTopic(transport, 1, { 'cleanup.policy': 'compact' });
      await createMissingTopics(transport, [{ name: compacted, partitions: 1, compacted: true }], CREATE);
    });

    test('may have settings of their own; what becomes of old records is told', async () => {
      const name = unique('changelog');
      const settings = { 'delete.retention.ms': '3600000', 'segment.bytes': '1048576' };
      const spec = { name, partitions: 1, compacted: true, replicationFactor: 1, settings };
      await createMissingTopics(transport, [spec], { ...CREATE, replicationFactor: 20 });
      expect(await configs(name)).toMatchObject({ 'cleanup.policy': 'compact', ...settings });
      expect(await topicSettings(transport, name, PATIENCE)).toEqual({
        compacted: true,
        policy: 'compact',
        tombstones: 3_600_000,
        age: Number.POSITIVE_INFINITY,
        timestampType: 'CreateTime',
      });
      const week = 7 * 24 * 3_600_000;
      const plain = await newTopic(transport, 1, { 'retention.ms': String(week) });
      expect(await topicSettings(transport, plain, PATIENCE)).toMatchObject({
        compacted: false,
        policy: 'delete',
        age: week,
      });
      const both = await newTopic(transport, 1, { 'cleanup.policy': 'compact,delete', 'retention.ms': '5000' });
      expect(await topicSettings(transport, both, PATIENCE)).toMatchObject({ compacted: false, age: 5000 });
      const forever = await newTopic(transport, 1, { 'retention.ms': '-1' });
      expect(await topicSettings(transport, forever, PATIENCE)).toMatchObject({ age: Number.POSITIVE_INFINITY });
      const dated = await newTopic(transport, 1, { 'message.timestamp.type': 'LogAppendTime' });
      expect(await topicSettings(transport, dated, PATIENCE)).toMatchObject({ timestampType: 'LogAppendTime' });
      const missing = await failure(topicSettings(transport, unique('missing'), 300));
      expect(missing.message).toContain('UNKNOWN_TOPIC_OR_PARTITION');
    });

    test('that Kafka refuses are refused with its reason', async () => {
      const name = await failure(createMissingTopics(transport, [{ name: 'no/name', partitions: 1 }], CREATE));
      expect(name).toMatchObject({ kind: 'fatal', kafkaName: 'INVALID_TOPIC_EXCEPTION' });
      const specs = [{ name: unique('many'), partitions: 1 }];
      const replicas = await failure(createMissingTopics(transport, specs, { ...CREATE, replicationFactor: 20 }));
      expect(replicas).toMatchObject({ kind: 'fatal', kafkaName: 'INVALID_REPLICATION_FACTOR' });
    });
  });

  test('bounds: what is there, what is stable, what is undecided; in the order asked', async () => {
    const topic = await newTopic(transport, 2);
    const producer = await new RawProducer(transport, unique('id')).init();
    await appendBatch(transport, { topic, partition: 1 }, await batchOf(['a', 'b']));
    await producer.append({ topic, partition: 1 }, ['c']);
    const asked = [1, 0, 1].map((partition) => ({ topic, partition }));
    const one = { topic, partition: 1, start: 0, stableEnd: 2, end: 3 };
    const zero = { topic, partition: 0, start: 0, stableEnd: 0, end: 0 };
    expect(await partitionBounds(transport, asked, PATIENCE)).toEqual([one, zero, one]);
    await producer.end(true);
    const missing = await failure(partitionBounds(transport, [{ topic, partition: 7 }], 300));
    expect(missing).toMatchObject({ kind: 'retriable', message: expect.stringContaining(`${topic}-7`) });
    expect(await partitionBounds(transport, [], PATIENCE)).toEqual([]);
  });

  describe('committed offsets', () => {
    test('are those of decided transactions; a partition without any is left out', async () => {
      const topic = await newTopic(transport, 3);
      const group = unique('group');
      const all = [2, 0, 1].map((partition) => ({ topic, partition }));
      const producer = await new RawProducer(transport, unique('id')).init();
      const at = (partition: number, offset: number, metadata = ''): CommittedOffset => ({
        topic,
        partition,
        offset,
        metadata,
      });
      await producer.commitOffsets(group, [at(0, 5, 'five'), at(1, 0)]);
      await producer.end(true);
      await producer.commitOffsets(group, [at(0, 9), at(2, 9)]);
      await producer.end(false);
      const found = await committedOffsets(transport, group, all, OFFSETS);
      expect(found.toSorted((a, b) => a.partition - b.partition)).toEqual([at(0, 5, 'five'), at(1, 0)]);
      expect(await committedOffsets(transport, group, [], OFFSETS)).toEqual([]);
    });

    test('are waited for while they are undecided; not for ever, and then the transaction is named', async () => {
      const topic = await newTopic(transport, 2);
      const group = unique('group');
      const id = unique('id');
      const producer = await new RawProducer(transport, id).init();
      await producer.commitOffsets(group, [{ topic, partition: 0, offset: 4, metadata: '' }]);
      expect(await committedOffsets(transport, group, [{ topic, partition: 1 }], OFFSETS)).toEqual([]);
      const late = await failure(
        committedOffsets(transport, group, [{ topic, partition: 0 }], { patience: PATIENCE, undecided: 300 }),
      );
      expect(late.kind).toBe('fatal');
      expect(late.message).toContain(`'${id}' of producer ${producer.producerId}`);
      expect(late.message).toMatch(/abort --topic __consumer_offsets --partition \d --start-offset \d+/);
      const asked = committedOffsets(transport, group, [{ topic, partition: 0 }], OFFSETS);
      await new Promise((resolve) => setTimeout(resolve, 150));
      await producer.end(true);
      expect(await asked).toEqual([{ topic, partition: 0, offset: 4, metadata: '' }]);
    });

    test('lie where Java finds them', () => {
      expect(offsetsPartition('', 50)).toBe(0);
      expect(offsetsPartition('test', 50)).toBe(48); // "test".hashCode() is 3556498
      expect(offsetsPartition('tests', 50)).toBe(3); // 110251553
      expect(offsetsPartition('flights-counts', 50)).toBe(22); // -1069516722
      expect(offsetsPartition('polygenelubricants', 50)).toBe(0); // -2^31
    });
  });

  test('open transactions by prefix, until they are decided', async () => {
    const topic = await newTopic(transport);
    const prefix = unique('job');
    const [a, b] = await Promise.all(['a', 'b'].map((name) => new RawProducer(transport, `${prefix}-${name}`).init()));
    const names = async (of: string): Promise<readonly string[]> =>
      (await openTransactions(transport, of, PATIENCE)).map(({ transactionalId }) => transactionalId).toSorted();
    expect(await names(prefix)).toEqual([]);
    for (const each of [a, b]) await each?.append({ topic, partition: 0 }, ['x']);
    expect(await names(prefix)).toEqual([`${prefix}-a`, `${prefix}-b`]);
    expect(await names(`${prefix}-b`)).toEqual([`${prefix}-b`]);
    const inTopic = await transactionsIn(transport, { topic, partition: 0 }, PATIENCE);
    expect(inTopic.map(({ transactionalId, producerId }) => [transactionalId, producerId])).toEqual([
      [`${prefix}-a`, a?.producerId],
      [`${prefix}-b`, b?.producerId],
    ]);
    expect(await transactionsIn(transport, { topic, partition: 1 }, PATIENCE)).toEqual([]);
    // As the partition's leader has it, and with the time that the coordinator gives it.
    const asLed = await undecidedTransactions(transport, [{ topic, partition: 0 }], PATIENCE);
    expect(asLed.map(({ transactionalId, timeout }) => [transactionalId, timeout])).toEqual([
      [`${prefix}-a`, 60_000],
      [`${prefix}-b`, 60_000],
    ]);
    await a?.end(true);
    await b?.init();
    expect(await names(prefix)).toEqual([]);
  });

  test('instances of a group, once it tells who they are', async () => {
    const group = unique('group');
    const nameOf = ({ metadata }: DescribedMember): string | undefined =>
      metadata.length === 0 ? undefined : Buffer.from(readSubscription(metadata).userData).toString();
    expect(await groupInstances(transport, group, nameOf, PATIENCE)).toEqual([]);
    const node = await transport.coordinator('group', group);
    const userData = Buffer.from('here-1');
    const metadata = writeSubscription({ topics: [], userData, owned: [], generation: -1 });
    const join = {
      group,
      sessionTimeout: 6000,
      rebalanceTimeout: 6000,
      instanceId: null,
      protocols: [{ name: 'p', metadata }],
      reason: null,
    };
    const channel = `group ${group}` as const;
    const { memberId } = await transport.send(node, channel, joinGroup, { ...join, memberId: '' });
    const rejoin = async (): Promise<number> => {
      const { error, generation } = await transport.send(node, channel, joinGroup, { ...join, memberId });
      expect(error).toBe(0);
      return generation;
    };
    const sync = async (generation: number): Promise<void> => {
      const assignments = [{ memberId, assignment: writeAssignment([]) }];
      const request = { group, generation, memberId, instanceId: null, protocol: 'p', assignments };
      expect((await transport.send(node, channel, syncGroup, request)).error).toBe(0);
    };
    // A group that never came to an end of its first rebalance may not be shown at all.
    await sync(await rejoin());
    expect(await groupInstances(transport, group, nameOf, PATIENCE)).toEqual(['here-1']);
    const generation = await rejoin();
    const rebalancing = await failure(groupInstances(transport, group, nameOf, 100));
    expect(rebalancing.kind).toBe('retriable');
    const asked = groupInstances(transport, group, nameOf, PATIENCE);
    await sync(generation);
    expect(await asked).toEqual(['here-1']);
  });
});
