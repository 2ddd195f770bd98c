// npm run sim -- --seeds 1000 [--from 1] [--guarantee at-least-once] [--trace]: runs the simulation, and prints the trace of the first seed that fails.
// npm run sim -- --seeds 200 --sabotages: prints in how many seeds each sabotage is noticed as what it is.
import { parseArgs } from 'node:util';
import { FaultCounts } from './faults.ts';
import type { Wishes } from './profile.ts';
import { report } from './report.ts';
import { SABOTAGES } from './sabotages.ts';
import { simulate } from './simulate.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '200' },
    from: { type: 'string', default: '1' },
    guarantee: { type: 'string', default: 'exactly-once' },
    trace: { type: 'boolean' },
    savepoints: { type: 'boolean' },
    sabotages: { type: 'boolean' },
  },
});
const [from, seeds] = [Number(values.from), Number(values.seeds)];
if (values.sabotages === true) {
  for (const [what, name, sabotage] of SABOTAGES) {
    const noticed = new Map<string, number>();
    for (let seed = from; seed < from + seeds; seed++) {
      const { violation } = await simulate(seed, sabotage);
      if (violation !== undefined) noticed.set(violation.name, (noticed.get(violation.name) ?? 0) + 1);
    }
    const others = Array.from(noticed, ([other, count]) => (other === name ? '' : `, ${count} ${other}`)).join('');
    console.log(`${String(noticed.get(name) ?? 0).padStart(5)} of ${seeds} ${name}${others}: ${what}`);
  }
  process.exit(0);
}
const guarantee = values.guarantee as NonNullable<Wishes['guarantee']>;
const counts = new FaultCounts();
const features = new Map<string, number>();
let longest = 0;
const started = process.cpuUsage();
for (let seed = from; seed < from + seeds; seed++) {
  const outcome = await simulate(seed, { guarantee, positions: true, savepoint: values.savepoints });
  const { violation } = outcome;
  counts.add(outcome.faults);
  for (const feature of outcome.features) features.set(feature, (features.get(feature) ?? 0) + 1);
  longest = Math.max(longest, outcome.lasted);
  if (violation === undefined && values.trace !== true) continue;
  console.log(outcome.trace().join('\n'));
  if (violation === undefined) continue;
  const wished = values.savepoints === true ? '--savepoints ' : '';
  console.log(
    `\nseed ${seed}: ${violation.name}: ${violation.what}\nAgain with: npm run sim -- ${wished}--seeds 1 --from ${seed} --guarantee ${guarantee}`,
  );
  process.exit(1);
}
const seconds = (process.cpuUsage(started).user / 1e6).toFixed(1);
console.log(
  `${seeds} seeds from ${from}: nothing lost, doubled, disordered, wrong or stuck, in ${seconds} s of CPU; ` +
    `the longest took ${Math.round(longest)} ms of its own time.`,
);
console.log(report(counts, features));
