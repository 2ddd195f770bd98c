import type { AccessNeeds, MissingAccess } from './access-needs.ts';
import type { Layout } from './layout.ts';

export type { AccessNeeds, MissingAccess, TopicNeeds } from './access-needs.ts';
export type { Layout, LayoutTopic } from './layout.ts';
export { isLogError, LogError, type LogErrorKind } from './log-error.ts';

/**
 * The log as jobs see it. Behind it stands Apache Kafka, or the embedded log; nothing of either shows through.
 * Offsets are bigints at the edge where users meet them, and numbers here: they stay below 2^53.
 *
 * Every operation may fail with a {@link LogError}, whose `kind` says what to do.
 */
export interface Log {
  /** Left out where a job need not mind. */
  readonly limits?: LogLimits | undefined;
  /** Left out where records may have any size. */
  readonly sizes?: RecordSizes | undefined;
  /** What each of the log's own tools is told first: where the log is. Left out where there are none. */
  readonly tools?: string | undefined;
  /** For how long it has answered nothing; undefined while it does. Left out where it cannot be away. */
  silence?(): Silence | undefined;
  /** Topics that exist, by name; `names` left out gives all of them. A missing topic is left out of the answer. */
  topics(names?: readonly string[]): Promise<ReadonlyMap<string, TopicDescription>>;
  /**
   * What of these a job may not do, all of it as far as it can be told. Left out where everybody may do everything.
   * @throws LogError
   */
  missingAccess?(needs: AccessNeeds): Promise<readonly MissingAccess[]>;
  /** Creates topics that do not exist. @throws LogError, `fatal`, where one exists with another partition count */
  createTopics(topics: readonly TopicSpec[]): Promise<void>;
  /**
   * Deletes topics by their ids, and waits until they are gone: one that was made anew under the name of one of them stays.
   * Those that are gone already are no error.
   */
  deleteTopics(topics: readonly NamedTopic[]): Promise<void>;
  /** How a topic keeps and dates records. @throws LogError where it does not exist */
  topicSettings(topic: string): Promise<TopicSettings>;
  /** Default: committed records only. */
  source(isolation?: Isolation): Source;
  /**
   * InitProducerId: fences older producers of that id, and aborts what they left open. When `signal` is aborted, it is not
   * asked again for one, which would fence a successor: the promise rejects, unless the answer is there.
   */
  producer(
    transactionalId: string,
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<TransactionalProducer>;
  /** For what is written without transactions (I10). When `signal` is aborted it is not asked for again. */
  idempotentProducer(options?: { readonly signal?: AbortSignal | undefined }): Promise<IdempotentProducer>;
  /**
   * OffsetCommit: offsets outside of transactions. May be repeated: the last one that arrives counts. Of a member, in its
   * generation, as in a transaction (I4): `abortable` where that is over, `fenced` where it is no member any more.
   */
  commitOffsets(member: GroupMember, offsets: readonly CommittedOffset[]): Promise<void>;
  /** Transactional ids that start with `prefix` and have a transaction open. */
  openTransactions(prefix: string): Promise<readonly string[]>;
  /** Transactions that hold readers of these partitions back (I16), those first that do so from the earliest offset on. */
  undecided(partitions: readonly TopicPartition[]): Promise<readonly UndecidedTransaction[]>;
  /** Joins a group. Assignments come through the listener, perhaps before the promise is seen to resolve. */
  join(options: JoinOptions, listener: MembershipListener): Promise<Membership>;
  /** Instances that are members of a group at the moment. */
  instances(group: string): Promise<readonly string[]>;
  /**
   * OffsetFetch with require_stable: waits while a transaction over these offsets is undecided (I2).
   * Partitions of which nothing was ever committed are left out, and only those. `partitions` left out gives all that the group has
   * committed; of what was never committed before, an undecided transaction is not waited for then.
   */
  committedOffsets(group: string, partitions?: readonly TopicPartition[]): Promise<readonly CommittedOffset[]>;
  /**
   * Where the log ends of what was written under a leader epoch, or under earlier ones: a position of that epoch beyond it
   * is of records that were lost (I19). Undefined where that is not known any more. One for each position, in their order.
   */
  epochEnds(positions: readonly EpochPosition[]): Promise<readonly (number | undefined)[]>;
  /** One for each of `partitions`, in their order. */
  bounds(partitions: readonly TopicPartition[]): Promise<readonly PartitionBounds[]>;
  /**
   * The first offset whose record is of that time or a later one, undecided records among them; undefined where there is none.
   * One for each of `times`, in their order.
   */
  offsetsAt(times: readonly TimedPartition[]): Promise<readonly (number | undefined)[]>;
}

export interface Silence {
  /** In milliseconds, since something was asked that had no answer. */
  readonly lasting: number;
  /** Why, as far as it is known. */
  readonly reason: string | undefined;
}

/** How long a log has patience with a job, in milliseconds. */
export interface LogLimits {
  /** After so long it aborts a transaction that nobody ended, and fences who left it open (I7). */
  readonly transactionTimeout: number;
  /** Within so long a member gives up the tasks it is asked for, or is expelled (I6). */
  readonly rebalanceTimeout: number;
  /** Who has to have what is written outside of transactions; left out for all who keep it. */
  readonly acks?: 'all' | 1 | undefined;
}

/** How large records may be, as far as it is known by now: what is too large is to be known before others of its call are appended (I17). */
export interface RecordSizes {
  /** Where several records take no more bytes than this together, batch and headers included, each fits, whatever its topic. */
  readonly any: number;
  /** @throws LogError as `append` would, where the record is too large for its topic */
  check(record: OutgoingRecord): void;
}

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

export interface TopicDescription {
  readonly partitions: number;
  /** Another id under the same name is another topic: it was deleted and made anew (I19). */
  readonly id: string;
}

export interface NamedTopic {
  readonly name: string;
  readonly id: string;
}

export interface TopicSpec {
  readonly name: string;
  readonly partitions: number;
  readonly compacted?: boolean | undefined;
  /** Default: what the log has as its own. */
  readonly replicationFactor?: number | undefined;
  /** Settings of Kafka for this topic, such as `{ 'min.insync.replicas': '2' }`. */
  readonly settings?: { readonly [name: string]: string } | undefined;
}

export interface TopicSettings {
  /** True where the last record of each key stays, and no record is deleted for its age. */
  readonly compacted: boolean;
  /** As the log calls it: Kafka's `cleanup.policy`. */
  readonly policy: string;
  /** How long a deletion can be read at least when it is compacted, in milliseconds: Kafka's `delete.retention.ms`. */
  readonly tombstones: number;
  /** Records may be deleted when they are so old, in milliseconds: Kafka's `retention.ms`. `Infinity` for never. */
  readonly age: number;
  /** Who dates records, their producer or the broker that appends them: Kafka's `message.timestamp.type`. Undefined where nothing says. */
  readonly timestampType: 'CreateTime' | 'LogAppendTime' | undefined;
}

export interface PartitionBounds extends TopicPartition {
  /** The first offset that is still there. */
  readonly start: number;
  /** The last stable offset: readers get no further while a transaction is open there. */
  readonly stableEnd: number;
  /** The offset that the next record will have; what lies behind `stableEnd` is undecided. */
  readonly end: number;
}

export interface UndecidedTransaction extends TopicPartition {
  /** Of its first record there. */
  readonly offset: number;
  readonly producerId: number;
  /** Undefined where no coordinator knows it any more: then it does not end by itself. */
  readonly transactionalId: string | undefined;
  /** For how long its coordinator lets it be undecided, in milliseconds; undefined where that is not known. */
  readonly timeout: number | undefined;
}

export interface CommittedOffset extends TopicPartition {
  readonly offset: number;
  /** Of the records before it, or later; left out where it is not known. */
  readonly leaderEpoch?: number | undefined;
  /** At most 200 bytes. */
  readonly metadata: string;
}

export interface EpochPosition extends TopicPartition {
  readonly leaderEpoch: number;
}

export interface TimedPartition extends TopicPartition {
  /** Milliseconds since 1970. */
  readonly timestamp: number;
}

/** Records of one partition, in order. Valid until the next `poll`. */
export interface FetchedPartition extends TopicPartition {
  readonly records: RecordCursor;
  /** The position after the last of them, over control records and aborted ones as well. */
  readonly nextOffset: number;
  /** Size of the records as they lie in the log. */
  readonly bytes: number;
  /** Under which leader of the partition the last of them was written (KIP-101); -1 where there is none. */
  readonly leaderEpoch: number;
}

/** Where one record lies in a chunk of memory. */
export interface RecordPlace {
  /** Milliseconds since 1970. */
  readonly timestamp: number;
  readonly bytes: Buffer;
  /** -1 where the key is null. */
  readonly keyStart: number;
  readonly keyEnd: number;
  /** -1 where the value is null. */
  readonly valueStart: number;
  readonly valueEnd: number;
}

export type RecordHeaders = readonly (readonly [name: string, value: Uint8Array | null])[];

/** Walks records in place. Its fields are those of the current record, until `next` is called again. */
export interface RecordCursor extends RecordPlace {
  next(): boolean;
  readonly offset: number;
  /** True where the broker's clock gave the timestamp (`LogAppendTime`), false where its producer did. */
  readonly isAppendTime: boolean;
  /** Under which leader of the partition it was written (KIP-101); -1 where there is none. */
  readonly leaderEpoch: number;
  headers(): RecordHeaders;
}

export interface SourcePosition extends TopicPartition {
  readonly offset: number;
  /** Of the topic that the position is of (I19). Left out, it is of the one that has its name when it is first read. */
  readonly id?: string | undefined;
}

/**
 * Which records a source gives: those of committed transactions, no further than to the first undecided one; or all, also those
 * of transactions that are undecided, or were aborted. Records outside of transactions are in both.
 */
export type Isolation = 'read_committed' | 'read_uncommitted';

export interface Source {
  /** Adds partitions, or moves the position of those that are assigned already. */
  assign(partitions: readonly SourcePosition[]): void;
  unassign(partitions: readonly TopicPartition[]): void;
  pause(partition: TopicPartition): void;
  resume(partition: TopicPartition): void;
  /**
   * The next records of partitions that are not paused, in bounded amount for each; an empty list when `maxWaitMs` passed
   * without any, or on `wake`. A partition without records is among them where its position moved over others' leavings.
   * @throws LogError; `RecordsLostError` where a partition has no record at its position, and will have none. Again on each
   * call, until that partition is assigned anew, unassigned or paused
   */
  poll(maxWaitMs: number): Promise<readonly FetchedPartition[]>;
  /** A `poll` under way returns at once. */
  wake(): void;
  close(): void;
}

/**
 * Transactions of one transactional id, one after another. The first `append` or `commitOffsets` begins one.
 *
 * While one is being ended the next one may be filled: `seal` divides them. Nothing of the next one reaches the log before the
 * commit of the sealed one has succeeded (I14, I15).
 */
export interface TransactionalProducer {
  /** This incarnation; an older one is fenced. */
  readonly producerId: number;
  readonly epoch: number;
  /**
   * Appends to the partition's open record batch. Record and bytes are the caller's again when it returns. After `seal` it is
   * kept in bounded memory, for the next transaction.
   * Returns a promise only under back-pressure: no more is to be appended before it settled. It settles without an error.
   * @throws LogError, the first asynchronous error of the transaction under way, sealed or not
   */
  append(record: OutgoingRecord): Promise<void> | undefined;
  /**
   * Closes the transaction under way: what is appended from now on belongs to the next one. `commitOffsets` and `commit` are
   * of the closed one, `abort` of both. Does nothing where one is closed already.
   */
  seal(): void;
  /**
   * Keeps what is appended in bounded memory until `release`: another producer has yet to write what is to lie before it in its
   * partitions (I15). To be called where no transaction is under way. `abort` ends it as well.
   */
  hold(): void;
  /** Sends what was kept. Without `hold`, nothing. */
  release(): void;
  /** Resolves when all that was appended, up to a `seal`, is in the log. @throws LogError, as `commitOffsets` */
  flush(): Promise<void>;
  /** TxnOffsetCommit (KIP-447): the offsets become part of the transaction. */
  commitOffsets(member: GroupMember, offsets: readonly CommittedOffset[]): Promise<void>;
  /**
   * Seals, awaits what was appended, then EndTxn(commit). Without a transaction, nothing. One at a time.
   *
   * It has happened where this resolves. Otherwise the error's kind says what is known:
   * - `retriable`: EndTxn was certainly not applied; the same commit may be called again.
   * - `abortable`: EndTxn(commit) was never written, since something of the transaction had failed before: it is open, can only
   *   be aborted, and what it held may be done again from memory (I5).
   * - `fenced`, `fatal`: the incarnation is over. It may have happened.
   * - `unknown-outcome`: it may have happened, or still happen; nothing may follow under this epoch (I14).
   * @throws LogError
   */
  commit(): Promise<void>;
  /** Ends the transaction under way without its records, and forgets those of the next one. */
  abort(): Promise<void>;
  /** Ends the incarnation without touching its transaction. */
  close(): void;
}

/**
 * Writes outside of transactions: what is appended is sent soon, and counts as soon as it is there. It is sent again where an
 * answer is missing, and is there once then, in order, as long as no error is thrown.
 */
export interface IdempotentProducer {
  readonly producerId: number;
  readonly epoch: number;
  /** As {@link TransactionalProducer.append}. @throws LogError, `abortable` or `fatal`, of anything appended before; until `reset` */
  append(record: OutgoingRecord): Promise<void> | undefined;
  /** Resolves when all that was appended until now is in the log; what is appended meanwhile is not awaited. @throws LogError */
  flush(): Promise<void>;
  /**
   * After an error: forgets what is not known to be in the log, of which some may be there, or still come. It may be appended
   * again then. Without an error, nothing.
   */
  reset(): Promise<void>;
  /** What was not flushed may be lost. */
  close(): void;
}

export interface OutgoingRecord extends RecordPlace, TopicPartition {
  readonly headers: RecordHeaders;
}

/** Who commits: the coordinator refuses a member of an older generation. */
export interface GroupMember {
  readonly group: string;
  readonly memberId: string;
  readonly generation: number;
}

export interface JoinOptions {
  readonly group: string;
  /** Name of this instance. */
  readonly instance: string;
  /** True where the name was configured: a member of that name takes the place of its predecessor at once. */
  readonly static: boolean;
  /** Of the run that this is an incarnation of; only used where the name was configured. Left out, the member is a newcomer. */
  readonly seat?: Seat | undefined;
  /** What this instance would read, as far as it knows. The group follows what all of its members know. */
  readonly layout: Layout;
  /**
   * Aborted, it ends the member as a crash would, also while it joins: nothing more is said to the group or to the listener,
   * and what the group answers is not heard. A `join` under way resolves with a membership that is over.
   */
  readonly signal?: AbortSignal | undefined;
}

/**
 * How a group knows a member, handed from each incarnation of a run to the next, and written by the log alone. By it the group
 * tells who comes again, and may have been replaced meanwhile, from who is new and takes the name over (KIP-345).
 */
export interface Seat {
  /** Empty for a newcomer. */
  memberId: string;
  /** -1 before its first assignment. */
  generation: number;
  /** What it subscribed to in that generation. */
  subscription: string;
}

/** Of a run that has not joined yet. */
export function newSeat(): Seat {
  return { memberId: '', generation: -1, subscription: '' };
}

/** Called one at a time. */
export interface MembershipListener {
  /**
   * Asks for tasks back, perhaps none; heartbeats go on meanwhile. When it resolves, the member rejoins:
   * it has given the tasks up, and commits no offsets before `assigned` (I4, I6).
   */
  revoked(tasks: readonly number[]): Promise<void>;
  /**
   * Tasks that are new, perhaps none, in a new generation, and the layout that all its members follow from now on. Where the
   * layout has topics or partitions that this instance does not know, it gets no tasks until it does.
   */
  assigned(tasks: readonly number[], layout: Layout): void;
  /** It is no member any more: its tasks are others' already. `cause` is what the group said, or why it was not understood. */
  lost(why: LossReason, cause?: unknown): void;
}

/**
 * - `expelled`: it did not answer in time; it may join anew.
 * - `replaced`: another of its name has joined, and is to stay.
 */
export type LossReason = 'expelled' | 'replaced';

export interface Membership {
  /** The member in its present generation. */
  member(): GroupMember;
  /** It has found other topics or partitions than it joined with: it rejoins, and tells the group. */
  know(layout: Layout): void;
  /** `leave`: others get the tasks now; else when the session times out, or a static member of that name is back. */
  end(how: { readonly leave: boolean }): Promise<void>;
}
