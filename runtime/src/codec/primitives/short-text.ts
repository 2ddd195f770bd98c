import type { Reader } from '../reader.ts';
import { utf8Text } from './text.ts';

/** The longest string that `shortText` makes. */
export const SHORT_TEXT = 16;

/**
 * A string of at most `SHORT_TEXT` bytes without a call into native code: `String.fromCharCode` of exact arity is
 * what the optimizing compiler turns into an allocation and stores. Its cases are written out for that reason.
 */
export function shortText(r: Reader, start: number, size: number): string {
  const { view } = r;
  switch (size) {
    case 0:
      return '';
    case 1: {
      const a = view.getUint8(start);
      if (a < 128) return String.fromCharCode(a);
      break;
    }
    case 2: {
      const a = view.getUint8(start);
      const b = view.getUint8(start + 1);
      if ((a | b) < 128) return String.fromCharCode(a, b);
      break;
    }
    case 3: {
      const a = view.getUint8(start);
      const b = view.getUint8(start + 1);
      const c = view.getUint8(start + 2);
      if ((a | b | c) < 128) return String.fromCharCode(a, b, c);
      break;
    }
    case 4: {
      const a = view.getUint8(start);
      const b = view.getUint8(start + 1);
      const c = view.getUint8(start + 2);
      const d = view.getUint8(start + 3);
      if ((a | b | c | d) < 128) return String.fromCharCode(a, b, c, d);
      break;
    }
    case 5: {
      const a = view.getUint8(start);
      const b = view.getUint8(start + 1);
      const c = view.getUint8(start + 2);
      const d = view.getUint8(start + 3);
      const e = view.getUint8(start + 4);
      if ((a | b | c | d | e) < 128) return String.fromCharCode(a, b, c, d, e);
      break;
    }
    case 6: {
      const a = view.getUint8(start);
      const b = view.getUint8(start + 1);
      const c = view.getUint8(start + 2);
      const d = view.getUint8(start + 3);
      const e = view.getUint8(start + 4);
      const f = view.getUint8(start + 5);
      if ((a | b | c | d | e | f) < 128) return String.fromCharCode(a, b, c, d, e, f);
      break;
    }
    case 7: {
      const a = view.getUint8(start);
      const b = view.getUint8(start + 1);
      const c = view.getUint8(start + 2);
      const d = view.getUint8(start + 3);
      const e = view.getUint8(start + 4);
      const f = view.getUint8(start + 5);
      const g = view.getUint8(start + 6);
      if ((a | b | c | d | e | f | g) < 128) return String.fromCharCode(a, b, c, d, e, f, g);
      break;
    }
    case 8: {
      const a = view.getUint8(start);
      const b = view.getUint8(start + 1);
      const c = view.getUint8(start + 2);
      const d = view.getUint8(start + 3);
      const e = view.getUint8(start + 4);
      const f = view.getUint8(start + 5);
      const g = view.getUint8(start + 6);
      const h = view.getUint8(start + 7);
      if ((a | b | c | d | e | f | g | h) < 128) return String.fromCharCode(a, b, c, d, e, f, g, h);
      break;
    }
    case 9: {
      const a = view.getUint8(start);
      const b = view.getUint8(start + 1);
      const c = view.getUint8(start + 2);
      const d = view.getUint8(start + 3);
      const e = view.getUint8(start + 4);
      const f = view.getUint8(start + 5);
      const g = view.getUint8(start + 6);
      const h = view.getUint8(start + 7);
      const i = view.getUint8(start + 8);
      if ((a | b | c | d | e | f | g | h | i) < 128) return String.fromCharCode(a, b, c, d, e, f, g, h, i);
      break;
    }
    case 10: {
      const a = view.getUint8(start);
      const b = view.getUint8(start + 1);
      const c = view.getUint8(start + 2);
      const d = view.getUint8(start + 3);
      const e = view.getUint8(start + 4);
      const f = view.getUint8(start + 5);
      const g = view.getUint8(start + 6);
      const h = view.getUint8(start + 7);
      const i = view.getUint8(start + 8);
      const j = view.getUint8(start + 9);
      if ((a | b | c | d | e | f | g | h | i | j) < 128) return String.fromCharCode(a, b, c, d, e, f, g, h, i, j);
      break;
    }
    case 11: {
      const a = view.getUint8(start);
      const b = view.getUint8(start + 1);
      const c = view.getUint8(start + 2);
      const d = view.getUint8(start + 3);
      const e = view.getUint8(start + 4);
      const f = view.getUint8(start + 5);
      const g = view.getUint8(start + 6);
      const h = view.getUint8(start + 7);
      const i = view.getUint8(start + 8);
      const j = view.getUint8(start + 9);
      const k = view.getUint8(start + 10);
      if ((a | b | c | d | e | f | g | h | i | j | k) < 128)
        return String.fromCharCode(a, b, c, d, e, f, g, h, i, j, k);
      break;
    }
    case 12: {
      const a = view.getUint8(start);
      const b = view.getUint8(start + 1);
      const c = view.getUint8(start + 2);
      const d = view.getUint8(start + 3);
      const e = view.getUint8(start + 4);
      const f = view.getUint8(start + 5);
      const g = view.getUint8(start + 6);
      const h = view.getUint8(start + 7);
      const i = view.getUint8(start + 8);
      const j = view.getUint8(start + 9);
      const k = view.getUint8(start + 10);
      const l = view.getUint8(start + 11);
      if ((a | b | c | d | e | f | g | h | i | j | k | l) < 128)
        return String.fromCharCode(a, b, c, d, e, f, g, h, i, j, k, l);
      break;
    }
    case 13: {
      const a = view.getUint8(start);
      const b = view.getUint8(start + 1);
      const c = view.getUint8(start + 2);
      const d = view.getUint8(start + 3);
      const e = view.getUint8(start + 4);
      const f = view.getUint8(start + 5);
      const g = view.getUint8(start + 6);
      const h = view.getUint8(start + 7);
      const i = view.getUint8(start + 8);
      const j = view.getUint8(start + 9);
      const k = view.getUint8(start + 10);
      const l = view.getUint8(start + 11);
      const m = view.getUint8(start + 12);
      if ((a | b | c | d | e | f | g | h | i | j | k | l | m) < 128)
        return String.fromCharCode(a, b, c, d, e, f, g, h, i, j, k, l, m);
      break;
    }
    case 14: {
      const a = view.getUint8(start);
      const b = view.getUint8(start + 1);
      const c = view.getUint8(start + 2);
      const d = view.getUint8(start + 3);
      const e = view.getUint8(start + 4);
      const f = view.getUint8(start + 5);
      const g = view.getUint8(start + 6);
      const h = view.getUint8(start + 7);
      const i = view.getUint8(start + 8);
      const j = view.getUint8(start + 9);
      const k = view.getUint8(start + 10);
      const l = view.getUint8(start + 11);
      const m = view.getUint8(start + 12);
      const n = view.getUint8(start + 13);
      if ((a | b | c | d | e | f | g | h | i | j | k | l | m | n) < 128)
        return String.fromCharCode(a, b, c, d, e, f, g, h, i, j, k, l, m, n);
      break;
    }
    case 15: {
      const a = view.getUint8(start);
      const b = view.getUint8(start + 1);
      const c = view.getUint8(start + 2);
      const d = view.getUint8(start + 3);
      const e = view.getUint8(start + 4);
      const f = view.getUint8(start + 5);
      const g = view.getUint8(start + 6);
      const h = view.getUint8(start + 7);
      const i = view.getUint8(start + 8);
      const j = view.getUint8(start + 9);
      const k = view.getUint8(start + 10);
      const l = view.getUint8(start + 11);
      const m = view.getUint8(start + 12);
      const n = view.getUint8(start + 13);
      const o = view.getUint8(start + 14);
      if ((a | b | c | d | e | f | g | h | i | j | k | l | m | n | o) < 128)
        return String.fromCharCode(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o);
      break;
    }
    case 16: {
      const a = view.getUint8(start);
      const b = view.getUint8(start + 1);
      const c = view.getUint8(start + 2);
      const d = view.getUint8(start + 3);
      const e = view.getUint8(start + 4);
      const f = view.getUint8(start + 5);
      const g = view.getUint8(start + 6);
      const h = view.getUint8(start + 7);
      const i = view.getUint8(start + 8);
      const j = view.getUint8(start + 9);
      const k = view.getUint8(start + 10);
      const l = view.getUint8(start + 11);
      const m = view.getUint8(start + 12);
      const n = view.getUint8(start + 13);
      const o = view.getUint8(start + 14);
      const q = view.getUint8(start + 15);
      if ((a | b | c | d | e | f | g | h | i | j | k | l | m | n | o | q) < 128)
        return String.fromCharCode(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, q);
      break;
    }
  }
  return utf8Text(r, start, size);
}
