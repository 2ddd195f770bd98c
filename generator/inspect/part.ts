import { contextOf } from '@kgen/runtime/registry';
import type { FormatModel } from '../model/model.ts';
import { avroTypeOf, nameOf } from '../model/type-reference.ts';
import { type Message, readMessages } from './messages.ts';
import { type ReaderType, type RegisteredOptions, readRegistered, type WriterType } from './registered.ts';

/** The key or the value of a record. */
export interface Part extends Partial<Pick<Message, 'type' | 'writer' | 'written' | 'unresolved'>> {
  /** How it lies in the record: `confluent`, `utf8`, … */
  readonly format: string;
  readonly bytes: number;
  /** Resolved to its reader, where it has one; null where there is none. */
  readonly value: unknown;
  /** Why it could not be read; `value` is then its bytes. */
  readonly broken?: { readonly reason: string; readonly hint: string } | undefined;
}

export interface PartSurroundings extends Pick<RegisteredOptions, 'readerOf'> {
  /** `context`: the part of the registry that counts the id, where the topic says it. */
  readonly find: (id: number, context?: string) => ReturnType<RegisteredOptions['find']>;
  /** Types of the project as they are shown, by full name. */
  readonly typeOf: (name: string) => ReaderType | undefined;
}

/** Reads a key or value in its format; without one it is guessed. */
export async function readPart(
  bytes: Uint8Array | null,
  format: FormatModel | undefined,
  around: PartSurroundings,
): Promise<Part> {
  if (bytes === null) return { format: 'null', bytes: 0, value: null };
  if (format === undefined || format.kind === 'own') return guess(bytes, around);
  if ('types' in format) return readTyped(bytes, format, around);
  return readPlain(bytes, format.kind);
}

type Typed = Extract<FormatModel, { readonly types: unknown }>;

async function readTyped(bytes: Uint8Array, format: Typed, around: PartSurroundings): Promise<Part> {
  const types = format.types.map((reference): ReaderType => {
    const fullName = nameOf(reference);
    return around.typeOf(fullName) ?? { fullName, type: avroTypeOf(reference) };
  });
  if (format.kind === 'confluent') return readConfluent(bytes, { ...around, ...ofTopic(format, types, around) });
  const kind = format.kind === 'typed-json' ? 'json' : format.kind;
  const models = types.map((type) => ({ ...type, identifier: '', path: '', source: '' }));
  const { messages, breakage } = readMessages(bytes, kind, models);
  const [first] = messages;
  if (first === undefined || breakage !== undefined || messages.length > 1) {
    const rest = { reason: 'bytes are left after the value', hint: 'Is it the schema they were written with?' };
    return broken(bytes, kind, breakage ?? rest);
  }
  return { format: kind, bytes: bytes.length, type: first.type, value: first.value };
}

/** The topic's own types come first: its writers' data become these. Ids that the config gives count where no registry knows them. */
function ofTopic(
  format: Typed,
  types: readonly ReaderType[],
  { find, readerOf }: PartSurroundings,
): Pick<RegisteredOptions, 'find' | 'readerOf'> {
  const [subject] = format.kind === 'confluent' ? (format.registry?.subjects.flat() ?? []) : [];
  const context = subject === undefined ? undefined : contextOf(subject);
  const own = (id: number): ReaderType | undefined => types[format.types.findIndex((each) => each.id === id)];
  return {
    async find(id) {
      const found = await find(id, context);
      const type = own(id)?.type;
      return 'reason' in found && type !== undefined ? { id, places: [], type } : found;
    },
    readerOf: (writer: WriterType) => {
      const name = 'name' in writer.type ? writer.type.name : undefined;
      return types.find(({ fullName }) => fullName === name) ?? (types.length === 1 ? types[0] : readerOf(writer));
    },
  };
}

async function readConfluent(bytes: Uint8Array, options: RegisteredOptions): Promise<Part> {
  const { messages, breakage } = await readRegistered(bytes, options);
  const [first] = messages;
  if (first === undefined || breakage !== undefined || messages.length > 1) {
    const rest = { reason: 'bytes are left after the value', hint: 'Was it written with the schema that its id says?' };
    return broken(bytes, 'confluent', breakage ?? rest);
  }
  const { type, writer, written, unresolved, value } = first;
  return { format: 'confluent', bytes: bytes.length, type, writer, written, unresolved, value };
}

function readPlain(bytes: Uint8Array, kind: string): Part {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const sized = (size: number, read: () => unknown): Part => {
    if (bytes.length === size) return { format: kind, bytes: size, value: read() };
    const reason = `a value of format ${kind} takes ${size} bytes, and these are ${bytes.length}`;
    return broken(bytes, kind, { reason, hint: 'Correct the format in the config' });
  };
  switch (kind) {
    case 'int32':
      return sized(4, () => view.getInt32(0));
    case 'int64':
      return sized(8, () => view.getBigInt64(0));
    case 'float64':
      return sized(8, () => view.getFloat64(0));
    case 'bytes':
      return { format: kind, bytes: bytes.length, value: bytes };
    default: {
      const text = textOf(bytes);
      if (text === undefined)
        return broken(bytes, kind, { reason: 'it is no UTF-8', hint: 'Correct the format in the config' });
      if (kind !== 'json') return { format: kind, bytes: bytes.length, value: text };
      try {
        return { format: kind, bytes: bytes.length, value: JSON.parse(text) };
      } catch (error) {
        const reason = `it is no JSON: ${error instanceof Error ? error.message : error}`;
        return broken(bytes, kind, { reason, hint: 'Correct the format in the config' });
      }
    }
  }
}

async function guess(bytes: Uint8Array, around: PartSurroundings): Promise<Part> {
  if (bytes[0] === 0 && bytes.length >= 5) {
    const part = await readConfluent(bytes, around);
    if (part.broken === undefined) return part;
  }
  const text = textOf(bytes);
  const isText = text !== undefined && !/\p{Cc}/u.test(text.replaceAll(/[\t\r\n]/g, ''));
  return readPlain(bytes, isText ? 'utf8' : 'bytes');
}

function textOf(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function broken(
  bytes: Uint8Array,
  format: string,
  { reason, hint }: { readonly reason: string; readonly hint: string },
): Part {
  return { format, bytes: bytes.length, value: bytes, broken: { reason, hint } };
}
