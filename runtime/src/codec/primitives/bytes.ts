import { types } from 'node:util';
import type { Reader } from '../reader.ts';
import type { Writer } from '../writer.ts';
import { encodeFailure, truncated, wrongType } from './failure.ts';
import { readLength } from './varint.ts';
import { writeLength } from './write.ts';

/** Up to here a loop beats a call into native code. */
const SHORT = 8;

/** A copy that is a plain Uint8Array, in memory of its own. */
function copyOf(r: Reader, start: number, size: number): Uint8Array {
  if (size > SHORT) return r.octets.slice(start, start + size);
  const { view } = r;
  const copy = new Uint8Array(size);
  for (let i = 0; i < size; i++) copy[i] = view.getUint8(start + i);
  return copy;
}

/** Avro bytes. */
export function readBytes(r: Reader): Uint8Array {
  const size = readLength(r);
  const start = r.position;
  r.position = start + size;
  return copyOf(r, start, size);
}

/** Avro fixed. */
export function readFixed(r: Reader, size: number): Uint8Array {
  const start = r.position;
  if (r.end - start < size) throw truncated(r);
  r.position = start + size;
  return copyOf(r, start, size);
}

/** Steps over bytes or a string. */
export function skipBytes(r: Reader): void {
  const size = readLength(r);
  r.position += size;
}

/** True for a Uint8Array of any realm, a Buffer among them. */
export function isBytes(value: unknown): value is Uint8Array {
  return value instanceof Uint8Array || types.isUint8Array(value);
}

/** Avro bytes. */
export function writeBytes(w: Writer, value: Uint8Array): void {
  if (!isBytes(value)) throw wrongType('a Uint8Array', value);
  writeLength(w, value.length);
  append(w, value);
}

/** Avro fixed. */
export function writeFixed(w: Writer, value: Uint8Array, size: number): void {
  if (!isBytes(value)) throw wrongType('a Uint8Array', value);
  if (value.length !== size) throw encodeFailure('size', `${value.length} bytes, where there must be ${size}`);
  append(w, value);
}

/** Appends bytes as they are. */
function append(w: Writer, value: Uint8Array): void {
  const size = value.length;
  w.ensure(size);
  w.bytes.set(value, w.position);
  w.position += size;
}
