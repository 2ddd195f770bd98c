import { markAsUntransferable } from 'node:worker_threads';
import { AvroEncodeError } from './errors.ts';
import { isStackOverflow, refusalError, type Validate } from './validator.ts';
import { Writer } from './writer.ts';

// Small results are views of a chunk that is written from front to back and then given up: an ArrayBuffer each would
// cost more than the encoding. Larger ones are copied out. What was given out is never written again.

const CHUNK_SIZE = 16_384;
/** Up to this size results share a chunk, and a message starts only where this much is left. */
const SMALL = 2048;
/** Memory for large messages is kept up to this size. */
const MAX_KEPT = 4 << 20;

let chunk: Writer = newChunk();
/** Writes instead of the chunk as long as messages are large. Nothing in it is given out. */
let spacious: Writer | undefined;
/** A value's getter may encode in turn: the inner call must not write into the outer one's bytes. */
let busy = false;

function newChunk(): Writer {
  const writer = new Writer(CHUNK_SIZE);
  // Transferring one result to another thread would take the memory of all the others along.
  markAsUntransferable(writer.bytes.buffer as ArrayBuffer);
  return writer;
}

/** The bytes of one value. @throws AvroEncodeError */
export function encodeWhole<T>(write: (w: Writer, value: T) => void, validateOf: () => Validate, value: T): Uint8Array {
  if (busy) return encodeAlone(write, validateOf, value);
  busy = true;
  const writer = spacious ?? chunk;
  const start = writer.position;
  try {
    write(writer, value);
    const size = writer.position - start;
    return writer === chunk && size <= SMALL && writer.bytes.length === CHUNK_SIZE
      ? viewOf(writer, start, size)
      : copyOf(writer, start, size);
  } catch (error) {
    if (writer.bytes.length > CHUNK_SIZE && writer === chunk) chunk = newChunk();
    if (writer === spacious && writer.bytes.length > MAX_KEPT) spacious = undefined;
    writer.position = start;
    writer.depth = 0;
    throw explainEncode(error, validateOf, value);
  } finally {
    busy = false;
  }
}

function viewOf(writer: Writer, start: number, size: number): Uint8Array {
  if (CHUNK_SIZE - writer.position < SMALL) chunk = newChunk();
  return new Uint8Array(writer.bytes.buffer, start, size);
}

function copyOf(writer: Writer, start: number, size: number): Uint8Array {
  const copy = writer.copy(start);
  writer.position = start;
  if (writer === chunk && writer.bytes.length > CHUNK_SIZE) {
    chunk = newChunk();
    writer.position = 0;
    spacious = writer;
  }
  if (size <= SMALL || (spacious !== undefined && spacious.bytes.length > MAX_KEPT)) spacious = undefined;
  return copy;
}

function encodeAlone<T>(write: (w: Writer, value: T) => void, validateOf: () => Validate, value: T): Uint8Array {
  const writer = new Writer(SMALL);
  writeOne(write, validateOf, writer, value);
  return writer.copy();
}

/** Appends one value; after a failure the writer is as it was before. @throws AvroEncodeError */
export function writeOne<T>(
  write: (w: Writer, value: T) => void,
  validateOf: () => Validate,
  writer: Writer,
  value: T,
): void {
  const { position, depth } = writer;
  try {
    write(writer, value);
  } catch (error) {
    writer.position = position;
    writer.depth = depth;
    throw explainEncode(error, validateOf, value);
  }
}

/** Looks for the place in the value. An error that is not about the value (a getter's) stays as it is. */
function explainEncode(error: unknown, validateOf: () => Validate, value: unknown): unknown {
  const refusal = validateOf()(value);
  if (refusal !== undefined) return refusalError(refusal);
  return isStackOverflow(error) ? new AvroEncodeError('nested too deep', { code: 'depth', path: '' }) : error;
}
