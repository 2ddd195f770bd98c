/** A seeded source of random values (mulberry32): the same data in each run. */
export interface Random {
  /** 0 ≤ x < 1 */
  next(): number;
  /** An integer, `from` ≤ x ≤ `to`. */
  int(from: number, to: number): number;
  pick<T>(items: readonly [T, ...T[]]): T;
  chance(probability: number): boolean;
  /** Characters of an alphabet. */
  text(length: number, alphabet?: string): string;
}

export const LETTERS = 'abcdefghijklmnopqrstuvwxyz';
export const DIGITS = '0123456789';
export const HEX = '0123456789abcdef';

export function random(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 0x100000000;
  };
  const int = (from: number, to: number): number => from + Math.floor(next() * (to - from + 1));
  return {
    next,
    int,
    pick: (items) => items[int(0, items.length - 1)] ?? items[0],
    chance: (probability) => next() < probability,
    text: (length, alphabet = LETTERS + DIGITS) => {
      let text = '';
      for (let i = 0; i < length; i++) text += alphabet[int(0, alphabet.length - 1)];
      return flat(text);
    },
  };
}

/** A string in one piece, as a parser would have made it: concatenation leaves a rope that costs whoever reads it first. */
export function flat(text: string): string {
  return Buffer.from(text, 'utf8').toString('utf8');
}
