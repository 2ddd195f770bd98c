import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { askCoordinator } from '../../runtime/src/log/kafka/ask-coordinator.ts';
import { answeredError, type KafkaError } from '../../runtime/src/log/kafka/errors.ts';
import { addOffsetsToTxn } from '../../runtime/src/log/kafka/messages/add-offsets-to-txn.ts';
import { addPartitionsToTxn } from '../../runtime/src/log/kafka/messages/add-partitions-to-txn.ts';
import { writeAssignment, writeSubscription } from '../../runtime/src/log/kafka/messages/consumer-protocol.ts';
import { createTopics } from '../../runtime/src/log/kafka/messages/create-topics.ts';
import { deleteRecords } from '../../runtime/src/log/kafka/messages/delete-records.ts';
import { describeConfigs } from '../../runtime/src/log/kafka/messages/describe-configs.ts';
import { describeGroups } from '../../runtime/src/log/kafka/messages/describe-groups.ts';
import { describeProducers } from '../../runtime/src/log/kafka/messages/describe-producers.ts';
import { describeTransactions } from '../../runtime/src/log/kafka/messages/describe-transactions.ts';
import { endTxnV1, endTxnV2 } from '../../runtime/src/log/kafka/messages/end-txn.ts';
import { type FetchedPartitionData, fetch } from '../../runtime/src/log/kafka/messages/fetch.ts';
import { heartbeat } from '../../runtime/src/log/kafka/messages/heartbeat.ts';
import { initProducerId } from '../../runtime/src/log/kafka/messages/init-producer-id.ts';
import { joinGroup } from '../../runtime/src/log/kafka/messages/join-group.ts';
import { leaveGroup } from '../../runtime/src/log/kafka/messages/leave-group.ts';
import { EARLIEST, type Isolation, LATEST, listOffsets } from '../../runtime/src/log/kafka/messages/list-offsets.ts';
import { listTransactions } from '../../runtime/src/log/kafka/messages/list-transactions.ts';
import type { Answer, Message } from '../../runtime/src/log/kafka/messages/message.ts';
import { offsetCommit } from '../../runtime/src/log/kafka/messages/offset-commit.ts';
import { offsetFetch } from '../../runtime/src/log/kafka/messages/offset-fetch.ts';
import { offsetForLeaderEpoch } from '../../runtime/src/log/kafka/messages/offset-for-leader-epoch.ts';
import { produceV1, produceV2 } from '../../runtime/src/log/kafka/messages/produce.ts';
import { syncGroup } from '../../runtime/src/log/kafka/messages/sync-group.ts';
import type { TransactionIdentity } from '../../runtime/src/log/kafka/messages/transaction-identity.ts';
import { txnOffsetCommitV1, txnOffsetCommitV2 } from '../../runtime/src/log/kafka/messages/txn-offset-commit.ts';
import { KafkaTransport } from '../../runtime/src/log/kafka/transport/transport.ts';
import { NO_PRODUCER } from '../../runtime/src/log/record-batch/batch-header.ts';
import { RecordBatchBuilder } from '../../runtime/src/log/record-batch/builder.ts';
import { CompressionCodecs } from '../../runtime/src/log/record-batch/compression.ts';
import { readBatches } from '../../runtime/src/log/record-batch/read-batches.ts';
import { systemClock } from '../../runtime/src/time/clock.ts';
import { describeKafka } from '../support/kafka/describe-kafka.ts';
import { java } from '../support/kafka/java.ts';
import { askLeader, newTopic, unique } from '../support/kafka/requests.ts';

// Every request against a real broker: what is asked for happens, and errors are those that the table expects.

function batch(values: readonly string[], identity = NO_PRODUCER): Buffer {
  const builder = new RecordBatchBuilder({ batchBytes: 1_000_000, maxBytes: 1_000_000 });
  for (const value of values) {
    const bytes = Buffer.from(value);
    const place = {
      timestamp: 1_700_000_000_000,
      bytes,
      keyStart: -1,
      keyEnd: -1,
      valueStart: 0,
      valueEnd: bytes.length,
    };
    builder.append(place, [['h', Buffer.from('x')]]);
  }
  return builder.finish(identity);
}

const PATIENTLY = { timeout: 15_000, interval: 20 };
const ABOUT_ME = writeSubscription({ topics: ['t'], userData: Buffer.from('x'), owned: [], generation: -1 });
const SHARE = writeAssignment([{ topic: 't', partition: 3 }]);

await describeKafka('requests to a real broker', (brokers) => {
  let transport: KafkaTransport;
  beforeAll(async () => {
    transport = await KafkaTransport.connect({ brokers }, systemClock);
  });
  afterAll(() => transport.close());

  async function produce(
    topic: string,
    values: readonly string[],
    identity = NO_PRODUCER,
    transactionalId: string | null = null,
    message = produceV1,
  ): Promise<{ readonly error: number; readonly baseOffset: number }> {
    const partitions = [{ topic, partition: 0, records: [batch(values, identity)] }];
    const request = { transactionalId, acks: -1 as const, timeout: 10_000, partitions };
    const answer = await askLeader(transport, { topic, partition: 0 }, message, request, (a) => a.partitions[0]?.error);
    const [result] = answer.partitions;
    if (result === undefined) throw new Error('no partition in the answer');
    return result;
  }

  async function fetchFrom(topic: string, offset: number, isolation: Isolation): Promise<FetchedPartitionData> {
    const { leaderEpoch } = await transport.leader({ topic, partition: 0 });
    const asked = {
      topicId: transport.topicId(topic) ?? '',
      partition: 0,
      currentLeaderEpoch: leaderEpoch,
      offset,
      lastFetchedEpoch: -1,
      maxBytes: 1_000_000,
    };
    const limits = { maxWait: 100, minBytes: 1, maxBytes: 1_000_000, sessionId: 0, sessionEpoch: -1 };
    const request = { ...limits, isolation, partitions: [asked], forgotten: [] };
    const code = (answer: { readonly partitions: readonly FetchedPartitionData[] }): number | undefined =>
      answer.partitions[0]?.error;
    const [found] = (await askLeader(transport, { topic, partition: 0 }, fetch, request, code)).partitions;
    if (found === undefined) throw new Error('no partition in the answer');
    return found;
  }

  /** Up to the end as it is now. Each answer is of one segment, and records of old times begin a new one with each marker. */
  async function read(topic: string, isolation: Isolation): Promise<readonly string[]> {
    const values: string[] = [];
    for (let position = 0; ; ) {
      const { records, aborted, lastStableOffset, highWatermark } = await fetchFrom(topic, position, isolation);
      const committed = isolation === 'read-committed';
      if (position >= (committed ? lastStableOffset : highWatermark)) return values;
      const fetched = { topic, partition: 0, records, position, aborted: committed ? aborted : [] };
      const { records: cursor, nextOffset } = readBatches(fetched, { codecs: new CompressionCodecs() });
      while (cursor.next()) values.push(cursor.bytes.toString('utf8', cursor.valueStart, cursor.valueEnd));
      position = nextOffset;
    }
  }

  async function offsetAt(topic: string, timestamp: number, isolation: Isolation = 'read-committed'): Promise<number> {
    const request = { isolation, partitions: [{ topic, partition: 0, timestamp }] };
    const code = (answer: { readonly partitions: readonly { readonly error: number }[] }): number | undefined =>
      answer.partitions[0]?.error;
    const answer = await askLeader(transport, { topic, partition: 0 }, listOffsets, request, code);
    return answer.partitions[0]?.offset ?? Number.NaN;
  }

  /** Asks the transaction's coordinator. */
  function transactional<Request, Response extends Answer>(
    key: string,
    message: Message<Request, Response>,
    request: Request,
    code: (answer: Response) => number,
  ): Promise<Response> {
    return ask('transaction', key, message, request, code);
  }

  function ask<Request, Response extends Answer>(
    kind: 'group' | 'transaction',
    key: string,
    message: Message<Request, Response>,
    request: Request,
    code: (answer: Response) => number,
  ): Promise<Response> {
    const failure = (answer: Response): KafkaError | undefined =>
      code(answer) === 0 ? undefined : answeredError(message.name, code(answer), key);
    const channel = kind === 'group' ? 'offsets' : 'transaction';
    return askCoordinator(transport, { kind, key, channel, message, request, failure }, 20_000);
  }

  async function init(transactionalId: string, before = { producerId: -1, epoch: -1 }): Promise<TransactionIdentity> {
    const request = { transactionalId, transactionTimeout: 30_000, ...before };
    const { producerId, epoch } = await transactional(transactionalId, initProducerId, request, ({ error }) => error);
    return { transactionalId, producerId, epoch };
  }

  const first = (answer: { readonly partitions: readonly { readonly error: number }[] }): number =>
    answer.partitions.find(({ error }) => error !== 0)?.error ?? 0;

  async function joined(group: string, instanceId: string | null = null) {
    const base = { group, sessionTimeout: 10_000, rebalanceTimeout: 10_000, instanceId, reason: 'a test' };
    const protocols = [{ name: 'p', metadata: ABOUT_ME }];
    const node = await firstCoordinator(group);
    const send = (memberId: string) =>
      transport.send(node, `group ${group}`, joinGroup, { ...base, protocols, memberId });
    const known = await send('');
    const answer = known.error === 79 ? await send(known.memberId) : known;
    expect(answer).toMatchObject({ error: 0, protocol: 'p' });
    const { memberId, generation } = answer;
    const request = { group, generation, memberId, instanceId, protocol: 'p' };
    const assignments = [{ memberId, assignment: SHARE }];
    const synced = await transport.send(node, `group ${group}`, syncGroup, { ...request, assignments });
    expect(synced).toMatchObject({ error: 0, protocol: 'p', assignment: SHARE });
    return { group, memberId, generation, instanceId, node, answer };
  }

  /** The first look-up in a fresh cluster creates the offsets topic. */
  async function firstCoordinator(group: string): Promise<number> {
    const request = { groups: [group] };
    await ask('group', group, describeGroups, request, ({ groups }) =>
      groups[0]?.error === 69 ? 0 : (groups[0]?.error ?? 0),
    );
    return transport.coordinator('group', group);
  }

  test('CreateTopics, Metadata, DescribeConfigs', async () => {
    const topic = await newTopic(transport, 3, { 'cleanup.policy': 'compact' });
    const [found] = await transport.topics([topic, unique('missing')]);
    expect(found).toMatchObject({ topic, error: 0, internal: false });
    expect(found?.partitions.map(({ partition }) => partition).sort()).toEqual([0, 1, 2]);
    expect(found?.id).toMatch(/^[\w-]{22}$/);
    expect((await transport.topics(null)).map((each) => each.topic)).toContain(topic);

    const again = await transport.sendToAny(createTopics, {
      topics: [
        { topic, partitions: 3, replicationFactor: 1, configs: {} },
        { topic: unique('wide'), partitions: 1, replicationFactor: 9, configs: {} },
        { topic: 'a/b', partitions: 1, replicationFactor: 1, configs: {} },
      ],
      timeout: 10_000,
      validateOnly: true,
    });
    expect(again.topics.map(({ error }) => error)).toEqual([36, 38, 17]);
    expect(again.topics[0]?.message).toContain('already exists');

    const resources = [
      { type: 'topic', name: topic, keys: ['cleanup.policy'] },
      { type: 'topic', name: unique('missing'), keys: null },
    ] as const;
    const configs = await transport.sendToAny(describeConfigs, { resources });
    expect(configs.resources.map(({ error }) => error)).toEqual([0, 3]);
    expect(configs.resources[0]?.configs).toEqual(new Map([['cleanup.policy', 'compact']]));
    const [node = 0] = transport.nodes;
    const broker = await transport.send(node, 'control', describeConfigs, {
      resources: [{ type: 'broker', name: String(node), keys: ['transaction.max.timeout.ms'] }],
    });
    expect(Number(broker.resources[0]?.configs.get('transaction.max.timeout.ms'))).toBeGreaterThan(0);
  });

  test('Produce, Fetch, ListOffsets, DeleteRecords, OffsetForLeaderEpoch', async () => {
    const topic = await newTopic(transport);
    expect(await produce(topic, ['a', 'b'])).toMatchObject({ error: 0, baseOffset: 0 });
    expect(await produce(topic, ['c'])).toMatchObject({ error: 0, baseOffset: 2 });
    expect(await read(topic, 'read-committed')).toEqual(['a', 'b', 'c']);
    expect(await offsetAt(topic, EARLIEST)).toBe(0);
    expect(await offsetAt(topic, LATEST)).toBe(3);
    expect(await offsetAt(topic, 1_600_000_000_000)).toBe(0);
    expect(await offsetAt(topic, 1_800_000_000_000)).toBe(-1);

    const request = { partitions: [{ topic, partition: 0, before: 2 }], timeout: 10_000 };
    const deleted = await askLeader(transport, { topic, partition: 0 }, deleteRecords, request, first);
    expect(deleted.partitions).toEqual([{ topic, partition: 0, error: 0, lowWatermark: 2 }]);
    expect(await offsetAt(topic, EARLIEST)).toBe(2);
    expect(await fetchFrom(topic, 0, 'read-committed')).toMatchObject({ error: 1 });
    expect(await fetchFrom(topic, 2, 'read-committed')).toMatchObject({
      error: 0,
      logStartOffset: 2,
      highWatermark: 3,
    });

    const { leaderEpoch } = await transport.leader({ topic, partition: 0 });
    const epochs = { partitions: [{ topic, partition: 0, leaderEpoch, currentLeaderEpoch: leaderEpoch }] };
    const ends = await askLeader(transport, { topic, partition: 0 }, offsetForLeaderEpoch, epochs, first);
    expect(ends.partitions).toEqual([{ topic, partition: 0, error: 0, leaderEpoch, endOffset: 3 }]);
  });

  test('Produce that is refused: what, and why', async () => {
    const topic = await newTopic(transport, 1, { 'max.message.bytes': '200', 'cleanup.policy': 'compact' });
    expect(await produce(topic, ['x'.repeat(500)])).toMatchObject({ error: 10 });
    const keyless = await produce(topic, ['no key']);
    expect(keyless).toMatchObject({ error: 87, recordErrors: [{ index: 0 }] });
    const broken = batch(['x']);
    broken[broken.length - 1] = 7;
    const partitions = [{ topic, partition: 0, records: [broken] }];
    const { node } = await transport.leader({ topic, partition: 0 });
    const request = { transactionalId: null, acks: -1 as const, timeout: 10_000, partitions };
    expect((await transport.send(node, 'produce', produceV1, request)).partitions[0]?.error).toBe(2);
  });

  test('a fetch session; a topic of another id', async () => {
    const topic = await newTopic(transport);
    await produce(topic, ['a']);
    const { node, leaderEpoch } = await transport.leader({ topic, partition: 0 });
    const topicId = transport.topicId(topic) ?? '';
    const part = {
      topicId,
      partition: 0,
      currentLeaderEpoch: leaderEpoch,
      offset: 0,
      lastFetchedEpoch: -1,
      maxBytes: 9999,
    };
    const limits = { maxWait: 100, minBytes: 1, maxBytes: 9999, isolation: 'read-committed' as const, forgotten: [] };
    const opened = await transport.send(node, 'fetch', fetch, {
      ...limits,
      sessionId: 0,
      sessionEpoch: 0,
      partitions: [part],
    });
    expect(opened.error).toBe(0);
    expect(opened.sessionId).toBeGreaterThan(0);
    const { sessionId } = opened;
    const next = await transport.send(node, 'fetch', fetch, { ...limits, sessionId, sessionEpoch: 1, partitions: [] });
    expect(next.partitions).toMatchObject([{ partition: 0, error: 0 }]);
    const wrong = await transport.send(node, 'fetch', fetch, { ...limits, sessionId, sessionEpoch: 7, partitions: [] });
    expect(wrong.error).toBe(71);
    const forgotten = { ...limits, sessionId, sessionEpoch: 2, partitions: [], forgotten: [{ topicId, partition: 0 }] };
    expect(await transport.send(node, 'fetch', fetch, forgotten)).toMatchObject({ error: 0, partitions: [] });

    const other = { ...part, topicId: 'S2tra2tra2tra2tra2trag' };
    const none = await transport.send(node, 'fetch', fetch, {
      ...limits,
      sessionId: 0,
      sessionEpoch: -1,
      partitions: [other],
    });
    expect(none.partitions).toMatchObject([{ error: 100 }]);
    const stale = { ...part, currentLeaderEpoch: leaderEpoch + 1 };
    const ahead = await transport.send(node, 'fetch', fetch, {
      ...limits,
      sessionId: 0,
      sessionEpoch: -1,
      partitions: [stale],
    });
    expect(ahead.partitions).toMatchObject([{ error: 75 }]);
  });

  test('transactions, protocol 1', async () => {
    const topic = await newTopic(transport);
    const group = unique('group');
    const id = await init(unique('tx'));
    const identity = { ...id, baseSequence: 0, transactional: true };
    await firstCoordinator(group);

    expect(await produce(topic, ['not added'], identity, id.transactionalId)).toMatchObject({ error: 120 });
    await transactional(
      id.transactionalId,
      addPartitionsToTxn,
      { ...id, partitions: [{ topic, partition: 0 }] },
      first,
    );
    expect(await produce(topic, ['a', 'b'], identity, id.transactionalId)).toMatchObject({ error: 0, baseOffset: 0 });
    expect(await offsetAt(topic, LATEST)).toBe(0);
    expect(await offsetAt(topic, LATEST, 'read-uncommitted')).toBe(2);
    expect(await read(topic, 'read-uncommitted')).toEqual(['a', 'b']);

    // Who holds readers back, seen from the partition, and from the coordinator (I16).
    const producers = await askLeader(
      transport,
      { topic, partition: 0 },
      describeProducers,
      { partitions: [{ topic, partition: 0 }] },
      first,
    );
    expect(producers.partitions[0]?.producers).toEqual([{ producerId: id.producerId, epoch: id.epoch, openFrom: 0 }]);
    const node = await transport.coordinator('transaction', id.transactionalId);
    const listed = await transport.send(node, 'control', listTransactions, {
      states: ['Ongoing'],
      producerIds: [id.producerId],
    });
    expect(listed).toMatchObject({ error: 0, unknownStates: [] });
    expect(listed.transactions).toEqual([
      { transactionalId: id.transactionalId, producerId: id.producerId, state: 'Ongoing' },
    ]);
    const described = await transport.send(node, 'control', describeTransactions, {
      transactionalIds: [id.transactionalId, unique('none')],
    });
    expect(described.transactions).toMatchObject([
      { error: 0, state: 'Ongoing', epoch: id.epoch, timeout: 30_000, partitions: [{ topic, partition: 0 }] },
      { error: 105 },
    ]);

    await transactional(id.transactionalId, addOffsetsToTxn, { ...id, group }, ({ error }) => error);
    const offsets = [{ topic, partition: 0, offset: 7, leaderEpoch: -1, metadata: 'about seven' }];
    const nobody = { group, generation: -1, memberId: '', instanceId: null };
    await ask('group', group, txnOffsetCommitV1, { ...id, ...nobody, offsets }, first);
    const fetchOffset = async (requireStable: boolean) =>
      transport.send(await transport.coordinator('group', group), 'offsets', offsetFetch, {
        group,
        partitions: [{ topic, partition: 0 }],
        requireStable,
      });
    expect((await fetchOffset(true)).partitions).toMatchObject([{ error: 88, offset: -1 }]);
    expect((await fetchOffset(false)).partitions).toMatchObject([{ error: 0, offset: -1 }]);

    await transactional(id.transactionalId, endTxnV1, { ...id, commit: true }, ({ error }) => error);
    // An identical EndTxn finds that it is so already.
    await transactional(id.transactionalId, endTxnV1, { ...id, commit: true }, ({ error }) => error);
    await expect
      .poll(async () => (await fetchOffset(true)).partitions, PATIENTLY)
      .toEqual([{ topic, partition: 0, error: 0, offset: 7, leaderEpoch: -1, metadata: 'about seven' }]);
    await expect.poll(() => read(topic, 'read-committed'), PATIENTLY).toEqual(['a', 'b']);

    // A new incarnation fences: each request says so in its own way.
    const young = await init(id.transactionalId);
    expect(young).toMatchObject({ producerId: id.producerId, epoch: id.epoch + 1 });
    const kindOf = (promise: Promise<unknown>): Promise<string> =>
      promise.then(
        () => 'fine',
        (error) => error.kind,
      );
    const added = { ...id, partitions: [{ topic, partition: 0 }] };
    expect(await kindOf(transactional(id.transactionalId, addPartitionsToTxn, added, first))).toBe('fenced');
    expect(
      await kindOf(transactional(id.transactionalId, endTxnV1, { ...id, commit: true }, ({ error }) => error)),
    ).toBe('fenced');
    expect(await kindOf(init(id.transactionalId, id))).toBe('fenced');
    // And bumps its own epoch (KIP-360).
    expect((await init(id.transactionalId, young)).epoch).toBe(young.epoch + 1);
  });

  test('transactions, protocol 2 (KIP-890): aborted records are filtered', async () => {
    expect(transport.features.get('transaction.version')).toBeGreaterThanOrEqual(2);
    const topic = await newTopic(transport, 2);
    const group = unique('group');
    const member = await joined(group);
    let id = await init(unique('tx'));
    const end = async (commit: boolean): Promise<void> => {
      const next = await transactional(id.transactionalId, endTxnV2, { ...id, commit }, ({ error }) => error);
      expect(next.epoch).toBe(id.epoch + 1);
      id = { ...id, producerId: next.producerId, epoch: next.epoch };
    };
    const write = async (...values: readonly string[]): Promise<void> => {
      const identity = { ...id, baseSequence: 0, transactional: true };
      // The last transaction may still be under way.
      await expect
        .poll(async () => (await produce(topic, values, identity, id.transactionalId, produceV2)).error, PATIENTLY)
        .toBe(0);
    };
    await write('aborted');
    await end(false);
    await write('committed');
    const offsets = [{ topic, partition: 0, offset: 3, leaderEpoch: 0, metadata: '' }];
    await ask('group', group, txnOffsetCommitV2, { ...id, ...member, offsets }, first);

    // Another generation, another member (I4).
    const codeOf = async (who: object): Promise<number> => {
      const node = await transport.coordinator('group', group);
      return first(await transport.send(node, 'offsets', txnOffsetCommitV2, { ...id, ...member, ...who, offsets }));
    };
    expect(await codeOf({ generation: member.generation - 1 })).toBe(22);
    expect(await codeOf({ memberId: 'somebody' })).toBe(25);
    // Metadata that is too large fails its partition alone (I1).
    const node = await transport.coordinator('group', group);
    const both = [
      { topic, partition: 0, offset: 4, leaderEpoch: 0, metadata: '' },
      { topic, partition: 1, offset: 1, leaderEpoch: 0, metadata: 'x'.repeat(5000) },
    ];
    const mixed = await transport.send(node, 'offsets', txnOffsetCommitV2, { ...id, ...member, offsets: both });
    expect(new Map(mixed.partitions.map(({ partition, error }) => [partition, error]))).toEqual(
      new Map([
        [0, 0],
        [1, 12],
      ]),
    );
    await end(true);

    await expect.poll(() => read(topic, 'read-committed'), PATIENTLY).toEqual(['committed']);
    expect(await read(topic, 'read-uncommitted')).toEqual(['aborted', 'committed']);
    const { aborted } = await fetchFrom(topic, 0, 'read-committed');
    expect(aborted).toEqual([{ producerId: id.producerId, firstOffset: 0 }]);
    // As Java reads it.
    const lines = (await java('TopicReader', brokers.join(), topic, 'read_committed')).map((line) => JSON.parse(line));
    expect(lines).toEqual([
      {
        partition: 0,
        offset: 2,
        timestamp: 1_700_000_000_000,
        timestampType: 'CreateTime',
        key: null,
        value: Buffer.from('committed').toString('hex'),
        headers: [['h', Buffer.from('x').toString('hex')]],
      },
    ]);
  });

  describe('groups', () => {
    test('JoinGroup, SyncGroup, Heartbeat, DescribeGroups, OffsetCommit, OffsetFetch, LeaveGroup', async () => {
      const topic = await newTopic(transport);
      const group = unique('group');
      const { answer, node, ...member } = await joined(group);
      expect(answer).toMatchObject({ leader: member.memberId, skipAssignment: false });
      expect(answer.members).toEqual([{ memberId: member.memberId, instanceId: null, metadata: ABOUT_ME }]);
      expect((await transport.send(node, 'offsets', heartbeat, member)).error).toBe(0);
      const old = { ...member, generation: member.generation - 1 };
      expect((await transport.send(node, 'offsets', heartbeat, old)).error).toBe(22);

      const described = await transport.send(node, 'offsets', describeGroups, { groups: [group, unique('none')] });
      // In any order.
      const groups = described.groups.toSorted((a, b) => b.members.length - a.members.length);
      expect(groups).toMatchObject([
        {
          error: 0,
          state: 'Stable',
          protocolType: 'consumer',
          members: [{ memberId: member.memberId, instanceId: null, clientId: 'kgen' }],
        },
        { state: 'Dead', members: [] },
      ]);
      expect(groups[0]?.members[0]).toMatchObject({ metadata: ABOUT_ME, assignment: SHARE });

      const offsets = [{ topic, partition: 0, offset: 5, leaderEpoch: 3, metadata: 'm' }];
      expect(first(await transport.send(node, 'offsets', offsetCommit, { ...member, offsets }))).toBe(0);
      expect(first(await transport.send(node, 'offsets', offsetCommit, { ...old, offsets }))).toBe(22);
      const partitions = [0, 1].map((partition) => ({ topic, partition }));
      const fetched = await transport.send(node, 'offsets', offsetFetch, { group, partitions, requireStable: true });
      expect(fetched).toMatchObject({ error: 0 });
      expect(fetched.partitions).toEqual([
        { topic, partition: 0, error: 0, offset: 5, leaderEpoch: 3, metadata: 'm' },
        { topic, partition: 1, error: 0, offset: -1, leaderEpoch: -1, metadata: '' },
      ]);

      const leaving = { group, members: [{ memberId: member.memberId, instanceId: null }], reason: 'done' };
      expect(await transport.send(node, 'offsets', leaveGroup, leaving)).toMatchObject({
        error: 0,
        members: [{ error: 0 }],
      });
      expect((await transport.send(node, 'offsets', heartbeat, member)).error).toBe(25);
    });

    test('a static member takes the place of its predecessor, which is fenced', async () => {
      const group = unique('group');
      const old = await joined(group, 'instance');
      const young = await joined(group, 'instance');
      expect(young.memberId).not.toBe(old.memberId);
      expect((await transport.send(old.node, 'offsets', heartbeat, old)).error).toBe(82);
      const members = [{ memberId: '', instanceId: 'instance' }];
      expect((await transport.send(old.node, 'offsets', leaveGroup, { group, members, reason: null })).error).toBe(0);
    });
  });

  test('an unknown coordinator is looked up, and again when it was forgotten', async () => {
    const group = unique('group');
    await firstCoordinator(group);
    const [one, two] = await Promise.all([
      transport.coordinator('group', group),
      transport.coordinator('group', group),
    ]);
    expect(one).toBe(two);
    transport.forgetCoordinator('group', group);
    expect(await transport.coordinator('group', group)).toBe(one);
  });
});
