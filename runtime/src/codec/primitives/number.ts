import type { Reader } from '../reader.ts';
import type { Writer } from '../writer.ts';
import { decodeFailure, encodeFailure, truncated, wrongType } from './failure.ts';

export function readBoolean(r: Reader): boolean {
  const p = r.position;
  if (p >= r.end) throw truncated(r);
  const byte = r.view.getUint8(p);
  if (byte > 1) throw decodeFailure(r, 'boolean', `boolean of byte ${byte}`);
  r.position = p + 1;
  return byte === 1;
}

export function readFloat(r: Reader): number {
  const p = r.position;
  if (r.end - p < 4) throw truncated(r);
  r.position = p + 4;
  return r.view.getFloat32(p, true);
}

export function readDouble(r: Reader): number {
  const p = r.position;
  if (r.end - p < 8) throw truncated(r);
  r.position = p + 8;
  return r.view.getFloat64(p, true);
}

/** Steps over `size` bytes. */
export function skip(r: Reader, size: number): void {
  if (r.end - r.position < size) throw truncated(r);
  r.position += size;
}

export function writeBoolean(w: Writer, value: boolean): void {
  if (typeof value !== 'boolean') throw wrongType('a boolean', value);
  w.ensure(1);
  w.view.setUint8(w.position++, value ? 1 : 0);
}

/** Rounds to the nearest float, as IEEE 754 does; a finite number that would become infinite is refused. */
export function writeFloat(w: Writer, value: number): void {
  if (typeof value !== 'number') throw wrongType('a number', value);
  if (!Number.isFinite(Math.fround(value)) && Number.isFinite(value)) throw encodeFailure('range', 'beyond a float');
  w.ensure(4);
  w.view.setFloat32(w.position, value, true);
  w.position += 4;
}

export function writeDouble(w: Writer, value: number): void {
  if (typeof value !== 'number') throw wrongType('a number', value);
  w.ensure(8);
  w.view.setFloat64(w.position, value, true);
  w.position += 8;
}
