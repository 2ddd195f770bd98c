import { Reader } from '@kgen/runtime';
import { type AvroType, typeReader } from '@kgen/runtime/schema';
import { excerpt } from './bytes.ts';
import { type Breakage, breakageOf, type Message, type MessageWriter, type Reading } from './messages.ts';

/** A type that values may become. */
export interface ReaderType {
  readonly fullName: string;
  readonly type: AvroType;
}

/** A schema that a registry has. */
export interface WriterType extends MessageWriter {
  readonly type: AvroType;
}

export interface RegisteredOptions {
  readonly find: (id: number) => Promise<WriterType | { readonly reason: string; readonly hint: string }>;
  /** What a writer's data become; undefined for what they were written as. */
  readonly readerOf: (writer: WriterType) => ReaderType | undefined;
  /** In place of writers that nobody knows; without it they break the reading. */
  readonly otherwise?: ReaderType | undefined;
}

/** Reads Confluent messages until the bytes end or break: each as its own writer wrote it, resolved to its reader. */
export async function readRegistered(bytes: Uint8Array, options: RegisteredOptions): Promise<Reading> {
  const messages: Message[] = [];
  let start = 0;
  do {
    const read = await readMessage(bytes, start, options);
    if ('reason' in read) return { messages, breakage: read };
    messages.push(read);
    start = read.end;
  } while (start < bytes.length);
  return { messages, breakage: undefined };
}

async function readMessage(
  bytes: Uint8Array,
  start: number,
  { find, readerOf, otherwise }: RegisteredOptions,
): Promise<Message | Breakage> {
  const broken = (offset: number, reason: string, hint: string): Breakage => {
    const text = `${reason}: ${excerpt(bytes, start + offset)}`;
    return { type: '', path: '', offset: start + offset, reason: text, hint };
  };
  if (bytes[start] !== 0) return broken(0, 'a Confluent message starts with a 0 byte', 'Try another --format');
  if (bytes.length < start + 5) {
    return broken(bytes.length - start, 'the schema id takes 4 bytes', 'Is the message whole?');
  }
  const id = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(start + 1);
  const found = await find(id);
  if ('reason' in found && otherwise === undefined) return broken(1, found.reason, found.hint);
  const writer = 'reason' in found ? undefined : found;
  const type = writer?.type ?? otherwise?.type;
  if (type === undefined) return broken(1, `schema id ${id} is unknown`, 'Run `kgen pull`');
  const reader = (writer === undefined ? otherwise : readerOf(writer)) ?? { fullName: nameOf(type), type };
  const note = writer === undefined ? `schema id ${id}, which was not pulled` : writerText(writer);
  const position = new Reader(bytes, start + 5);
  let written: unknown;
  try {
    written = typeReader(type).read(position);
  } catch (error) {
    return breakageOf(error, nameOf(type), start + 5, bytes, 'Was it written with the schema that its id says?');
  }
  const message = { start, end: position.position, note, writer: writer && { id, places: writer.places }, written };
  try {
    const value = typeReader(reader.type, type).read(new Reader(bytes, start + 5));
    return { ...message, value, type: reader.fullName };
  } catch (error) {
    const reason = `it cannot be read as ${reader.fullName}: ${problemOf(error)}`;
    const hint = 'See `kgen diff`; or name what else to read it as with --type';
    return { ...message, value: written, type: nameOf(type), unresolved: { reason, hint } };
  }
}

/** `orders-value version 2 (id 7)` */
export function writerText({ id, places }: MessageWriter): string {
  if (places.length === 0) return `schema id ${id}`;
  return `${places.map(({ subject, version }) => `${subject} version ${version}`).join(', ')} (id ${id})`;
}

function nameOf(type: AvroType): string {
  return 'name' in type ? type.name : type.kind;
}

/** Of a schema that reads none of these data, or not this one. */
function problemOf(error: unknown): string {
  if (!(error instanceof Error)) throw error;
  if (error.name === 'AvroSchemaError' && 'problems' in error && Array.isArray(error.problems)) {
    const [first] = error.problems;
    return first?.path ? `${first.path}: ${first.reason}` : (first?.reason ?? error.message);
  }
  if (error.name !== 'AvroDecodeError') throw error;
  return error.message;
}
