/**
 * Why bytes, JSON or a value were refused. Read `code`, never the message, and never `instanceof`:
 * an application may hold the ESM and the CommonJS build of this package at once.
 */
export type AvroDecodeErrorCode =
  /** The bytes end inside a value. */
  | 'truncated'
  /** Bytes are left after the value. */
  | 'trailing-bytes'
  /** A varint is longer than its type allows, or outside its range. */
  | 'varint'
  /** A long that does not fit the `number` it is mapped to. */
  | 'unsafe-integer'
  /** A negative length or size. */
  | 'negative-length'
  /** A length or block count beyond what the bytes can hold, or beyond the memory bound. */
  | 'length'
  /** A boolean byte other than 0 or 1. */
  | 'boolean'
  /** An enum index outside the writer's symbols. */
  | 'enum-index'
  /** An enum symbol the reader does not know, where it has no default. */
  | 'enum-symbol'
  /** A union index outside the writer's branches. */
  | 'union-index'
  /** A string that is not UTF-8. */
  | 'utf8'
  /** Nesting beyond {@link MAX_DEPTH}. */
  | 'depth'
  /** A value its logical type cannot hold, such as a day outside years 0001–9999. */
  | 'logical'
  /** Data of a writer's branch that the reader's schema cannot hold. */
  | 'unresolvable'
  /** A header that the format does not know: magic byte, schema id, fingerprint. */
  | 'format'
  /** Text that is not JSON, or JSON that does not fit the schema. */
  | 'json';

/** How deep records that can contain themselves may nest in data. What goes deeper is refused with code `depth`. */
export const MAX_DEPTH = 1000;

export interface AvroDecodeErrorDetails {
  readonly code: AvroDecodeErrorCode;
  /** Where in the value: `items[3].sku`, or `''` for the value itself. */
  readonly path: string;
  /** Byte offset (for JSON: offset in UTF-16 units) from the start of the message at which it broke. */
  readonly offset: number;
}

/** Bytes, or Avro JSON, that are not a value of the schema. */
export class AvroDecodeError extends Error implements AvroDecodeErrorDetails {
  readonly code: AvroDecodeErrorCode;
  /** The message without path and offset, so that whoever knows more of the place can say so. */
  readonly reason: string;
  readonly path: string;
  readonly offset: number;

  constructor(reason: string, details: AvroDecodeErrorDetails, options?: ErrorOptions) {
    const unit = details.code === 'json' ? 'character' : 'byte';
    super(`${details.path === '' ? 'value' : details.path}: ${reason} (${unit} ${details.offset})`, options);
    this.name = 'AvroDecodeError';
    this.reason = reason;
    this.code = details.code;
    this.path = details.path;
    this.offset = details.offset;
  }
}

export type AvroEncodeErrorCode =
  /** A format that cannot write: a schema that has no id in the registry. */
  | 'format'
  /** A value of another JavaScript type than the schema's. */
  | 'type'
  /** A number outside the range of its Avro type, or with a fraction. */
  | 'range'
  /** A string with a lone surrogate: UTF-8 cannot hold it. */
  | 'utf16'
  /** A fixed of another length. */
  | 'size'
  /** A string that is not a symbol of the enum. */
  | 'symbol'
  /** A value that fits no branch of a union. */
  | 'branch'
  /** A value its logical type cannot write without loss. */
  | 'logical'
  /** Nesting beyond {@link MAX_DEPTH}; also a value that contains itself. */
  | 'depth';

/** A value that is not of the codec's type. Nothing was written. */
export class AvroEncodeError extends Error {
  readonly code: AvroEncodeErrorCode;
  /** The message without the path. */
  readonly reason: string;
  /** Where in the value: `items[3].sku`, or `''` for the value itself. */
  readonly path: string;

  constructor(
    reason: string,
    details: { readonly code: AvroEncodeErrorCode; readonly path: string },
    options?: ErrorOptions,
  ) {
    super(`${details.path === '' ? 'value' : details.path}: ${reason}`, options);
    this.name = 'AvroEncodeError';
    this.reason = reason;
    this.code = details.code;
    this.path = details.path;
  }
}

/** One thing wrong with a schema. `path` is a JSON path inside it: `fields[2].type.items`. */
export interface SchemaProblem {
  readonly path: string;
  readonly reason: string;
  /** What to do about it. */
  readonly hint: string;
}

/** A schema that is not Avro's, or a writer's schema that the reader's cannot read. Lists every problem found. */
export class AvroSchemaError extends Error {
  readonly code: 'schema' | 'resolution';
  readonly problems: readonly SchemaProblem[];

  constructor(code: 'schema' | 'resolution', problems: readonly SchemaProblem[]) {
    super(problems.map((p) => `${p.path === '' ? 'schema' : p.path}: ${p.reason}. ${p.hint}`).join('\n'));
    this.name = 'AvroSchemaError';
    this.code = code;
    this.problems = problems;
  }
}

/** The reason alone of one of this package's errors, without path or place; the message of any other. */
export function reasonOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return String(error);
  if ('reason' in error && typeof error.reason === 'string') return error.reason;
  return 'message' in error && typeof error.message === 'string' ? error.message : String(error);
}
