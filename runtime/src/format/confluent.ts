import type { Codec } from '../codec/codec.ts';
import { AvroEncodeError } from '../codec/errors.ts';
import type { Reader } from '../codec/reader.ts';
import type { Writer } from '../codec/writer.ts';
import { type BranchValue, branchSelector, loadOnce, once, pathOf } from './branch.ts';
import {
  type ConfluentBranch,
  type KnownSchemas,
  nothingKnown,
  type ReaderOf,
  readersById,
  refused,
} from './confluent-readers.ts';
import type { Format } from './format.ts';
import { decodeErrorBelow, encodeErrorBelow } from './place.ts';
import { isSchemaWanted, type RegisteredPart } from './schema-source.ts';
import type { WholeReader } from './writer-schema.ts';

const MAGIC = 0;
/** Magic byte and schema id. */
const HEADER = 5;

/** Schemas of writers by the registry's id: listed, or looked up each time an id is met that is not known yet. */
export type SchemasById = { readonly [id: number]: string } | ((id: number) => string | undefined);

export interface ConfluentOptions extends ConfluentSchemas {
  /** The id under which the registry knows the codec's own schema. Written into every record; without it, none can be. */
  readonly id?: number | undefined;
}

export interface ConfluentSchemas {
  /** Schemas of other writers. */
  readonly writers?: SchemasById | undefined;
  /** What was pulled of a registry, where ids are from there. Without it, they hold in any registry. */
  readonly registry?: (() => RegisteredPart) | undefined;
}

export type { ConfluentBranch } from './confluent-readers.ts';

/**
 * What Confluent's serializers write: a zero byte, the schema's id in the registry in 4 bytes, Avro binary.
 * Data of an id that is neither the codec's own nor among `writers` are refused with code `format`; a job that knows the
 * registry asks it for the schema.
 *
 * Several types in one topic: the id says which it is.
 */
export function confluent<T>(codec: () => Codec<T>, options?: ConfluentOptions): Format<T>;
export function confluent<const B extends readonly ConfluentBranch[]>(
  branches: B,
  options?: ConfluentSchemas,
): Format<BranchValue<B[number]>>;
export function confluent(
  types: (() => Codec<unknown>) | readonly ConfluentBranch[],
  { id, writers, registry }: ConfluentOptions = {},
): Format<unknown> {
  const branches = typeof types === 'function' ? [{ codec: once(types), id }] : types.map(loadOnce);
  const schemaOf = lookup(writers);
  const known = once((): KnownSchemas => ({ schemaOf, pulled: registry?.() }));
  return {
    ...confluentFormat(branches, () => readersById(branches, known())),
    registered: {
      reading(source) {
        const { pulled } = known();
        const readers =
          pulled === undefined || source.isAmong(pulled.urls)
            ? readersById(branches, known(), source)
            : readersById(branches.map(withoutId), nothingKnown(pulled), source);
        return { ...confluentFormat(branches, () => readers), prepare: (reader) => prepare(readers, reader) };
      },
      async writing(source, names) {
        const { pulled } = known();
        if (pulled === undefined) return confluentFormat(branches, () => readersById(branches, known()));
        const there = source.isAmong(pulled.urls);
        const written = branches.map(async (branch, i) => {
          if (there && branch.id !== undefined) return branch;
          const subjects = subjectsHere(pulled, i, names);
          return { ...branch, id: await source.idOf(branch.codec().schema, subjects, pulled.published?.[i]) };
        });
        const withIds = await Promise.all(written);
        return confluentFormat(withIds, () => readersById(withIds, known()));
      },
    },
  };
}

function confluentFormat(branches: readonly ConfluentBranch[], readers: () => ReaderOf): Format<unknown> {
  const read = confluentReader(readers);
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

/** Subjects of a type, where topics are called by these names. */
function subjectsHere(
  { subjects, namedAfterTopic }: RegisteredPart,
  branch: number,
  names: ReadonlyMap<string, string>,
): readonly string[] {
  const declared = subjects[branch] ?? [];
  if (namedAfterTopic !== true) return declared;
  return declared.map((subject) => {
    const topics = [...names.keys()].filter((topic) => subject.startsWith(`${topic}-`));
    const topic = topics.reduce((longest, each) => (each.length > longest.length ? each : longest), '');
    return topic === '' ? subject : `${names.get(topic)}${subject.slice(topic.length)}`;
  });
}

/** Elsewhere its id may be another schema's. */
function withoutId(branch: ConfluentBranch): ConfluentBranch {
  return { ...branch, id: undefined };
}

function lookup(writers: SchemasById | undefined): (id: number) => string | undefined {
  if (typeof writers === 'function') return writers;
  const schemas = new Map(Object.entries(writers ?? {}).map(([id, schema]) => [Number(id), schema]));
  return (id) => schemas.get(id);
}

function confluentReader(readers: () => ReaderOf): (reader: Reader) => unknown {
  let readerOf: ReaderOf | undefined;
  let lastId = -1;
  let last: WholeReader | undefined;
  return (reader) => {
    const id = readHeader(reader);
    if (id !== lastId || last === undefined) {
      readerOf ??= readers();
      last = readerOf(id);
      lastId = id;
    }
    try {
      return last(reader);
    } catch (error) {
      throw decodeErrorBelow('', error, HEADER);
    }
  };
}

/** What is wrong with the data is said when they are read. @throws SchemaWanted */
function prepare(readerOf: ReaderOf, { bytes, position, end }: Reader): void {
  const id = confluentSchemaId(bytes.subarray(position, end));
  if (id === undefined) return;
  try {
    readerOf(id);
  } catch (error) {
    if (isSchemaWanted(error)) throw error;
  }
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
