import { expect, test } from 'vitest';
import { FAULTS } from './faults.ts';
import { simulate } from './simulate.ts';

const SEEDS = 300;

test(`nothing is lost, doubled, disordered or stuck, whatever goes wrong in ${SEEDS} seeds`, {
  timeout: 120_000,
}, async () => {
  const fired = new Map<string, number>();
  for (let seed = 1; seed <= SEEDS; seed++) {
    const { violation, faults, trace } = await simulate(seed);
    if (violation !== undefined) {
      throw new Error(`seed ${seed}: ${violation.name}: ${violation.what}\n${trace().join('\n')}`);
    }
    for (const [fault, count] of faults) fired.set(fault, (fired.get(fault) ?? 0) + count);
  }
  // What never happened proves nothing.
  for (const fault of FAULTS) expect(fired.get(fault) ?? 0, fault).toBeGreaterThan(10);
});

test('a seed gives the same run again', async () => {
  const [first, second] = [await simulate(42), await simulate(42)];
  expect(second.trace()).toEqual(first.trace());
  expect(first.trace().length).toBeGreaterThan(20);
});
