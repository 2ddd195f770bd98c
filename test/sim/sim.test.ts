import { expect, test } from 'vitest';
import { FAULTS, FaultCounts, HARMS } from './faults.ts';
import { FEATURES } from './features/index.ts';
import { PHASES } from './phase.ts';
import type { Wishes } from './profile.ts';
import { simulate } from './simulate.ts';

const SEEDS = 1400;
const FEWER_SEEDS = 300;

type Guarantee = NonNullable<Wishes['guarantee']>;

/** Runs seeds until one fails. */
async function run(
  seeds: number,
  guarantee: Guarantee,
): Promise<{ counts: FaultCounts; features: Map<string, number>; repeated: number }> {
  const counts = new FaultCounts();
  const features = new Map<string, number>();
  let repeated = 0;
  for (let seed = 1; seed <= seeds; seed++) {
    const outcome = await simulate(seed, { guarantee, positions: true });
    const { violation } = outcome;
    if (violation !== undefined) {
      const again = `Again with: npm run sim -- --seeds 1 --from ${seed} --guarantee ${guarantee}`;
      throw new Error(`seed ${seed}: ${violation.name}: ${violation.what}\n${again}\n${outcome.trace().join('\n')}`);
    }
    counts.add(outcome.faults);
    for (const feature of outcome.features) features.set(feature, (features.get(feature) ?? 0) + 1);
    repeated += outcome.repetitions;
  }
  return { counts, features, repeated };
}

/** What never happened proves nothing. */
function expectAllHappened(counts: FaultCounts, often: number): void {
  for (const fault of FAULTS) expect(counts.of(fault), fault).toBeGreaterThan(often);
}

/** Each feature is that of many jobs. */
function expectAllWorked(features: ReadonlyMap<string, number>, jobs: number): void {
  for (const { name } of FEATURES) expect(features.get(name) ?? 0, name).toBeGreaterThan(jobs / 15);
}

test(`nothing is lost, doubled, disordered, wrong or stuck, whatever goes wrong in ${SEEDS} seeds`, {
  timeout: 600_000,
}, async () => {
  const { counts, features, repeated } = await run(SEEDS, 'exactly-once');
  expectAllHappened(counts, 20);
  for (const phase of PHASES)
    for (const harm of HARMS) expect(counts.in(phase, harm), `${harm}, ${phase}`).toBeGreaterThan(2);
  expectAllWorked(features, SEEDS);
  expect(repeated).toBe(0);
});

test.each(['at-least-once', 'none'] as const)(
  `state is exact with guarantee %s as well, in ${FEWER_SEEDS} seeds; outputs come again, and with at-least-once none is lost (I10)`,
  { timeout: 600_000 },
  async (guarantee) => {
    const { counts, features, repeated } = await run(FEWER_SEEDS, guarantee);
    expectAllHappened(counts, 5);
    expectAllWorked(features, FEWER_SEEDS);
    expect(repeated).toBeGreaterThan(FEWER_SEEDS);
  },
);

test('a seed gives the same run again', async () => {
  const [first, second] = [await simulate(42), await simulate(42)];
  expect(second.trace()).toEqual(first.trace());
  expect(first.trace().length).toBeGreaterThan(20);
});
