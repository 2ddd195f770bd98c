import { expect, test } from 'vitest';
import { FAULTS, FaultCounts, HARMS } from './faults.ts';
import { FEATURES } from './features/index.ts';
import { PHASES } from './phase.ts';
import { simulate } from './simulate.ts';

const SEEDS = 2000;

test(`nothing is lost, doubled, disordered, wrong or stuck, whatever goes wrong in ${SEEDS} seeds`, {
  timeout: 600_000,
}, async () => {
  const counts = new FaultCounts();
  const features = new Set<string>();
  for (let seed = 1; seed <= SEEDS; seed++) {
    const outcome = await simulate(seed);
    const { violation } = outcome;
    if (violation !== undefined) {
      const again = `Again with: npm run sim -- --seeds 1 --from ${seed}`;
      throw new Error(`seed ${seed}: ${violation.name}: ${violation.what}\n${again}\n${outcome.trace().join('\n')}`);
    }
    counts.add(outcome.faults);
    for (const feature of outcome.features) features.add(feature);
  }
  // What never happened proves nothing.
  for (const fault of FAULTS) expect(counts.of(fault), fault).toBeGreaterThan(20);
  for (const phase of PHASES)
    for (const harm of HARMS) expect(counts.in(phase, harm), `${harm}, ${phase}`).toBeGreaterThan(2);
  expect([...features].sort()).toEqual(FEATURES.map(({ name }) => name).sort());
});

test('a seed gives the same run again', async () => {
  const [first, second] = [await simulate(42), await simulate(42)];
  expect(second.trace()).toEqual(first.trace());
  expect(first.trace().length).toBeGreaterThan(20);
});
