import { describe, expect, test } from 'vitest';
import { SABOTAGES } from './sabotages.ts';
import { simulate } from './simulate.ts';

// The simulation must notice when an invariant is left out: with each of them in five seeds of these or more, as `npm run sim -- --sabotages` counts.

const SEEDS = 200;

describe(`the simulation notices within ${SEEDS} seeds`, () => {
  test.each(SABOTAGES)('%s', { timeout: 60_000 }, async (_what, name, sabotage) => {
    const seen: string[] = [];
    for (let seed = 1; seed <= SEEDS && !seen.includes(name); seed++) {
      const { violation } = await simulate(seed, sabotage);
      if (violation !== undefined) seen.push(violation.name);
    }
    expect(seen).toContain(name);
  });
});
