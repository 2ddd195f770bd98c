import type { RecordHeaders } from '../port.ts';
import { plainBytes } from './plain-bytes.ts';

// A count, then for each header the sizes of name and value (-1 for null), the name in UTF-8, and the value.

export function headersSize(headers: RecordHeaders): number {
  let size = 4;
  for (const [name, value] of headers) size += 8 + Buffer.byteLength(name) + (value?.length ?? 0);
  return size;
}

export function writeHeaders(bytes: Buffer, start: number, headers: RecordHeaders): void {
  let at = bytes.writeInt32LE(headers.length, start);
  for (const [name, value] of headers) {
    const size = bytes.write(name, at + 8);
    bytes.writeInt32LE(size, at);
    bytes.writeInt32LE(value?.length ?? -1, at + 4);
    at += 8 + size;
    if (value !== null) {
      bytes.set(value, at);
      at += value.length;
    }
  }
}

export function readHeaders(bytes: Buffer, start: number): RecordHeaders {
  const headers: (readonly [string, Uint8Array | null])[] = [];
  let at = start + 4;
  for (let i = bytes.readInt32LE(start); i > 0; i--) {
    const nameSize = bytes.readInt32LE(at);
    const valueSize = bytes.readInt32LE(at + 4);
    at += 8 + nameSize;
    const name = bytes.toString('utf8', at - nameSize, at);
    headers.push([name, valueSize < 0 ? null : plainBytes(bytes, at, at + valueSize)]);
    if (valueSize > 0) at += valueSize;
  }
  return headers;
}
