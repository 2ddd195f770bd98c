import { FAULTS, type FaultCounts, HARMS } from './faults.ts';
import { PHASES } from './phase.ts';

/** How often each fault fired, and in which phase of a process's work: what never happened proves nothing. */
export function report(counts: FaultCounts, features: ReadonlyMap<string, number>): string {
  const faults = FAULTS.map((fault) => `${String(counts.of(fault)).padStart(8)}  ${fault}`);
  const phases = PHASES.map((phase) => {
    const cells = HARMS.map((harm) => String(counts.in(phase, harm)).padStart(8));
    return `${cells.join('')}  ${phase}`;
  });
  const jobs = Array.from(features, ([feature, count]) => `${String(count).padStart(8)}  ${feature}`);
  const head = `${HARMS.map((harm) => harm.padStart(8)).join('')}  phase of the process that it befell`;
  return ['   fired  fault', ...faults, '', head, ...phases, '', '    jobs  with feature', ...jobs].join('\n');
}
