// State of a million keys: what each takes, and how fast a changelog is read back into it. Without a broker; `kafka-memory` has one.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { Report } from './report.ts';

export interface StateResult {
  readonly what: string;
  readonly keys: number;
  readonly changelogRecords: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly recordsPerSecond: number;
  /** Of keys and values, with all that belongs to them. */
  readonly bytesPerKey: number;
  /** Memory of the process that is its own, as it grew; in MB. */
  readonly megabytes: number;
}

export const STATE_CASES = ['memory', 'memory, after ten updates', 'lmdb'] as const;

/** `[keys]`, 1,000,000 by default. Each case in a process of its own. */
export function benchState([keys = '1000000']: readonly string[]): Report {
  const script = join(import.meta.dirname, 'state-case.ts');
  const results = STATE_CASES.map((name) => {
    const args = [...process.execArgv, script, name, keys];
    return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' })) as StateResult;
  });
  const lines = results.map(({ what, changelogRecords, recordsPerSecond, cpuSeconds, bytesPerKey, megabytes }) => {
    const numbers = [
      changelogRecords,
      Math.round(recordsPerSecond),
      cpuSeconds.toFixed(2),
      Math.round(bytesPerKey),
      Math.round(megabytes),
    ];
    return what.padEnd(28) + numbers.map((number) => String(number).padStart(12)).join('');
  });
  const heads = ['records', 'records/s', 'CPU s', 'bytes/key', 'MB'].map((head) => head.padStart(12)).join('');
  return {
    name: 'state',
    title: `Restore of the count job's state, ${keys} keys, Node ${process.versions.node}`,
    table: [' '.repeat(28) + heads, ...lines].join('\n'),
    results,
  };
}
