import type { Duration, ErrorPolicies } from '@kgen/runtime';
import type { RegistryTls } from '@kgen/runtime/registry';
import type { TypeMapping } from '@kgen/runtime/schema';
import type { PositionConfig } from './position-config.ts';
import type { CreateTopicsConfig, KafkaConfig, RestartConfig } from './runtime-config.ts';

export type { Duration } from '@kgen/runtime';
export type * from './position-config.ts';
export type * from './runtime-config.ts';

/**
 * What kgen generates, from what. All paths are relative to the config's folder.
 *
 * ```ts
 * export default defineConfig({
 *   schemas: ['schemas/*.avsc'],
 *   out: 'src/generated',
 *   topics: { flights: { key: 'utf8', value: 'us.bts.Flight', keyFrom: 'origin' } },
 * });
 * ```
 */
export interface Config<T extends string = string> {
  /** Globs of `.avsc`, `.avpr` and `.avdl` files. Needed where there is no `registry`. */
  readonly schemas?: readonly string[] | undefined;
  /** A Schema Registry to take schemas from: `kgen pull` reads it, everything else goes by what was pulled. */
  readonly registry?: RegistryConfig | undefined;
  /** Where generated code goes. Everything in it that carries the `@generated` mark belongs to kgen. */
  readonly out: string;
  /** Where job skeletons are written, once. Default `src/jobs`. */
  readonly jobsDir?: string | undefined;
  /** How Avro types become TypeScript types. */
  readonly types?: TypeMapping | undefined;
  /** Kafka topics by identifier. */
  readonly topics?: { readonly [Id in T]: TopicConfig } | undefined;
  /** Stream jobs by name (kebab-case). */
  readonly jobs?: { readonly [name: string]: JobConfig<NoInfer<T>> } | undefined;
  /** How `kgen run` reaches Kafka. */
  readonly kafka?: KafkaConfig | undefined;
  /** How generated files import each other; `auto` reads the nearest tsconfig. Default `auto`. */
  readonly importExtension?: 'auto' | '.ts' | '.js' | 'none' | undefined;
  /** A folder with Handlebars templates of your own; those it lacks are kgen's. */
  readonly templates?: string | undefined;
}

/** Secrets belong into the environment: `process.env['REGISTRY_PASSWORD']`. They are in no file that kgen writes. */
export interface RegistryConfig {
  /** Base URL; several of one cluster are tried in turn. Needed only by what talks to the registry. */
  readonly url?: string | readonly string[] | undefined;
  /** Subjects by name or pattern. What they refer to comes with them. */
  readonly subjects: readonly (string | RegExp)[];
  /** Default `all`: older versions may still lie in topics. */
  readonly versions?: 'all' | 'latest' | undefined;
  /** How subjects are named after topics and types. Default `topic`. */
  readonly subjectNames?:
    | SubjectNames
    | { readonly key?: SubjectNames | undefined; readonly value?: SubjectNames | undefined }
    | undefined;
  /** HTTP's basic authentication, or a bearer token. Left out where all of it is undefined. */
  readonly auth?:
    | { readonly username: string | undefined; readonly password: string | undefined }
    | { readonly token: string | undefined }
    | undefined;
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Certificates and key as PEM text. */
  readonly tls?: RegistryTls | undefined;
  /** For one request. Default 5 seconds. */
  readonly timeout?: Duration | undefined;
  /** How often a request is repeated that got no answer, or one that says to try later. Default 4. Each of several URLs is asked at least once. */
  readonly retries?: number | undefined;
  /** What a job that `kgen run` runs does with an id which was not pulled. Default `fetch`: it asks the registry. */
  readonly unknownSchema?: 'fetch' | 'fail' | undefined;
  /** Whether such a job registers schemas of its outputs that the registry does not have. Default false. */
  readonly autoRegister?: boolean | undefined;
}

/**
 * Confluent's strategies: `orders-value`, `shop.Order`, `orders-shop.Order`. Or a function of yours, which gives the subject.
 */
export type SubjectNames = 'topic' | 'record' | 'topic-record' | ((of: SubjectOf) => string);

/** What a subject is for. */
export interface SubjectOf {
  /** Kafka's name of the topic. */
  readonly topic: string;
  readonly part: 'key' | 'value';
  /** Full name of the type. */
  readonly type: string;
}

/** Formats of a key or a value that need no schema. */
export type PlainFormat = 'utf8' | 'bytes' | 'int32' | 'int64' | 'float64' | 'json';
/** Formats of a value of an Avro type. */
export type AvroFormat = 'confluent' | 'avro' | 'single-object' | 'json';

/**
 * A plain format, or the full name of an Avro type (in format `avro`), or both at length.
 * `json` alone is any JSON value; with a type it is plain JSON checked against the schema.
 */
export type FormatConfig = PlainFormat | (string & {}) | OwnFormatConfig | TypedFormatConfig;

/** How values of Avro types lie in records. */
export interface TypedFormatConfig {
  /**
   * Full name, or several: the value is then `{ branch, value }` where they cannot be told apart.
   * Default, in format `confluent`: what the subject's newest version says.
   */
  readonly type?: string | readonly string[] | undefined;
  readonly format?: AvroFormat | undefined;
  /**
   * `confluent` without a registry: the id written; or an object with the id of each type, and of older writers'
   * schemas by their files: `{ 'shop.Order': 7, 'schemas/history/order-1.avsc': 3 }`.
   */
  readonly id?: number | { readonly [typeOrFile: string]: number } | undefined;
  /** `confluent`: the subject in the registry. Default: what the registry's `subjectNames` say. */
  readonly subject?: string | undefined;
  /** `single-object`: files with older writers' schemas. */
  readonly writers?: readonly string[] | undefined;
}

/** A format of yours: an export of the type `Format<Value>`, whose values then are the topic's. `from` is relative to the config. */
export interface OwnFormatConfig {
  readonly import: string;
  readonly from: string;
}

export interface TopicConfig {
  /** Kafka's name, or several names. Default: the identifier. */
  readonly name?: string | readonly string[] | undefined;
  /** A regular expression over Kafka's names, anchored at both ends. Instead of `name`. */
  readonly pattern?: string | undefined;
  /** Default: the plain format that fits the field of `keyFrom`; `bytes` where there is none. */
  readonly key?: FormatConfig | undefined;
  readonly value: FormatConfig;
  /** The field of the value that is its key; `a.b` reaches into records. Where it is null, so is the key. */
  readonly keyFrom?: string | undefined;
  /** The field of the value that is its event time: a timestamp type, or a long in milliseconds since 1970. */
  readonly timestampFrom?: string | undefined;
  /**
   * Whether records may have no value, which deletes what their key stood for: handlers of the topic then get null as well, and
   * tombstones can be emitted to it. Default false: a record without a value fails. Tables take them in any case.
   */
  readonly tombstones?: boolean | undefined;
  /**
   * Which time jobs write records with. `event`, the default: event time. `broker`: that of writing, by the machine's clock, or by the
   * broker's where Kafka's topic has `message.timestamp.type=LogAppendTime`.
   */
  readonly timestamps?: 'event' | 'broker' | undefined;
  /** Default `murmur2`: what Java's producer does. */
  readonly partitioner?: PartitionerConfig | undefined;
}

export type PartitionerConfig =
  /** Murmur2 of the encoded key; round-robin where the key is null. */
  | 'murmur2'
  | 'round-robin'
  /** One partition until a batch of it is full or sent; then the next (KIP-480). */
  | 'sticky'
  /** Each task writes one partition: its own number, modulo the topic's partitions. */
  | 'fixed'
  /** Murmur2 of one encoded field of the value. */
  | { readonly field: string }
  /** A function of yours with the type `Partitioner<Value>`; `from` is relative to the config. */
  | { readonly import: string; readonly from: string };

export interface CheckpointConfig {
  /** From one checkpoint to the next. Default `'1 s'`. */
  readonly interval?: Duration | undefined;
  /** How many may be under way at once, from 1 to 10, with guarantee `exactly-once`. Default 1. */
  readonly concurrent?: number | undefined;
}

export interface JobConfig<T extends string = string> extends PositionConfig {
  readonly inputs: { readonly [Id in T]?: InputConfig | undefined };
  readonly outputs?: readonly T[] | undefined;
  /** Keyed state by name. */
  readonly state?: { readonly [name: string]: StateConfig } | undefined;
  /** Names of timers: each may be set once for each key, by event time or by the clock. */
  readonly timers?: readonly string[] | undefined;
  /**
   * What a failure may do to outputs. `exactly-once`, the default: nothing. `at-least-once`: they are seen at once, and some may
   * come again. `none`: some may also be lost. State is exact in any case.
   */
  readonly guarantee?: 'exactly-once' | 'at-least-once' | 'none' | undefined;
  /** False: offsets are kept in the job's own checkpoint records alone; not with `exactly-once`. Default true. */
  readonly commitOffsets?: boolean | undefined;
  /** How often offsets are committed by a job that makes no checkpoints: of guarantee `none`, without state. Default `'5 s'`. */
  readonly autoCommitInterval?: Duration | undefined;
  readonly checkpoint?: CheckpointConfig | undefined;
  /** How many asynchronous handlers may run at once in a task, each of another key. Default 1. */
  readonly concurrency?: number | undefined;
  /** How long a handler may take. Default `'30 s'`, or half of the log's shortest time-out. */
  readonly handlerTimeout?: Duration | undefined;
  /** How often inputs look for new topics that match their pattern and for new partitions; false for never. Default `'30 s'`. */
  readonly discovery?: Duration | false | undefined;
  /** How topics of its inputs and outputs are created that do not exist. Default: `kafka.createTopics`, else they are not. */
  readonly createTopics?: CreateTopicsConfig | undefined;
  /** What follows when the log or a handler fails. Default `{ strategy: 'exponential' }`. */
  readonly restart?: RestartConfig | undefined;
  /**
   * What becomes of records that fail, by where they do: `'fail'`, the default, `'skip'`, or `{ deadLetter }` with Kafka's name of a
   * topic. The job's handlers may decide record by record, by an `onError` of their own.
   */
  readonly onError?: ErrorPolicies | undefined;
}

export interface InputConfig extends PositionConfig {
  /** Default `stream`: a handler is called for each record. */
  readonly as?: 'stream' | 'table' | 'global-table' | undefined;
  /** Reads these fields only; the decoder skips the rest. */
  readonly fields?: readonly string[] | undefined;
  /** How far timestamps may lie behind the newest one seen. Default 0. */
  readonly outOfOrderness?: Duration | undefined;
  /** A partition without records stops holding back event time after this long. Default 1 minute. */
  readonly idleAfter?: Duration | undefined;
  /** How often it looks for new topics that match its pattern and for new partitions; false for never. Default: as the job. */
  readonly discovery?: Duration | false | undefined;
}

/** An Avro type: a full name, or a primitive's name. */
export type StateConfig = string | { readonly list: string } | { readonly map: string; readonly key: string };

/** Types a config: the compiler then checks that jobs name topics that exist. */
export function defineConfig<const T extends string>(config: Config<T>): Config<T> {
  return config;
}
