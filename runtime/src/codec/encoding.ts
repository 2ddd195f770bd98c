import { markAsUntransferable } from 'node:worker_threads';
import { AvroEncodeError } from './errors.ts';
import { isStackOverflow, refusalError, type Validate } from './validator.ts';
import { Writer } from './writer.ts';

// Results are views of a chunk that is written from front to back and then given up: for messages of usual size an
// ArrayBuffer each would cost more than the encoding. What was given out is never written again.

const CHUNK_SIZE = 16_384;
/** A message starts only where this much is left; longer results get memory of their own. */
const SMALL = 2048;
/** A chunk that grew beyond this is not kept. */
const MAX_KEPT = 1 << 20;

let chunk: Writer = newChunk();
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
  const writer = chunk;
  const start = writer.position;
  try {
    write(writer, value);
    return give(writer, start);
  } catch (error) {
    writer.position = start;
    writer.depth = 0;
    throw explainEncode(error, validateOf, value);
  } finally {
    busy = false;
  }
}

/** Hands out what was written behind `start`. */
function give(writer: Writer, start: number): Uint8Array {
  const size = writer.position - start;
  if (size > SMALL) {
    const own = writer.copy(start);
    if (writer.bytes.length > MAX_KEPT) chunk = newChunk();
    else writer.position = start;
    return own;
  }
  if (writer.bytes.length - writer.position < SMALL) chunk = newChunk();
  return new Uint8Array(writer.bytes.buffer, writer.bytes.byteOffset + start, size);
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
