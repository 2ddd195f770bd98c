import type { Codec } from '../codec/codec.ts';
import { AvroDecodeError, reasonOf } from '../codec/errors.ts';
import type { Reader } from '../codec/reader.ts';
import type { TopicBranch } from './branch.ts';
import { pathOf, wrap } from './branch.ts';
import { decodeErrorBelow } from './place.ts';

/** Reads one value from the reader's position to its end. */
export type WholeReader = (reader: Reader) => unknown;

/** Reads what a branch's own codec wrote. */
export function ownReader(branch: TopicBranch): WholeReader {
  const codec = branch.codec();
  return inBranch(branch, (reader) => readWhole(codec, reader));
}

/** One value that ends where the reader does. */
export function readWhole<T>(codec: Codec<T>, reader: Reader): T {
  const start = reader.position;
  const value = codec.read(reader);
  if (reader.position !== reader.end) throw trailing(reader, start);
  return value;
}

function trailing(reader: Reader, start: number): AvroDecodeError {
  const left = reader.end - reader.position;
  const reason = left === 1 ? 'a byte is left after the value' : `${left} bytes are left after the value`;
  return new AvroDecodeError(reason, { code: 'trailing-bytes', path: '', offset: reader.position - start });
}

/**
 * Reads what another writer's schema wrote. With several branches it is for the one with the writer's own full name,
 * else the first that can hold its data (as in the resolution of unions).
 * Where none can, the reader throws for each record: `what` then names the schema.
 */
export function writerReader(branches: readonly TopicBranch[], schema: string, what: string): WholeReader {
  const name = fullNameOf(schema);
  const ordered = branches.toSorted((a, b) => Number(b.codec().name === name) - Number(a.codec().name === name));
  let cause: unknown;
  for (const branch of ordered) {
    try {
      return inBranch(branch, resolved(branch.codec(), schema));
    } catch (error) {
      cause ??= error;
    }
  }
  const readers = branches.map((branch) => branch.codec().name).join(' or ');
  const reason = `${what} cannot be read as ${readers}: ${reasonOf(cause)}`;
  return () => {
    throw new AvroDecodeError(reason, { code: 'unresolvable', path: '', offset: 0 }, { cause });
  };
}

function resolved(codec: Codec<unknown>, schema: string): WholeReader {
  const decode = codec.decoderFor(schema);
  return (reader) => {
    const value = decode(reader.bytes.subarray(reader.position, reader.end));
    reader.position = reader.end;
    return value;
  };
}

function inBranch(branch: TopicBranch, read: WholeReader): WholeReader {
  if (branch.branch === undefined) return read;
  return (reader) => {
    try {
      return wrap(branch, read(reader));
    } catch (error) {
      throw decodeErrorBelow(pathOf(branch), error);
    }
  };
}

/** The full name in a schema's JSON; undefined where it is unnamed, or not JSON: resolution then says what is wrong. */
function fullNameOf(schema: string): string | undefined {
  try {
    const json: unknown = JSON.parse(schema);
    if (typeof json !== 'object' || json === null || !('name' in json) || typeof json.name !== 'string')
      return undefined;
    const { name } = json;
    const namespace = 'namespace' in json && typeof json.namespace === 'string' ? json.namespace : '';
    return name.includes('.') || namespace === '' ? name : `${namespace}.${name}`;
  } catch {
    return undefined;
  }
}
