import type { RawRecord } from '../../format/topic.ts';
import { type Clock, systemClock } from '../../time/clock.ts';
import { type CommittedOffset, type Log, LogError, type RecordSizes, type TopicPartition } from '../port.ts';
import { checkRecordSize } from '../record-batch/record-size.ts';
import { Coordinator } from './coordinator.ts';
import { Group } from './group.ts';
import type { MemoryHooks } from './hooks.ts';
import { MemoryIdempotentProducer } from './idempotent-producer.ts';
import type { Partition } from './partition.ts';
import { produceAll } from './produce.ts';
import type { ProducedRecord } from './produced-record.ts';
import { MemoryProducer } from './producer.ts';
import { rawRecords } from './raw-records.ts';
import { MemorySource } from './source.ts';
import { Store } from './store.ts';

export interface MemoryLogOptions {
  /** Topics to begin with, and their partition counts. */
  readonly topics?: { readonly [name: string]: number } | undefined;
  /** Times poll and group, and dates records that have no timestamp. Default: the machine's. */
  readonly clock?: Clock | undefined;
  /** How long a killed instance keeps its tasks, in milliseconds. Default 0: others get them at once. */
  readonly sessionTimeout?: number | undefined;
  /** How long an instance may take to give tasks up, in milliseconds. Default 60,000. */
  readonly rebalanceTimeout?: number | undefined;
  /** How large the batch of one record may become, in bytes: Kafka's `max.message.bytes`, of all topics. Default: any size. */
  readonly maxMessageBytes?: number | undefined;
  /** After how many milliseconds a transaction is aborted that nobody ended, and its producer fenced. Default 60,000. */
  readonly transactionTimeout?: number | undefined;
}

/** A log inside this process: topics, transactions, groups and offsets as Kafka has them, kept in memory. */
export interface MemoryLog extends Log {
  /** Creates topics that do not exist. @throws LogError where one exists with another partition count */
  createTopic(name: string, partitions: number): void;
  /** Gives a topic more partitions, up to so many. @throws LogError where it has as many, or does not exist */
  addPartitions(topic: string, partitions: number): void;
  /** Writes records, outside of any transaction. Bytes are copied. @throws LogError where a topic does not exist */
  produce(records: Iterable<ProducedRecord>): void;
  /** Leaves the last record of each key in a compacted topic, as Kafka does in its own time. It happens by itself as well, now and then. */
  compact(topic: string): void;
  /** Deletes what lies before an offset, as retention does in Kafka. @throws LogError where there is no such partition */
  deleteRecords(partition: TopicPartition, before: bigint | number): void;
  /** Deletes a topic, and what groups have committed of it. @throws LogError where it does not exist */
  deleteTopic(name: string): void;
  /** All committed records of a topic: partition by partition, in order. @throws LogError where it does not exist */
  records(topic: string): IterableIterator<RawRecord>;
}

/**
 * A log for tests, demos and development: jobs run on it as they do on Kafka.
 * @example
 * const log = memoryLog({ topics: { flights: 4, delays: 4 } });
 * log.produce([flights.serializeValue(flight)]);
 * await run(job, { log, until: 'latest' });
 * for (const record of log.records('delays')) console.log(delays.deserialize(record).value);
 */
export function memoryLog(options: MemoryLogOptions = {}): MemoryLog {
  return memoryLogWith(options, {});
}

/** A log that a test interferes with, or looks into. */
export interface HookedMemoryLog extends MemoryLog {
  /** @throws LogError where the topic does not exist */
  partitions(topic: string): readonly Partition[];
  /** OffsetFetch without require_stable: what is committed, whatever is undecided. */
  materialisedOffsets(group: string, partitions: readonly TopicPartition[]): readonly CommittedOffset[];
}

export function memoryLogWith(options: MemoryLogOptions, hooks: MemoryHooks): HookedMemoryLog {
  const clock = options.clock ?? systemClock;
  const timeouts = { session: options.sessionTimeout ?? 0, rebalance: options.rebalanceTimeout ?? 60_000 };
  const { maxMessageBytes } = options;
  const sizes: RecordSizes | undefined =
    maxMessageBytes === undefined
      ? undefined
      : { any: maxMessageBytes, check: (record) => checkRecordSize(record, maxMessageBytes) };
  const store = new Store(() => clock.now(), sizes);
  const groups = new Map<string, Group>();
  const transactionTimeout = options.transactionTimeout ?? 60_000;
  const coordinator = new Coordinator(store, groups, { clock, transactionTimeout }, hooks);
  const sent = new Map<string, number>();
  for (const [name, partitions] of Object.entries(options.topics ?? {})) store.create({ name, partitions });

  return {
    sizes,
    topics: async (names) => store.describe(names),
    createTopics: async (topics) => {
      for (const topic of topics) store.create(topic);
    },
    deleteTopics: async (topics) => {
      for (const { name, id } of topics) {
        if (store.describe([name]).get(name)?.id !== id) continue;
        store.delete(name);
        coordinator.forget(name);
      }
    },
    topicSettings: async (topic) => store.settings(topic),
    source: (isolation) => new MemorySource(store, coordinator, clock, { partitionBytes: hooks.fetchBytes, isolation }),
    producer: async (transactionalId, { signal } = {}) => {
      if (signal?.aborted === true)
        throw new LogError('fatal', `nobody waits for a producer of ${transactionalId} any more`);
      return new MemoryProducer(store, coordinator, transactionalId);
    },
    idempotentProducer: async ({ signal } = {}) => {
      if (signal?.aborted === true) throw new LogError('fatal', 'nobody waits for a producer any more');
      return new MemoryIdempotentProducer(store, coordinator.newProducerId());
    },
    commitOffsets: async (member, offsets) => coordinator.commitOffsets(member, offsets),
    openTransactions: async (prefix) => coordinator.openTransactions(prefix),
    epochEnds: async (positions) => positions.map((position) => store.partition(position).end),
    undecided: async (partitions) => {
      coordinator.timeOut();
      return partitions
        .flatMap((each) => store.partition(each).undecided(transactionTimeout))
        .sort((a, b) => a.offset - b.offset);
    },
    join: async (join, listener) => {
      let group = groups.get(join.group);
      if (group === undefined) {
        group = new Group(join.group, clock, timeouts);
        groups.set(join.group, group);
      }
      return group.join(join, listener);
    },
    instances: async (group) => groups.get(group)?.instances() ?? [],
    committedOffsets: (group, partitions) => decidedOffsets({ store, coordinator, clock }, group, partitions),
    bounds: async (partitions) => {
      coordinator.timeOut();
      return partitions.map(({ topic, partition }) => {
        const { start, stableEnd, end } = store.partition({ topic, partition });
        return { topic, partition, start, stableEnd, end };
      });
    },
    offsetsAt: async (times) => times.map((time) => store.partition(time).offsetAt(time.timestamp)),
    createTopic: (name, partitions) => store.create({ name, partitions }),
    produce: (records) => produceAll(store, clock, sent, records),
    compact: (topic) => {
      for (const partition of store.topic(topic)) partition.compact();
    },
    deleteRecords: (partition, before) => {
      store.partition(partition).deleteRecords(Number(before));
      store.changed();
    },
    addPartitions: (name, partitions) => store.grow(name, partitions),
    deleteTopic: (name) => {
      store.delete(name);
      coordinator.forget(name);
    },
    records: (topic) => rawRecords(store.topic(topic)),
    partitions: (topic) => store.topic(topic),
    materialisedOffsets: (group, partitions) => coordinator.materialised(group, partitions),
  };
}

async function decidedOffsets(
  { store, coordinator, clock }: { readonly store: Store; readonly coordinator: Coordinator; readonly clock: Clock },
  group: string,
  partitions: readonly TopicPartition[] | undefined,
): Promise<readonly CommittedOffset[]> {
  for (;;) {
    const offsets = coordinator.committed(group, partitions);
    if (offsets !== undefined) return offsets;
    await store.change(clock, coordinator.untilTimeOut);
  }
}
