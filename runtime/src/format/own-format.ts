import { AvroDecodeError, AvroEncodeError } from '../codec/errors.ts';
import type { Reader } from '../codec/reader.ts';
import type { Writer } from '../codec/writer.ts';
import { once } from './branch.ts';
import { bytes } from './bytes.ts';
import type { Format } from './format.ts';
import { isDecodeError, isEncodeError } from './place.ts';

/** What a format of one's own does with whole keys or values. */
export interface FormatDefinition<T> {
  /** As errors name it: `protobuf`. */
  readonly name: string;
  /** The value of these bytes, which are its own. Throws where they are none. */
  decode(bytes: Uint8Array): T;
  /** Throws where the value has no bytes. They are copied. */
  encode(value: T): Uint8Array;
}

/** The values of a format: `FormatValue<typeof telemetry>`. */
export type FormatValue<F> = F extends Format<infer T> ? T : never;

/**
 * A format of one's own, of two functions. Who wants no copy made of each value implements `Format` itself.
 * @example
 * export const point: Format<Point> = defineFormat({
 *   name: 'point',
 *   decode: (bytes) => parse(bytes),
 *   encode: (value) => print(value),
 * });
 */
export function defineFormat<T>(definition: FormatDefinition<T>): Format<T> {
  return {
    name: definition.name,
    read: (reader) => definition.decode(bytes.read(reader)),
    write: (writer, value) => bytes.write(writer, definition.encode(value)),
  };
}

/**
 * A format that a module of the user's exports. It comes by a function, since that module may import this one. What it throws
 * becomes an error of decoding or encoding, as any format's is, with its own as the cause.
 */
export function ownFormat<T>(load: () => Format<T>): Format<T> {
  const format = once(load);
  return {
    get name() {
      return format().name;
    },
    read: (reader) => readOwn(format(), reader),
    write: (writer, value) => writeOwn(format(), writer, value),
  };
}

function readOwn<T>(format: Format<T>, reader: Reader): T {
  const start = reader.position;
  try {
    return format.read(reader);
  } catch (cause) {
    if (isDecodeError(cause)) throw cause;
    const details = { code: 'format', path: '', offset: Math.max(0, reader.position - start) } as const;
    throw new AvroDecodeError(reasonOf(format, cause), details, { cause });
  }
}

function writeOwn<T>(format: Format<T>, writer: Writer, value: T): void {
  const start = writer.position;
  try {
    format.write(writer, value);
  } catch (cause) {
    writer.position = start;
    if (isEncodeError(cause)) throw cause;
    throw new AvroEncodeError(reasonOf(format, cause), { code: 'format', path: '' }, { cause });
  }
}

function reasonOf({ name }: { readonly name: string }, cause: unknown): string {
  return `format ${name}: ${cause instanceof Error ? cause.message : String(cause)}`;
}
