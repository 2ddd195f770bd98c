import { type AvroDecodeError, plainJsonReader, Reader } from '@kgen/runtime';
import { canonicalForm, fingerprint, type TypeReader, typeReader } from '@kgen/runtime/schema';
import type { TypeModel } from '../model/model.ts';
import { excerpt } from './bytes.ts';

/** `json` is what topics of that format hold; `avro-json` is Avro's JSON encoding. */
export type InspectFormat = 'avro' | 'confluent' | 'single-object' | 'json' | 'avro-json';

/** A value and the bytes it was read from, header included. */
export interface Message {
  readonly value: unknown;
  /** Avro full name of its type. */
  readonly type: string;
  readonly start: number;
  readonly end: number;
  /** What the header says: `schema id 17`. */
  readonly note?: string | undefined;
  /** Of a message whose schema a registry has: who wrote it, and the value before it was resolved. */
  readonly writer?: MessageWriter | undefined;
  readonly written?: unknown;
  /** Why it could not be resolved; `value` is then as it was written. */
  readonly unresolved?: { readonly reason: string; readonly hint: string } | undefined;
}

export interface MessageWriter {
  readonly id: number;
  /** Where the registry has its schema: several subjects may share one. */
  readonly places: readonly { readonly subject: string; readonly version: number }[];
}

/** Where reading broke. `offset` counts from the start of all bytes (of text: in UTF-16 units). */
export interface Breakage {
  readonly type: string;
  readonly path: string;
  readonly offset: number;
  readonly reason: string;
  readonly hint: string;
}

export interface Reading {
  readonly messages: readonly Message[];
  /** Undefined where everything was read. */
  readonly breakage: Breakage | undefined;
}

/** Reads messages until the bytes end or break. `types` are candidates; the first is meant where the bytes do not say. */
export function readMessages(bytes: Uint8Array, format: InspectFormat, types: readonly TypeModel[]): Reading {
  const [first] = types;
  if (first === undefined) return { messages: [], breakage: undefined };
  if (format === 'json' || format === 'avro-json') return readJson(bytes, format, first);
  if (startsWith(bytes, [0x4f, 0x62, 0x6a, 0x01])) {
    const hint = 'An object container file has blocks and a schema of its own: take the values out with an Avro tool';
    return { messages: [], breakage: { type: '', path: '', offset: 0, reason: 'an Avro object container file', hint } };
  }
  const readers = new Map<TypeModel, TypeReader>();
  const messages: Message[] = [];
  let start = 0;
  do {
    const header = readHeader(bytes, start, format, types);
    if ('reason' in header) return { messages, breakage: header };
    const reader = readers.get(header.type) ?? typeReader(header.type.type);
    readers.set(header.type, reader);
    const position = new Reader(bytes, header.end);
    const type = header.type.fullName;
    try {
      const value = reader.read(position);
      messages.push({ value, type, start, end: position.position, note: header.note });
    } catch (error) {
      return { messages, breakage: breakageOf(error, type, header.end, bytes, hintFor(bytes, format)) };
    }
    if (position.position === start && start < bytes.length) {
      const reason = `${bytes.length - start} bytes are left, and values of this type take none`;
      return { messages, breakage: { type, path: '', offset: start, reason, hint: HINT } };
    }
    start = position.position;
  } while (start < bytes.length);
  return { messages, breakage: undefined };
}

const HINT = 'Is it the schema these bytes were written with, and the right --format?';

/** Bytes in a frame, read as bare Avro: the most usual mistake. */
function hintFor(bytes: Uint8Array, format: InspectFormat): string {
  if (format !== 'avro') return HINT;
  if (startsWith(bytes, [0xc3, 0x01])) return 'They start as single-object messages do: try --format single-object';
  return startsWith(bytes, [0x00]) && bytes.length > 5
    ? 'They start as Confluent messages do: try --format confluent'
    : HINT;
}

interface Header {
  readonly type: TypeModel;
  readonly end: number;
  readonly note?: string | undefined;
}

function readHeader(
  bytes: Uint8Array,
  start: number,
  format: InspectFormat,
  types: readonly TypeModel[],
): Header | Breakage {
  const [first] = types;
  const broken = (offset: number, reason: string, hint: string): Breakage => ({
    type: '',
    path: '',
    offset: start + offset,
    reason: `${reason}: ${excerpt(bytes, start + offset)}`,
    hint,
  });
  if (first === undefined) return broken(0, 'there is no type to read', 'Name a schema');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (format === 'confluent') {
    if (bytes[start] !== 0) return broken(0, 'a Confluent message starts with a 0 byte', 'Try another --format');
    if (bytes.length < start + 5)
      return broken(bytes.length - start, 'the schema id takes 4 bytes', 'Is the message whole?');
    return { type: first, end: start + 5, note: `schema id ${view.getUint32(start + 1)}` };
  }
  if (format === 'single-object') {
    if (!startsWith(bytes.subarray(start), [0xc3, 0x01])) {
      return broken(0, 'a single-object message starts with c3 01', 'Try another --format');
    }
    if (bytes.length < start + 10)
      return broken(bytes.length - start, 'the fingerprint takes 8 bytes', 'Is the message whole?');
    const written = view.getBigUint64(start + 2, true);
    const type = types.find((each) => fingerprint(canonicalForm(each.type)) === written);
    const text = written.toString(16).padStart(16, '0');
    if (type !== undefined) return { type, end: start + 10, note: `fingerprint ${text}` };
    return broken(2, `no type of this schema has the fingerprint ${text}`, 'Name the schema it was written with');
  }
  return { type: first, end: start };
}

function readJson(bytes: Uint8Array, format: 'json' | 'avro-json', { type, fullName }: TypeModel): Reading {
  const text = new TextDecoder().decode(bytes);
  try {
    const value = format === 'json' ? plainJsonReader(type)(bytes) : typeReader(type).fromAvroJson(text);
    return { messages: [{ value, type: fullName, start: 0, end: text.length }], breakage: undefined };
  } catch (error) {
    const other = format === 'json' ? 'avro-json' : 'json';
    const hint = `Is it the schema this was written with? There is also --format ${other}`;
    return { messages: [], breakage: breakageOf(error, fullName, 0, undefined, hint) };
  }
}

export function breakageOf(
  error: unknown,
  type: string,
  start: number,
  bytes: Uint8Array | undefined,
  hint: string = HINT,
): Breakage {
  if (!isDecodeError(error)) throw error;
  const offset = start + error.offset;
  const around = bytes === undefined ? '' : `: ${excerpt(bytes, offset)}`;
  return { type, path: error.path, offset, reason: `${error.reason}${around}`, hint };
}

function isDecodeError(error: unknown): error is AvroDecodeError {
  return error instanceof Error && error.name === 'AvroDecodeError';
}

function startsWith(bytes: Uint8Array, start: readonly number[]): boolean {
  return start.every((byte, index) => bytes[index] === byte);
}
