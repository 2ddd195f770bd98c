import type {
  ArrayType,
  AvroType,
  EnumType,
  Field,
  FixedType,
  LogicalType,
  MapType,
  PrimitiveName,
  PrimitiveType,
  RecordType,
  UnionType,
} from '../schema/type.ts';

/**
 * How to read bytes of a writer's schema into a value of the reader's: what "Schema Resolution" (Avro 1.12) says,
 * worked out once. The runtime interprets a plan, the generator compiles it; where both schemas are the same, the plan
 * is the plain reading of that schema. So there is one mechanism for codecs, evolved writers and narrowed inputs.
 *
 * Plans of recursive schemas are cyclic: a record plan is one object however often it is met.
 */
export type ReadPlan =
  | PrimitivePlan
  | FixedPlan
  | EnumPlan
  | ArrayPlan
  | MapPlan
  | RecordPlan
  | WriterUnionPlan
  | ReaderUnionPlan
  | UnresolvablePlan;

/** A primitive, as it is or promoted (int to long, float, double; long to float, double; float to double; string and bytes to each other). */
export interface PrimitivePlan {
  readonly op: 'primitive';
  readonly writer: PrimitiveName;
  readonly type: PrimitiveType;
  /** What the writer's values mean. Reading takes no notice of it: the reader's says how values look. */
  readonly written: LogicalType | undefined;
}

export interface FixedPlan {
  readonly op: 'fixed';
  readonly type: FixedType;
  /** As in `PrimitivePlan`. */
  readonly written: LogicalType | undefined;
}

export interface EnumPlan {
  readonly op: 'enum';
  readonly type: EnumType;
  /** By the writer's index: the reader's symbol, its default, or undefined where data must be refused. */
  readonly symbols: readonly (string | undefined)[];
  /** The writer's own symbols, for errors. */
  readonly writerSymbols: readonly string[];
}

export interface ArrayPlan {
  readonly op: 'array';
  readonly type: ArrayType;
  readonly items: ReadPlan;
  /** The fewest bytes one item takes: a block that claims more items than its bytes can hold is refused unread. */
  readonly minimumItemSize: number;
}

export interface MapPlan {
  readonly op: 'map';
  readonly type: MapType;
  readonly values: ReadPlan;
  readonly minimumItemSize: number;
}

export interface RecordPlan {
  readonly op: 'record';
  readonly type: RecordType;
  /** What lies in the bytes, in the writer's order. */
  readonly steps: readonly RecordStep[];
  /** Fields the writer does not have; each value is made anew from the field's default. */
  readonly defaults: readonly Field[];
  /** True where the record can contain itself: reading it counts depth. */
  readonly recursive: boolean;
}

export type RecordStep =
  | { readonly do: 'read'; readonly field: Field; readonly plan: ReadPlan }
  /** `name` is the writer's, for errors. */
  | { readonly do: 'skip'; readonly name: string; readonly writer: AvroType };

/** The writer's type is a union: its index selects a plan. A branch that the reader cannot hold is `unresolvable`. */
export interface WriterUnionPlan {
  readonly op: 'writer-union';
  readonly branches: readonly ReadPlan[];
}

/** The reader's type is a union: the value becomes its branch `branch`, wrapped where the union is tagged. */
export interface ReaderUnionPlan {
  readonly op: 'reader-union';
  readonly type: UnionType;
  readonly branch: number;
  readonly plan: ReadPlan;
}

/** Data that reach this point are refused with code `unresolvable`. */
export interface UnresolvablePlan {
  readonly op: 'unresolvable';
  readonly writer: AvroType;
  readonly reader: AvroType;
  readonly reason: string;
}
