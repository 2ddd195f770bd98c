import { AvroDecodeError } from './errors.ts';
import { isBytes, sizeOfBytes } from './primitives/bytes.ts';
import { decodeFailure, nameOf } from './primitives/failure.ts';
import { Reader } from './reader.ts';
import { interpretTraced } from './resolution/interpreter.ts';
import type { ReadPlan } from './resolution/plan.ts';
import { isStackOverflow } from './validator.ts';

/** Messages up to this many bytes are copied here: that costs less than the views a new reader takes. */
const SCRATCH_SIZE = 16_384;

/** Values never alias what they were read from, and reading calls no code of users: one reader serves all. */
const scratch: Reader = new Reader(new Uint8Array(SCRATCH_SIZE));

/** Reads the whole of `bytes`; `planOf` gives the plan by which a failure is explained. */
export function decodeWhole<T>(read: (r: Reader) => T, planOf: () => ReadPlan, bytes: Uint8Array): T {
  const reader = readerOf(bytes);
  const { position, end } = reader;
  let value: T;
  try {
    value = read(reader);
  } catch (error) {
    throw explainDecode(error, planOf, reader, position, end);
  }
  if (reader.position !== end) throw trailing(end - reader.position, reader.position - position);
  return value;
}

/** Reads one value; `reader.depth` is restored after a failure. */
export function readOne<T>(read: (r: Reader) => T, planOf: () => ReadPlan, reader: Reader): T {
  const { position, end, depth } = reader;
  try {
    return read(reader);
  } catch (error) {
    reader.depth = depth;
    throw explainDecode(error, planOf, reader, position, end);
  }
}

function readerOf(bytes: Uint8Array): Reader {
  if (!isBytes(bytes)) throw new TypeError(`decode takes a Uint8Array, not ${nameOf(bytes)}`);
  const size = sizeOfBytes(bytes);
  if (size <= SCRATCH_SIZE) {
    scratch.bytes.set(bytes);
    scratch.reset(0, size);
    return scratch;
  }
  return new Reader(bytes);
}

function trailing(count: number, offset: number): AvroDecodeError {
  const reason = count === 1 ? 'a byte is left after the value' : `${count} bytes are left after the value`;
  return new AvroDecodeError(reason, { code: 'trailing-bytes', path: '', offset });
}

/** Reads again, slowly, to find where it broke. Offsets count from where the message started. */
function explainDecode(error: unknown, planOf: () => ReadPlan, { bytes }: Reader, start: number, end: number): unknown {
  const { read, trace } = interpretTraced(planOf());
  const again = new Reader(bytes, start, end);
  try {
    read(again);
  } catch (cause) {
    const failure = decodeErrorOf(cause, again);
    const { path, offset } = trace;
    return failure === undefined
      ? cause
      : new AvroDecodeError(failure.reason, { code: failure.code, path, offset: offset - start });
  }
  // The second reading had a budget of its own for items without bytes.
  const failure = decodeErrorOf(error, again);
  if (failure === undefined) return error;
  return new AvroDecodeError(failure.reason, { code: failure.code, path: '', offset: failure.offset - start });
}

function decodeErrorOf(error: unknown, reader: Reader): AvroDecodeError | undefined {
  if (error instanceof AvroDecodeError) return error;
  return isStackOverflow(error) ? decodeFailure(reader, 'depth', 'nested too deep') : undefined;
}
