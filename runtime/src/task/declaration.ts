import type { Codec } from '../codec/codec.ts';
import type { Format } from '../format/format.ts';
import type { AnyTopic } from '../format/topic.ts';
import type { Isolation } from '../log/port.ts';
import type { ErrorPolicies } from './errors/policy.ts';
import type { CreateTopics } from './guards/topics-to-create.ts';
import type { OnOutOfRange, StartFrom } from './positions/positions.ts';
import type { RestartStrategy } from './restart-strategy.ts';

/** What a failure may do to outputs: nothing; let them come again; or also lose them. State is exact in any case (I10). */
export type Guarantee = 'exactly-once' | 'at-least-once' | 'none';

/** What a job reads, writes and remembers, as generated from the config. */
export interface JobDeclaration {
  readonly name: string;
  /**
   * Format of the key that all inputs share; state is keyed by its encoding (I18). Where keys are Avro in Confluent's
   * format this is bare Avro: a schema id would make two keys of one.
   */
  readonly key: Format<unknown>;
  readonly inputs: { readonly [name: string]: InputDeclaration };
  readonly outputs: { readonly [name: string]: AnyTopic };
  readonly state: { readonly [name: string]: StateDeclaration };
  /** Names of its timers. */
  readonly timers?: readonly string[] | undefined;
  /** What outputs are promised at the least. State is exact whatever it says (I10). */
  readonly guarantee: Guarantee;
  /** False: offsets are kept in the job's own checkpoint records alone. Default true. */
  readonly commitOffsets?: boolean | undefined;
  /** In milliseconds, start to start. */
  readonly checkpointInterval: number;
  /** How many checkpoints may be under way at once, with guarantee exactly-once. Default 1. */
  readonly concurrentCheckpoints?: number | undefined;
  /** In milliseconds: how often offsets are committed by a job that makes no checkpoints. Default 5,000. */
  readonly autoCommitInterval?: number | undefined;
  /** How many asynchronous handlers may run at once in a task, each of another key. Default 1. */
  readonly concurrency?: number | undefined;
  /** How long a handler may take, in milliseconds. Default 30,000, or half of the log's shortest time-out. */
  readonly handlerTimeout?: number | undefined;
  /** Where its inputs begin of which there is no checkpoint yet. Default `'earliest'`. */
  readonly startFrom?: StartFrom | undefined;
  /** What follows where records of its inputs are lost. Default `'fail'`. */
  readonly onOutOfRange?: OnOutOfRange | undefined;
  /** Default: read_committed. */
  readonly isolation?: Isolation | undefined;
  /** How often inputs look for new topics and partitions, in milliseconds, or not at all. Default {@link DISCOVERY}. */
  readonly discovery?: number | false | undefined;
  /** How its topics are created that do not exist. Default: they are not. */
  readonly createTopics?: CreateTopics | undefined;
  /** Default: exponential, with its defaults. */
  readonly restart?: RestartStrategy | undefined;
  /** What becomes of records that fail. Default: each fails the job. */
  readonly onError?: ErrorPolicies | undefined;
}

export interface InputDeclaration {
  readonly topic: AnyTopic;
  readonly as: 'stream' | 'table' | 'global-table';
  /** Reads values instead of the topic's own format: an input narrowed by `fields`. What the topic's `timestampFrom` reads is among them. */
  readonly value?: Format<unknown> | undefined;
  /** Bare format of a global table's key, where that is not the job's key. */
  readonly key?: Format<unknown> | undefined;
  /** How far timestamps may lie behind the newest one seen, in milliseconds. */
  readonly outOfOrderness: number;
  /** Where it begins of which there is no checkpoint yet. Default: the job's. */
  readonly startFrom?: StartFrom | undefined;
  /** What follows where its records are lost. Default: the job's. */
  readonly onOutOfRange?: OnOutOfRange | undefined;
  /** Default: read_committed. */
  readonly isolation?: Isolation | undefined;
  /** A partition without records stops holding back others after so many milliseconds. Default {@link IDLE_AFTER}. */
  readonly idleAfter?: number | undefined;
  /** How often it looks for new topics and partitions, in milliseconds, or not at all. Default: as the job does. */
  readonly discovery?: number | false | undefined;
}

/** In milliseconds. */
export const DISCOVERY = 30_000;

/** In milliseconds. */
export const IDLE_AFTER = 60_000;

export type StateDeclaration =
  | { readonly kind: 'value'; readonly value: Codec<unknown> }
  | { readonly kind: 'list'; readonly value: Codec<unknown> }
  | { readonly kind: 'map'; readonly key: Codec<unknown>; readonly value: Codec<unknown> };
