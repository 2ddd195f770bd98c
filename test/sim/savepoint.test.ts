import { expect, test } from 'vitest';
import { FaultCounts, SAVEPOINT_FAULTS } from './faults.ts';
import { simulate } from './simulate.ts';

const SEEDS = 130;

test(`a job that starts from a savepoint goes on as the first one would have, whatever goes wrong in ${SEEDS} seeds (I21)`, {
  timeout: 300_000,
}, async () => {
  const counts = new FaultCounts();
  const features = new Set<string>();
  for (let seed = 1; seed <= SEEDS; seed++) {
    const outcome = await simulate(seed, { savepoint: true });
    const { violation } = outcome;
    if (violation !== undefined) {
      const again = `Again with: npm run sim -- --savepoints --seeds 1 --from ${seed}`;
      throw new Error(`seed ${seed}: ${violation.name}: ${violation.what}\n${again}\n${outcome.trace().join('\n')}`);
    }
    counts.add(outcome.faults);
    for (const feature of outcome.features) features.add(feature);
  }
  for (const fault of SAVEPOINT_FAULTS) expect(counts.of(fault), fault).toBeGreaterThan(20);
  for (const feature of ['value', 'list', 'map', 'timers', 'table', 'global-table', 'late-topics'])
    expect(features).toContain(feature);
});

test('a seed gives the same run again, though savepoints are files', async () => {
  // In some, several begin at once, or one gives an answer up that it waited for.
  for (const seed of [2, 3, 4, 600028, 600144, 600324]) {
    const [first, second] = [await simulate(seed, { savepoint: true }), await simulate(seed, { savepoint: true })];
    expect(second.trace()).toEqual(first.trace());
  }
});
