import type { Isolation } from '../../log/port.ts';

// Where inputs begin, go on, and end, as options say it.

/** A moment: milliseconds since 1970, or a date. */
export type Moment = Date | number | bigint;

/** Offsets by topic, as Kafka calls it or as the config does, and by partition: `{ flights: { 0: 23n } }`. */
export interface TopicOffsets {
  readonly [topic: string]: { readonly [partition: number]: bigint | number };
}

/** What to do with a partition of which the group has committed nothing. */
export type WithoutOffset = 'earliest' | 'latest' | 'fail';

/**
 * Where an input begins of which the job has no checkpoint yet.
 * - `'earliest'`: with the first record there is; `'latest'`: with those to come.
 * - `'group'`: where another consumer of the job's group has come to; without an offset of it, the job fails.
 *   `{ group }` says what else to do then.
 * - `{ timestamp }`: with the first record of that time or later.
 * - `{ offsets }`: with these records; partitions that are not named go by `group`.
 */
export type StartFrom =
  | 'earliest'
  | 'latest'
  | 'group'
  | { readonly group: WithoutOffset }
  | { readonly timestamp: Moment }
  | { readonly offsets: TopicOffsets; readonly group?: WithoutOffset | undefined };

/** {@link StartFrom}, to be followed from the first part on that says something of a partition. */
export interface StartRule {
  /** By topic and partition, as `partitionKey` has them. */
  readonly offsets: ReadonlyMap<string, number>;
  /** True where offsets count that others have committed under the job's group. */
  readonly group: boolean;
  /** A number is a time, in milliseconds since 1970. */
  readonly otherwise: WithoutOffset | number;
  /** False where nothing was said, and this is the default. */
  readonly isTold: boolean;
}

/**
 * What follows where the records at a position are lost: deleted before they were read, or gone since.
 * - `fail`: the job ends.
 * - `earliest`: it goes on with the first record that it has not read, of those that are there.
 * - `latest`: it goes on with those to come.
 */
export type OnOutOfRange = 'fail' | 'earliest' | 'latest';

/**
 * Where a bounded run ends.
 * - `'latest'`: with what the inputs hold when the run begins. Transactions that are open then are waited for: they may have been
 *   committed already, as their producer sees it.
 * - `{ timestamp }`: before the first record of that time or later; where there is none yet, as `'latest'`.
 * - `{ offsets }`: before these records, which are to be named of every partition.
 */
export type Until = 'latest' | { readonly timestamp: Moment } | { readonly offsets: TopicOffsets };

/** What a run may say of all inputs, or of one. */
export interface PositionOptions {
  /** Where inputs begin of which there is no checkpoint yet. Default: as declared, else `'earliest'`. */
  readonly startFrom?: StartFrom | undefined;
  /** What follows where records are lost that were to be read. Default: as declared, else `'fail'`. */
  readonly onOutOfRange?: OnOutOfRange | undefined;
  /** Which records are read: `'read_uncommitted'` for all, also of transactions that are undecided or aborted. Default: as declared, else `'read_committed'`. */
  readonly isolation?: Isolation | undefined;
}

export interface RunPositions extends PositionOptions {
  readonly inputs?: { readonly [name: string]: PositionOptions | undefined } | undefined;
}
