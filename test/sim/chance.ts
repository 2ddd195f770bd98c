/** Chance from a seed (mulberry32): the same seed, the same run. */
export interface Chance {
  /** 0 ≤ r < 1 */
  next(): number;
  /** An integer, 0 ≤ n < below. */
  below(below: number): number;
  /** True in `probability` of all cases. */
  hits(probability: number): boolean;
  between(least: number, most: number): number;
}

export function chance(seed: number): Chance {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    next,
    below: (below) => Math.floor(next() * below),
    hits: (probability) => next() < probability,
    between: (least, most) => least + next() * (most - least),
  };
}
