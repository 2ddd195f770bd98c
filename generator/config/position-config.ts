/** Offsets by topic, as its `name` is, and by partition: `{ flights: { 0: 23n } }`. */
export interface TopicOffsetsConfig {
  readonly [topic: string]: { readonly [partition: number]: bigint | number };
}

type WithoutOffset = 'earliest' | 'latest' | 'fail';

/**
 * Where an input begins of which the job has no checkpoint yet.
 * - `'earliest'`: with the first record there is; `'latest'`: with those to come.
 * - `'group'`: where another consumer of the job's group has come to; `{ group }` says what else to do without an offset of it.
 * - `{ timestamp }`: with the first record of that time or later. Milliseconds since 1970, or ISO 8601 with a zone.
 * - `{ offsets }`: with these records; partitions that are not named go by `group`.
 */
export type StartFromConfig =
  | 'earliest'
  | 'latest'
  | 'group'
  | { readonly group: WithoutOffset }
  | { readonly timestamp: Date | number | string }
  | { readonly offsets: TopicOffsetsConfig; readonly group?: WithoutOffset | undefined };

/** Of one input, or of all of a job's. */
export interface PositionConfig {
  /** Where it begins of which there is no checkpoint yet. Default `earliest`. */
  readonly startFrom?: StartFromConfig | undefined;
  /** What follows where records are lost that were to be read. Default `fail`. */
  readonly onOutOfRange?: 'fail' | 'earliest' | 'latest' | undefined;
  /** Which records are read: `read_uncommitted` for all, also of transactions that are undecided or aborted. Default `read_committed`. */
  readonly isolation?: 'read_committed' | 'read_uncommitted' | undefined;
}
