import type { Reader } from '../reader.ts';
import { textAt } from './text.ts';
import { readLength } from './varint.ts';

// Maps of one type mostly have the same few keys in every message. A key that the engine knows already is stored in an
// object several times as fast as the same text made anew, so keys that come again are kept: a bounded cache of text.

const SLOTS = 256;
/** Sizes of the keys that are kept, in bytes. */
const SHORTEST = 4;
const LONGEST = 32;

const known: string[] = Array.from({ length: SLOTS }, () => '');
/** What was last seen in each slot. A key is kept when it is met twice in a row, so that unique ones cost little. */
const lastSeen: Int32Array = new Int32Array(SLOTS);

/** The key of a map's entry. */
export function readKey(r: Reader): string {
  const size = readLength(r);
  const start = r.position;
  r.position = start + size;
  if (size < SHORTEST || size > LONGEST) return textAt(r, start, size);
  const { view } = r;
  const mixed = Math.imul(view.getInt32(start, true) + size, 0x9e3779b1) ^ view.getInt32(start + size - 4, true);
  const hash = Math.imul(mixed, 0x85ebca6b);
  const slot = hash >>> 24;
  const key = known[slot] ?? '';
  if (key.length === size && isAt(view, start, key)) return key;
  const text = textAt(r, start, size);
  if (lastSeen[slot] === hash && text.length === size) known[slot] = internalized(text);
  lastSeen[slot] = hash;
  return text;
}

/** True where the bytes at `start` are this text; false for any byte beyond ASCII, since keys with such are not kept. */
function isAt(view: DataView, start: number, text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) !== view.getUint8(start + i)) return false;
  return true;
}

/** The engine's own copy of a text, as names of properties have it. */
function internalized(text: string): string {
  return Object.keys({ [text]: 0 })[0] ?? text;
}
