// npm run sim -- --seeds 1000 [--from 1]: runs the simulation, and prints the trace of the first seed that fails.
import { parseArgs } from 'node:util';
import { FAULTS } from './faults.ts';
import { simulate } from './simulate.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '200' },
    from: { type: 'string', default: '1' },
    trace: { type: 'boolean' },
  },
});
const [from, seeds] = [Number(values.from), Number(values.seeds)];
const fired = new Map<string, number>();
const started = performance.now();
for (let seed = from; seed < from + seeds; seed++) {
  const { violation, faults, trace } = await simulate(seed);
  for (const [fault, count] of faults) fired.set(fault, (fired.get(fault) ?? 0) + count);
  if (violation === undefined && values.trace !== true) continue;
  console.log(trace().join('\n'));
  if (violation === undefined) continue;
  console.log(
    `\nseed ${seed}: ${violation.name}: ${violation.what}\nAgain with: npm run sim -- --seeds 1 --from ${seed}`,
  );
  process.exit(1);
}
const seconds = ((performance.now() - started) / 1000).toFixed(1);
console.log(`${seeds} seeds from ${from}: nothing lost, doubled, disordered or stuck, in ${seconds} s. Faults:`);
for (const fault of FAULTS) console.log(`${String(fired.get(fault) ?? 0).padStart(8)}  ${fault}`);
