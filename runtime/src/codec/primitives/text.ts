import { isUtf8 } from 'node:buffer';
import type { Reader } from '../reader.ts';
import type { Writer } from '../writer.ts';
import { decodeFailure, encodeFailure, wrongType } from './failure.ts';
import { SHORT_TEXT, shortText } from './short-text.ts';
import { readLength, writeLength } from './varint.ts';

/**
 * Size of the text window in bytes. Larger ones save little: what a native call costs is spread over this many bytes.
 * Each string of 13 characters or more that outlives its message keeps one such window alive.
 */
const WINDOW = 2048;

/** Up to here a loop over characters beats a call into native code. */
const SHORT_WRITE = 24;

/** Avro string. Bytes that are not UTF-8 are refused, never replaced. */
export function readString(r: Reader): string {
  const size = readLength(r);
  const start = r.position;
  r.position = start + size;
  return size <= SHORT_TEXT ? shortText(r, start, size) : longText(r, start, size);
}

function longText(r: Reader, start: number, size: number): string {
  if (size > WINDOW || !isAscii(r.view, start, start + size)) return utf8Text(r, start, size);
  if (start < r.textStart || start + size > r.textEnd) {
    const end = Math.min(r.end, start + WINDOW);
    r.text = r.bytes.toString('latin1', start, end);
    r.textStart = start;
    r.textEnd = end;
  }
  const from = start - r.textStart;
  return r.text.slice(from, from + size);
}

/** Looks at 16 bytes at a time; the last four overlap what was seen. There are at least four. */
function isAscii(view: DataView, start: number, end: number): boolean {
  let p = start;
  let seen = view.getInt32(end - 4, true);
  for (; p <= end - 16; p += 16) {
    seen |=
      view.getInt32(p, true) | view.getInt32(p + 4, true) | view.getInt32(p + 8, true) | view.getInt32(p + 12, true);
  }
  for (; p < end - 4; p += 4) seen |= view.getInt32(p, true);
  return (seen & 0x80808080) === 0;
}

/** Any UTF-8. The native decoder replaces what is invalid by U+FFFD, so only text that holds it is looked at twice. */
export function utf8Text(r: Reader, start: number, size: number): string {
  const text = r.bytes.toString('utf8', start, start + size);
  if (text.includes('\ufffd') && !isUtf8(r.bytes.subarray(start, start + size))) {
    r.position = start;
    throw decodeFailure(r, 'utf8', 'a string that is not UTF-8');
  }
  return text;
}

/** Avro string. Text with a lone surrogate is refused: UTF-8 cannot hold it. */
export function writeString(w: Writer, value: string): void {
  if (typeof value !== 'string') throw wrongType('a string', value);
  const size = value.length;
  if (size > SHORT_WRITE) {
    writeLongText(w, value);
    return;
  }
  w.ensure(1 + size);
  const { view } = w;
  const start = w.position;
  let p = start + 1;
  for (let i = 0; i < size; i++) {
    const unit = value.charCodeAt(i);
    if (unit > 127) {
      writeLongText(w, value);
      return;
    }
    view.setUint8(p++, unit);
  }
  view.setUint8(start, size << 1);
  w.position = p;
}

function sizeOfLength(size: number): number {
  return size < 0x40 ? 1 : size < 0x2000 ? 2 : size < 0x100000 ? 3 : size < 0x8000000 ? 4 : 5;
}

function writeLongText(w: Writer, value: string): void {
  const units = value.length;
  w.ensure(5 + units * 3);
  const start = w.position;
  // The length goes before the text: guess its size as if all were ASCII, and move the text where that was wrong.
  const guess = sizeOfLength(units);
  const size = w.bytes.write(value, start + guess, units * 3, 'utf8');
  if (size !== units) {
    if (!value.isWellFormed()) throw encodeFailure('utf16', 'text with a lone surrogate');
    const actual = sizeOfLength(size);
    if (actual !== guess) w.bytes.copyWithin(start + actual, start + guess, start + guess + size);
  }
  writeLength(w, size);
  w.position += size;
}
