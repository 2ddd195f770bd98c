import { performance } from 'node:perf_hooks';

/** Contenders by name; each call does the same work. */
export interface Contenders {
  readonly [name: string]: () => void;
}

export interface Measurement {
  readonly name: string;
  /** Nanoseconds for each unit of work, median of all rounds. */
  readonly nanoseconds: number;
  /** How many times as fast as the baseline: median of the ratios within each round. */
  readonly ratio: number;
}

export interface HarnessOptions {
  readonly rounds: number;
  /** Milliseconds for each contender in each round. */
  readonly slice: number;
  /** Milliseconds for each contender before the first round. */
  readonly warmUp: number;
}

const DEFAULTS: HarnessOptions = { rounds: 31, slice: 5, warmUp: 250 };

/** Results go here, so that no optimizer can tell that nobody reads them. */
export const sink: { value: unknown } = { value: undefined };
Object.defineProperty(globalThis, 'benchSink', { value: sink });

/**
 * Runs contenders in turn, round after round: what disturbs the machine then disturbs all of them alike.
 * The first is the baseline; `units` is the amount of work in one call.
 */
export function compare(contenders: Contenders, units: number, options: Partial<HarnessOptions> = {}): Measurement[] {
  const { rounds, slice, warmUp } = { ...DEFAULTS, ...options };
  const runs = Object.entries(contenders).map(([name, run]) => ({ name, run, calls: callsIn(run, slice, warmUp) }));
  const samples = runs.map(() => [] as number[]);
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < runs.length; i++) {
      const at = (i + round) % runs.length;
      const contender = runs[at];
      if (contender !== undefined) samples[at]?.push(time(contender.run, contender.calls) / units);
    }
  }
  const baseline = samples[0] ?? [];
  return runs.map(({ name }, i) => {
    const own = samples[i] ?? [];
    return { name, nanoseconds: median(own), ratio: median(own.map((sample, n) => (baseline[n] ?? 0) / sample)) };
  });
}

/** As `compare`, for contenders of which some have to be awaited. */
export async function compareAsync(
  contenders: { readonly [name: string]: () => void | Promise<void> },
  units: number,
  options: Partial<HarnessOptions> = {},
): Promise<Measurement[]> {
  const { rounds, slice, warmUp } = { ...DEFAULTS, ...options };
  const runs: { name: string; run: () => void | Promise<void>; calls: number; samples: number[] }[] = [];
  for (const [name, run] of Object.entries(contenders)) {
    const start = performance.now();
    let calls = 0;
    while (performance.now() - start < warmUp) {
      await run();
      calls++;
    }
    const each = (performance.now() - start) / calls;
    runs.push({ name, run, calls: Math.max(1, Math.round(slice / each)), samples: [] });
  }
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < runs.length; i++) {
      const contender = runs[(i + round) % runs.length];
      if (contender === undefined) continue;
      const start = performance.now();
      for (let call = 0; call < contender.calls; call++) await contender.run();
      contender.samples.push(((performance.now() - start) * 1e6) / contender.calls / units);
    }
  }
  const baseline = runs[0]?.samples ?? [];
  return runs.map(({ name, samples }) => ({
    name,
    nanoseconds: median(samples),
    ratio: median(samples.map((sample, n) => (baseline[n] ?? 0) / sample)),
  }));
}

function callsIn(run: () => void, slice: number, warmUp: number): number {
  const start = performance.now();
  let calls = 0;
  let elapsed = 0;
  while (elapsed < warmUp) {
    run();
    calls++;
    elapsed = performance.now() - start;
  }
  return Math.max(1, Math.round((slice * calls) / elapsed));
}

/** Nanoseconds for one call. */
function time(run: () => void, calls: number): number {
  const start = performance.now();
  for (let i = 0; i < calls; i++) run();
  return ((performance.now() - start) * 1e6) / calls;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? Number.NaN;
}
