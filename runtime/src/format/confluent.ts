import type { Codec } from '../codec/codec.ts';
import { AvroDecodeError, AvroEncodeError } from '../codec/errors.ts';
import type { Reader } from '../codec/reader.ts';
import type { Writer } from '../codec/writer.ts';
import { type BranchValue, branchSelector, loadOnce, once, pathOf, type TopicBranch } from './branch.ts';
import type { Format } from './format.ts';
import { decodeErrorBelow, encodeErrorBelow } from './place.ts';
import { ownReader, type WholeReader, writerReader } from './writer-schema.ts';

const MAGIC = 0;
/** Magic byte and schema id. */
const HEADER = 5;

/** Schemas of writers by the registry's id: listed, or looked up each time an id is met that is not known yet. */
export type SchemasById = { readonly [id: number]: string } | ((id: number) => string | undefined);

export interface ConfluentOptions {
  /** The id under which the registry knows the codec's own schema. Written into every record; without it, none can be. */
  readonly id?: number | undefined;
  /** Schemas of other writers. */
  readonly writers?: SchemasById | undefined;
}

/** One of several types in a topic, with the id of its schema. */
export interface ConfluentBranch extends TopicBranch {
  readonly id?: number | undefined;
}

/**
 * What Confluent's serializers write: a zero byte, the schema's id in the registry in 4 bytes, Avro binary.
 * Data of an id that is neither the codec's own nor among `writers` are refused with code `format`.
 *
 * Several types in one topic: the id says which it is.
 */
export function confluent<T>(codec: () => Codec<T>, options?: ConfluentOptions): Format<T>;
export function confluent<const B extends readonly ConfluentBranch[]>(
  branches: B,
  options?: Pick<ConfluentOptions, 'writers'>,
): Format<BranchValue<B[number]>>;
export function confluent(
  types: (() => Codec<unknown>) | readonly ConfluentBranch[],
  options: { readonly id?: number | undefined; readonly writers?: SchemasById | undefined } = {},
): Format<unknown> {
  const branches = typeof types === 'function' ? [{ codec: once(types), id: options.id }] : types.map(loadOnce);
  const read = confluentReader(branches, lookup(options.writers));
  const [only] = branches;
  if (only !== undefined && branches.length === 1 && only.branch === undefined) {
    return { name: 'confluent', read, write: (writer, value) => writeValue(writer, only, value) };
  }
  const select = branchSelector(branches);
  return {
    name: 'confluent',
    read,
    write(writer, value) {
      const selected = select(value);
      writeValue(writer, selected.branch, selected.value);
    },
  };
}

/** The schema id of a record in this format; undefined where it is in another. */
export function confluentSchemaId(bytes: Uint8Array): number | undefined {
  if (bytes.length < HEADER || bytes[0] !== MAGIC) return undefined;
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(1);
}

function lookup(writers: SchemasById | undefined): (id: number) => string | undefined {
  if (typeof writers === 'function') return writers;
  const schemas = new Map(Object.entries(writers ?? {}).map(([id, schema]) => [Number(id), schema]));
  return (id) => schemas.get(id);
}

function confluentReader(
  branches: readonly ConfluentBranch[],
  schemaOf: (id: number) => string | undefined,
): (reader: Reader) => unknown {
  const readers = new Map<number, WholeReader>();
  let lastId = -1;
  let last: WholeReader | undefined;
  return (reader) => {
    const id = readHeader(reader);
    if (id !== lastId || last === undefined) {
      last = readers.get(id) ?? readerOf(branches, schemaOf, id);
      readers.set(id, last);
      lastId = id;
    }
    try {
      return last(reader);
    } catch (error) {
      throw decodeErrorBelow('', error, HEADER);
    }
  };
}

function readHeader(reader: Reader): number {
  const { position, end, view } = reader;
  if (end - position < HEADER) throw refused(`${end - position} bytes, too few for Confluent's header of 5`);
  const magic = view.getUint8(position);
  if (magic !== MAGIC) {
    throw refused(`first byte ${magic}, where Confluent's format has 0. See whether the topic is in another format`);
  }
  reader.position = position + HEADER;
  return view.getUint32(position + 1);
}

function readerOf(
  branches: readonly ConfluentBranch[],
  schemaOf: (id: number) => string | undefined,
  id: number,
): WholeReader {
  const own = branches.find((branch) => branch.id === id);
  if (own !== undefined) return ownReader(own);
  const schema = schemaOf(id);
  if (schema !== undefined) return writerReader(branches, schema, `schema ${id}`);
  const known = branches.flatMap((branch) => branch.id ?? []).join(', ');
  const only = known === '' ? '' : ` (${known} is)`;
  throw refused(`schema id ${id} is not known here${only}. Add it to the topic's writers`);
}

function refused(reason: string): AvroDecodeError {
  return new AvroDecodeError(reason, { code: 'format', path: '', offset: 0 });
}

function unregistered(branch: ConfluentBranch): AvroEncodeError {
  const reason = `the registry has no id for ${branch.codec().name} as it is here. Register its schema first`;
  return new AvroEncodeError(reason, { code: 'format', path: '' });
}

function writeValue(writer: Writer, branch: ConfluentBranch, value: unknown): void {
  if (branch.id === undefined) throw unregistered(branch);
  const start = writer.position;
  writer.ensure(HEADER);
  writer.view.setUint8(start, MAGIC);
  writer.view.setUint32(start + 1, branch.id);
  writer.position = start + HEADER;
  try {
    branch.codec().write(writer, value);
  } catch (error) {
    writer.position = start;
    throw branch.branch === undefined ? error : encodeErrorBelow(pathOf(branch), error);
  }
}
