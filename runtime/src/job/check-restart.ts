import type { RestartStrategy } from '../task/restart-strategy.ts';

/** A timer of JavaScript cannot wait longer, in milliseconds. */
const LONGEST = 0x7fffffff;

interface Range {
  readonly least: number;
  readonly most: number;
  readonly what: string;
  readonly whole?: boolean;
}

const PAUSE: Range = { least: 0, most: LONGEST, what: 'milliseconds from 0 to 24 days' };
const COUNT: Range = {
  least: 1,
  most: Number.POSITIVE_INFINITY,
  what: 'a whole number from 1, or Infinity',
  whole: true,
};
const SAME = { sameFailures: COUNT };
const LIMITS = {
  ...SAME,
  attempts: COUNT,
  resetAfter: { least: 0, most: Number.POSITIVE_INFINITY, what: 'milliseconds' },
};

/** Options of each strategy; a compiler of the user's may not have checked them. */
const OPTIONS: { readonly [S in RestartStrategy['strategy']]: { readonly [option: string]: Range } } = {
  none: {},
  'fixed-delay': { ...LIMITS, delay: PAUSE },
  exponential: {
    ...LIMITS,
    initialDelay: PAUSE,
    maxDelay: PAUSE,
    multiplier: { least: 1, most: Number.MAX_VALUE, what: 'a number from 1' },
    jitter: { least: 0, most: 1, what: 'a number from 0 to 1' },
  },
  'failure-rate': {
    ...SAME,
    failures: COUNT,
    interval: { least: 1, most: Number.MAX_VALUE, what: 'a number of milliseconds from 1' },
    delay: PAUSE,
  },
};

/** What is wrong with a strategy, with the path of what it is about; undefined where nothing is. */
export function restartProblem(restart: RestartStrategy): string | undefined {
  const { strategy, ...given }: { readonly strategy: string; readonly [option: string]: unknown } = { ...restart };
  const known = Object.hasOwn(OPTIONS, strategy) ? OPTIONS[strategy as RestartStrategy['strategy']] : undefined;
  if (known === undefined) {
    return `restart.strategy: '${strategy}' is unknown; use ${Object.keys(OPTIONS)
      .map((name) => `'${name}'`)
      .join(', ')}`;
  }
  for (const [option, value] of Object.entries(given)) {
    if (value === undefined) continue;
    const range = Object.hasOwn(known, option) ? known[option] : undefined;
    if (range === undefined) return `restart.${option}: strategy '${strategy}' has no such option`;
    const { least, most, whole = false, what } = range;
    const fits = typeof value === 'number' && value >= least && value <= most;
    if (!fits || (whole && Number.isFinite(value) && !Number.isInteger(value)))
      return `restart.${option}: ${String(value)} is not ${what}`;
  }
  return undefined;
}
