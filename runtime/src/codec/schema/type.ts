/**
 * Avro schemas as plain data, names resolved: a named type is one object however often it is used,
 * so a recursive schema is a cyclic graph. Each type also knows how its values look in TypeScript (`as`).
 */
export type AvroType = PrimitiveType | ArrayType | MapType | UnionType | NamedType;
export type NamedType = RecordType | EnumType | FixedType;
export type PrimitiveName = 'null' | 'boolean' | 'int' | 'long' | 'float' | 'double' | 'bytes' | 'string';

/**
 * A value's form in TypeScript. `duration` is `{ months, days, millis }`, `Date` a JavaScript date, `bytes` a plain `Uint8Array`;
 * a logical type mapped to `string` is ISO 8601 text, a canonical UUID, or decimal digits.
 */
export type Representation = 'null' | 'boolean' | 'number' | 'bigint' | 'string' | 'bytes' | 'Date' | 'duration';

/** A logical type that fits its base and is valid; others are left out, as the specification says. */
export type LogicalType =
  | { readonly name: 'decimal'; readonly precision: number; readonly scale: number }
  | { readonly name: Exclude<LogicalName, 'decimal'> };

export type LogicalName =
  | 'decimal'
  | 'uuid'
  | 'date'
  | 'time-millis'
  | 'time-micros'
  | 'timestamp-millis'
  | 'timestamp-micros'
  | 'timestamp-nanos'
  | 'local-timestamp-millis'
  | 'local-timestamp-micros'
  | 'local-timestamp-nanos'
  | 'duration';

/** JSON as `parseJson` reads it: integers beyond 2^53 are bigints. */
export type Json = null | boolean | number | bigint | string | readonly Json[] | JsonObject;
export type JsonObject = { readonly [key: string]: Json };

/** Attributes of a schema that the specification does not name: kept, and written back. */
export type Properties = JsonObject;

export interface PrimitiveType {
  readonly kind: PrimitiveName;
  readonly as: Representation;
  readonly logical?: LogicalType | undefined;
  readonly properties?: Properties | undefined;
}

export interface ArrayType {
  readonly kind: 'array';
  readonly items: AvroType;
  readonly properties?: Properties | undefined;
}

export interface MapType {
  readonly kind: 'map';
  readonly values: AvroType;
  readonly properties?: Properties | undefined;
}

export interface UnionType {
  readonly kind: 'union';
  readonly branches: readonly Branch[];
  /** True where JavaScript values do not tell the branches apart: values are `{ branch, value }`, null stays bare. */
  readonly tagged: boolean;
}

export interface Branch {
  /** What `branch` says: a simple name, the full name where two branches share it, or an unnamed type's name. */
  readonly tag: string;
  readonly type: AvroType;
}

export interface RecordType {
  readonly kind: 'record';
  /** Full name. */
  readonly name: string;
  /** Full names. */
  readonly aliases: readonly string[];
  readonly doc?: string | undefined;
  readonly fields: readonly Field[];
  readonly properties?: Properties | undefined;
}

export interface Field {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly doc?: string | undefined;
  readonly type: AvroType;
  /** Wrapped, since the default may be null. Checked against the type when the schema is read. */
  readonly default?: { readonly json: Json } | undefined;
  readonly order?: 'ascending' | 'descending' | 'ignore' | undefined;
  readonly properties?: Properties | undefined;
}

export interface EnumType {
  readonly kind: 'enum';
  readonly name: string;
  readonly aliases: readonly string[];
  readonly doc?: string | undefined;
  readonly symbols: readonly string[];
  readonly default?: string | undefined;
  readonly properties?: Properties | undefined;
}

export interface FixedType {
  readonly kind: 'fixed';
  readonly name: string;
  readonly aliases: readonly string[];
  readonly doc?: string | undefined;
  /** In bytes. */
  readonly size: number;
  readonly as: Representation;
  readonly logical?: LogicalType | undefined;
  readonly properties?: Properties | undefined;
}
