import type { Codec } from '../codec/codec.ts';
import { AvroDecodeError } from '../codec/errors.ts';
import { canonicalForm } from '../codec/schema/canonical-form.ts';
import { fingerprint } from '../codec/schema/fingerprint.ts';
import { parseSchema } from '../codec/schema/read-schemas.ts';
import type { Writer } from '../codec/writer.ts';
import { type BranchValue, branchSelector, loadOnce, once, pathOf, type TopicBranch } from './branch.ts';
import type { Format } from './format.ts';
import { decodeErrorBelow, encodeErrorBelow } from './place.ts';
import { ownReader, type WholeReader, writerReader } from './writer-schema.ts';

/** C3 01, as the little-endian number it reads as. */
const MARKER = 0x01c3;
/** Marker and fingerprint. */
const HEADER = 10;

export interface SingleObjectOptions {
  /** Schemas of other writers, as JSON. */
  readonly writers?: readonly string[] | (() => readonly string[]) | undefined;
}

/**
 * Avro's single-object encoding (Avro 1.12, "Single-object encoding"): C3 01, the schema's CRC-64-AVRO, Avro binary.
 * Data of a fingerprint that is neither the codec's own nor of one of `writers` are refused with code `format`.
 *
 * Several types in one topic: the fingerprint says which it is.
 */
export function singleObject<T>(codec: () => Codec<T>, options?: SingleObjectOptions): Format<T>;
export function singleObject<const B extends readonly TopicBranch[]>(
  branches: B,
  options?: SingleObjectOptions,
): Format<BranchValue<B[number]>>;
export function singleObject(
  types: (() => Codec<unknown>) | readonly TopicBranch[],
  { writers = [] }: SingleObjectOptions = {},
): Format<unknown> {
  const branches = typeof types === 'function' ? [{ codec: once(types) }] : types.map(loadOnce);
  const read = singleObjectReader(branches, typeof writers === 'function' ? writers : () => writers);
  const [only] = branches;
  if (only !== undefined && branches.length === 1 && only.branch === undefined) {
    return { name: 'single-object', read, write: (writer, value) => writeValue(writer, only, value) };
  }
  const select = branchSelector(branches);
  return {
    name: 'single-object',
    read,
    write(writer, value) {
      const selected = select(value);
      writeValue(writer, selected.branch, selected.value);
    },
  };
}

function singleObjectReader(branches: readonly TopicBranch[], writers: () => readonly string[]): WholeReader {
  let known: readonly KnownReader[] | undefined;
  return (reader) => {
    const { position, end, view } = reader;
    if (end - position < HEADER) {
      throw refused(`${end - position} bytes, too few for the single-object header of ${HEADER}`);
    }
    if (view.getUint16(position, true) !== MARKER) {
      throw refused(
        'does not start with C3 01, the marker of the single-object encoding. See whether the topic is in another format',
      );
    }
    const low = view.getUint32(position + 2, true);
    const high = view.getUint32(position + 6, true);
    known ??= knownReaders(branches, writers());
    for (const { low: l, high: h, read } of known) {
      if (l !== low || h !== high) continue;
      reader.position = position + HEADER;
      try {
        return read(reader);
      } catch (error) {
        throw decodeErrorBelow('', error, HEADER);
      }
    }
    const unknown = hex(view.getBigUint64(position + 2, true));
    throw refused(`no known schema has the fingerprint ${unknown}. Add the writer's schema to the topic's writers`);
  };
}

interface KnownReader {
  readonly low: number;
  readonly high: number;
  readonly read: WholeReader;
}

/** Readers by the fingerprint in two halves of 32 bits, which cost no bigint: there are few. */
function knownReaders(branches: readonly TopicBranch[], writers: readonly string[]): readonly KnownReader[] {
  const own = branches.map((branch) => ({ ...halves(branch.codec().fingerprint), read: ownReader(branch) }));
  const others = writers.map((schema) => {
    const writer = fingerprint(canonicalForm(parseSchema(schema, {}, { defaults: 'ignore' })));
    return { ...halves(writer), read: writerReader(branches, schema, `the schema with fingerprint ${hex(writer)}`) };
  });
  return [...own, ...others];
}

function hex(fingerprint: bigint): string {
  return fingerprint.toString(16).padStart(16, '0');
}

function halves(fingerprint: bigint): { readonly low: number; readonly high: number } {
  return { low: Number(fingerprint & 0xffffffffn), high: Number(fingerprint >> 32n) };
}

function refused(reason: string): AvroDecodeError {
  return new AvroDecodeError(reason, { code: 'format', path: '', offset: 0 });
}

function writeValue(writer: Writer, branch: TopicBranch, value: unknown): void {
  const codec = branch.codec();
  const start = writer.position;
  writer.ensure(HEADER);
  writer.view.setUint16(start, MARKER, true);
  writer.view.setBigUint64(start + 2, codec.fingerprint, true);
  writer.position = start + HEADER;
  try {
    codec.write(writer, value);
  } catch (error) {
    writer.position = start;
    throw branch.branch === undefined ? error : encodeErrorBelow(pathOf(branch), error);
  }
}
