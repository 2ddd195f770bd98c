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

/** True for a Uint8Array of any realm, a Buffer among them; not for what only has its prototype. */
export function isBytes(value: unknown): value is Uint8Array {
  return types.isUint8Array(value);
}

const lengthOf = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), 'length')?.get;

/** The true length of bytes: a subclass may claim another. */
export function sizeOfBytes(value: Uint8Array): number {
  return lengthOf === undefined ? value.length : (lengthOf.call(value) as number);
}

/** A copy as a Buffer, which makes text of it. */
export function bufferOf(value: Uint8Array): Buffer {
  // Copying takes the true length.
  return Buffer.from(new Uint8Array(value).buffer);
}

/** Avro bytes. */
export function writeBytes(w: Writer, value: Uint8Array): void {
  if (!isBytes(value)) throw wrongType('a Uint8Array', value);
  const size = sizeOfBytes(value);
  writeLength(w, size);
  append(w, value, size);
}

/** Avro fixed. */
export function writeFixed(w: Writer, value: Uint8Array, size: number): void {
  if (!isBytes(value)) throw wrongType('a Uint8Array', value);
  const given = sizeOfBytes(value);
  if (given !== size) throw encodeFailure('size', `${given} bytes, where there must be ${size}`);
  append(w, value, size);
}

/** Appends bytes as they are. */
function append(w: Writer, value: Uint8Array, size: number): void {
  w.ensure(size);
  w.bytes.set(value, w.position);
  w.position += size;
}
