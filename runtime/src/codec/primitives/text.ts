import { isUtf8 } from 'node:buffer';
import type { Reader } from '../reader.ts';
import type { Writer } from '../writer.ts';
import { decodeFailure, encodeFailure, wrongType } from './failure.ts';
import { putVarint } from './put.ts';
import { readLength } from './varint.ts';

/**
 * Size of the text window in bytes. Larger ones save little: what a native call costs is spread over this many bytes.
 * Each string of 13 characters or more that outlives its message keeps one such window alive.
 */
const WINDOW = 2048;

/** Strings of up to this size do not open a window. */
const TINY = 4;

/** Up to here a loop over characters beats a call into native code. */
const SHORT_WRITE = 12;

/** From so many UTF-16 units on, text is measured before room is made for it. */
const LARGE = 4096;

/** The top bit of each of four bytes. */
const NOT_ASCII = 0x80808080 | 0;

/** What `Buffer.toString` calls in the end; calling it directly saves a tenth of a short message's time. */
interface NativeText {
  latin1Slice?(start: number, end: number): string;
  utf8Slice?(start: number, end: number): string;
  utf8Write?(text: string, offset: number, length: number): number;
}

function latin1Text(bytes: Buffer & NativeText, start: number, end: number): string {
  return bytes.latin1Slice?.(start, end) ?? bytes.toString('latin1', start, end);
}

function utf8Slice(bytes: Buffer & NativeText, start: number, end: number): string {
  return bytes.utf8Slice?.(start, end) ?? bytes.toString('utf8', start, end);
}

function utf8Write(bytes: Buffer & NativeText, text: string, offset: number, length: number): number {
  return bytes.utf8Write?.(text, offset, length) ?? bytes.write(text, offset, length, 'utf8');
}

/** Avro string. Bytes that are not UTF-8 are refused, never replaced. */
export function readString(r: Reader): string {
  const size = readLength(r);
  const start = r.position;
  const end = start + size;
  r.position = end;
  const from = start - r.textStart;
  if (from >= 0 && end <= r.textEnd && isAscii(r.view, start, end)) return r.text.slice(from, from + size);
  return textAt(r, start, size);
}

/** The UTF-8 text of `size` bytes at `start`, which lie before `r.end`. Leaves the position where it is. */
export function textAt(r: Reader, start: number, size: number): string {
  const end = start + size;
  if (start < r.textStart || end > r.textEnd) {
    if (size <= TINY && isAsciiTiny(r.view, start, end)) return tinyText(r.view, start, size);
    if (size <= TINY || size > WINDOW) return utf8Text(r, start, size);
    openWindow(r, start);
  }
  if (!isAscii(r.view, start, end)) return utf8Text(r, start, size);
  const from = start - r.textStart;
  return r.text.slice(from, from + size);
}

function openWindow(r: Reader, start: number): void {
  const end = Math.min(r.limit, start + WINDOW);
  r.text = latin1Text(r.bytes, start, end);
  r.textStart = start;
  r.textEnd = end;
}

/** Reads overlap instead of ending in single bytes: sizes vary, and each loop would end with a branch mispredicted. */
function isAscii(view: DataView, start: number, end: number): boolean {
  const size = end - start;
  if (size < 4) return isAsciiTiny(view, start, end);
  let seen: number;
  if (size <= 16) {
    const step = (size >>> 3) << 2;
    seen =
      view.getInt32(start, true) |
      view.getInt32(start + step, true) |
      view.getInt32(end - 4 - step, true) |
      view.getInt32(end - 4, true);
  } else {
    seen = sixteenBytes(view, start) | sixteenBytes(view, end - 16);
    if (size > 32) {
      seen |= sixteenBytes(view, start + 16) | sixteenBytes(view, end - 32);
      for (let p = start + 32; p < end - 32; p += 16) seen |= sixteenBytes(view, p);
    }
  }
  return (seen & NOT_ASCII) === 0;
}

function sixteenBytes(view: DataView, p: number): number {
  return view.getInt32(p, true) | view.getInt32(p + 4, true) | view.getInt32(p + 8, true) | view.getInt32(p + 12, true);
}

function isAsciiTiny(view: DataView, start: number, end: number): boolean {
  let seen = 0;
  for (let p = start; p < end; p++) seen |= view.getUint8(p);
  return seen < 128;
}

/** Up to four ASCII characters. */
function tinyText(view: DataView, start: number, size: number): string {
  switch (size) {
    case 0:
      return '';
    case 1:
      return String.fromCharCode(view.getUint8(start));
    case 2:
      return String.fromCharCode(view.getUint8(start), view.getUint8(start + 1));
    case 3:
      return String.fromCharCode(view.getUint8(start), view.getUint8(start + 1), view.getUint8(start + 2));
    default:
      return String.fromCharCode(
        view.getUint8(start),
        view.getUint8(start + 1),
        view.getUint8(start + 2),
        view.getUint8(start + 3),
      );
  }
}

/** Any UTF-8. The native decoder replaces what is invalid by U+FFFD, so only text that holds it is looked at twice. */
function utf8Text(r: Reader, start: number, size: number): string {
  const text = utf8Slice(r.bytes, start, start + size);
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
  if (size <= SHORT_WRITE && writeShortText(w, value, size)) return;
  writeLongText(w, value);
}

/** Writes ASCII; false where the text is something else. */
function writeShortText(w: Writer, value: string, size: number): boolean {
  w.ensure(1 + size);
  const { view, position } = w;
  const start = position + 1;
  let seen = 0;
  if (size < 4) {
    for (let i = 0; i < size; i++) {
      const unit = value.charCodeAt(i);
      seen |= unit;
      view.setUint8(start + i, unit);
    }
  } else {
    // Four units at a time; the last four overlap with those before.
    for (let i = 0; ; i = Math.min(i + 4, size - 4)) {
      const a = value.charCodeAt(i);
      const b = value.charCodeAt(i + 1);
      const c = value.charCodeAt(i + 2);
      const d = value.charCodeAt(i + 3);
      seen |= a | b | c | d;
      view.setInt32(start + i, a | (b << 8) | (c << 16) | (d << 24), true);
      if (i === size - 4) break;
    }
  }
  if (seen > 127) return false;
  view.setUint8(position, size << 1);
  w.position = start + size;
  return true;
}

/** Bytes that the length of `size` bytes takes. */
function sizeOfLength(size: number): number {
  return size < 0x40 ? 1 : size < 0x2000 ? 2 : size < 0x100000 ? 3 : size < 0x8000000 ? 4 : 5;
}

function writeLongText(w: Writer, value: string): void {
  const units = value.length;
  // No unit takes more than three bytes; to count exactly is only worth it where that much room would hurt.
  const room = units < LARGE ? units * 3 : Buffer.byteLength(value);
  w.ensure(5 + room);
  const start = w.position;
  // The length goes before the text: guess its size as if all were ASCII, and move the text where that was wrong.
  const guess = sizeOfLength(units);
  const size = utf8Write(w.bytes, value, start + guess, room);
  if (size !== units) {
    if (!value.isWellFormed()) throw encodeFailure('utf16', 'text with a lone surrogate');
    const actual = sizeOfLength(size);
    if (actual !== guess) w.bytes.copyWithin(start + actual, start + guess, start + guess + size);
  }
  w.position = putVarint(w.view, start, size << 1) + size;
}
