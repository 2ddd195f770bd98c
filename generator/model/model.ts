import type { ErrorPolicies, JobDeclaration, OnOutOfRange, RestartStrategy, StartFrom } from '@kgen/runtime';
import type { AvroType, NamedType, TypeMapping } from '@kgen/runtime/schema';

/**
 * What will be written, as plain data: all names are settled here, before anything is printed.
 * Paths are relative to `out` and end in `.ts`.
 */
export interface Model {
  readonly types: readonly TypeModel[];
  readonly topics: readonly TopicModel[];
  readonly jobs: readonly JobModel[];
  readonly mapping: TypeMapping;
}

/** One generated type file: a named type, or the unnamed root of a schema file. */
export interface TypeModel {
  /** Avro full name; of an unnamed root, the file's base name. The key in `codecs`. */
  readonly fullName: string;
  readonly type: AvroType;
  /** The TypeScript name, unique within its namespace: `Flight`. */
  readonly identifier: string;
  /** `types/us/bts/flight.ts`; unique ignoring case. */
  readonly path: string;
  /** The file it was read from, relative to the config. */
  readonly source: string;
}

export interface TopicModel {
  /** A valid identifier: the key in the config's `topics`. */
  readonly id: string;
  readonly names: readonly string[];
  readonly pattern?: string | undefined;
  readonly key: FormatModel;
  readonly value: FormatModel;
  readonly keyFrom?: FieldPath | undefined;
  readonly timestampFrom?: FieldPath | undefined;
  /** True where records may have no value. */
  readonly tombstones?: boolean | undefined;
  /** Undefined for the runtime's default. */
  readonly timestamps?: 'broker' | undefined;
  readonly partitioner: PartitionerModel;
}

export type FormatModel =
  | { readonly kind: PlainFormatKind | 'json' }
  | ({ readonly kind: 'own' } & UserExport)
  | {
      readonly kind: 'avro' | 'single-object' | 'confluent' | 'typed-json';
      /** More than one where a topic carries several types. */
      readonly types: readonly AvroReference[];
      readonly writers?: WritersModel | undefined;
      /** Of `confluent`, where ids were pulled from a registry. */
      readonly registry?: RegistryModel | undefined;
    };

/** What a module of the user's exports. */
export interface UserExport {
  readonly name: string;
  /** A package, or relative to the config, starting with `./` or `../`. */
  readonly from: string;
  /** The same, relative to `out` where it is no package. */
  readonly path: string;
}

export type PlainFormatKind = 'utf8' | 'bytes' | 'int32' | 'int64' | 'float64';

export interface AvroReference {
  /** A generated type, or an Avro primitive that needs no file. */
  readonly type: TypeModel | { readonly primitive: AvroType };
  /** The Confluent schema id that is written. */
  readonly id?: number | undefined;
}

/** Schemas of older writers. */
export interface WritersModel {
  /** The function in `topics.ts` that has them: `flightsWriters`. */
  readonly functionName: string;
  readonly schemas: readonly WriterModel[];
}

export interface WriterModel {
  /** Normalized JSON, self-contained. */
  readonly schema: string;
  /** Which of the topic's types its data become. */
  readonly reader: AvroReference;
  /** Its Confluent id. */
  readonly id?: number | undefined;
}

/** What a topic's format has to know of the registry that its ids are from. */
export interface RegistryModel {
  /** The function in `topics.ts` that says it: `flightsRegistry`. */
  readonly functionName: string;
  readonly urls: readonly string[];
  /** In the order of the format's types. */
  readonly subjects: readonly (readonly string[])[];
  /** True where a topic of another name has other subjects. */
  readonly namedAfterTopic: boolean;
  /** Schemas with their documentation, by the type's place: where jobs register them, and they have some. */
  readonly published: readonly PublishedModel[];
  readonly unreadable: readonly UnreadableModel[];
}

export interface PublishedModel {
  /** Of the type among those of the format. */
  readonly place: number;
  readonly schema: string;
}

/** A version whose data cannot be read. */
export interface UnreadableModel {
  readonly id: number;
  /** `version 1 of orders-value cannot be read as shop.Order: …` */
  readonly text: string;
}

/** A field inside a value, with the fields on the way; at least one. */
export interface FieldPath {
  readonly steps: readonly FieldStep[];
  /** What the last field holds where it is not null. */
  readonly type: AvroType;
  /** True where the path starts inside `{ branch, value }`: the topic carries several record types, and each has the field. */
  readonly inBranch: boolean;
}

export interface FieldStep {
  readonly name: string;
  /** True where the field may be null. */
  readonly nullable: boolean;
}

export type PartitionerModel =
  | { readonly kind: 'murmur2' | 'round-robin' | 'sticky' | 'fixed' }
  | { readonly kind: 'field'; readonly field: FieldPath; readonly format: PlainFormatKind }
  | ({ readonly kind: 'function' } & UserExport);

/** Where inputs begin, and go on, as the runtime takes it: times are in milliseconds since 1970. */
export interface PositionsModel {
  /** Undefined for the runtime's default. */
  readonly startFrom?: StartFrom | undefined;
  readonly onOutOfRange?: OnOutOfRange | undefined;
  readonly isolation?: 'read_committed' | 'read_uncommitted' | undefined;
}

export interface JobModel extends PositionsModel {
  /** As configured, kebab-case: `airport-delays`. */
  readonly name: string;
  /** `airportDelays` and `AirportDelays`. */
  readonly functionName: string;
  readonly typeName: string;
  /** `jobs/airport-delays.ts` */
  readonly path: string;
  /** The key that all inputs share. */
  readonly key: FormatModel;
  readonly inputs: readonly InputModel[];
  readonly outputs: readonly TopicModel[];
  readonly state: readonly StateModel[];
  /** Names of its timers. */
  readonly timers: readonly string[];
  readonly guarantee: 'exactly-once' | 'at-least-once' | 'none';
  /** False where offsets are in checkpoint records alone. */
  readonly commitOffsets?: false | undefined;
  /** In milliseconds; undefined for the runtime's default. */
  readonly autoCommitInterval?: number | undefined;
  /** In milliseconds. */
  readonly checkpointInterval: number;
  /** Undefined for the runtime's default. */
  readonly concurrentCheckpoints?: number | undefined;
  /** Undefined for the runtime's default. */
  readonly concurrency?: number | undefined;
  /** In milliseconds; undefined for the runtime's default. */
  readonly handlerTimeout?: number | undefined;
  /** In milliseconds, or never; undefined for the runtime's default. */
  readonly discovery?: number | false | undefined;
  /** Undefined for the runtime's default. */
  readonly createTopics?: JobDeclaration['createTopics'];
  readonly restart?: RestartStrategy | undefined;
  /** Undefined where each record that fails fails the job. */
  readonly errors?: ErrorsModel | undefined;
}

/** What becomes of records that fail. */
export interface ErrorsModel {
  readonly policies: ErrorPolicies;
  /** The topics that they name. */
  readonly deadLetters: readonly string[];
}

export interface InputModel extends PositionsModel {
  readonly topic: TopicModel;
  readonly as: 'stream' | 'table' | 'global-table';
  /** What handlers call the value: `flight`. */
  readonly parameter: string;
  /** Top-level fields the handler sees, without repeats; undefined for all. */
  readonly fields?: readonly string[] | undefined;
  /** In milliseconds. */
  readonly outOfOrderness: number;
  /** In milliseconds; undefined for the runtime's default. */
  readonly idleAfter?: number | undefined;
  /** In milliseconds, or never; undefined for what the job does. */
  readonly discovery?: number | false | undefined;
}

export interface StateModel {
  readonly name: string;
  readonly kind: 'value' | 'list' | 'map';
  readonly value: AvroReference;
  /** Of a map. */
  readonly key?: AvroReference | undefined;
}

export type { NamedType };
