import type { Reader } from '../reader.ts';
import { decodeFailure, truncated } from './failure.ts';

export function readBoolean(r: Reader): boolean {
  const p = r.position;
  if (p >= r.end) throw truncated(r);
  const byte = r.view.getUint8(p);
  if (byte > 1) throw decodeFailure(r, 'boolean', 'neither 0 nor 1');
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
