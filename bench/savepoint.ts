// A savepoint of a million keys: written, and started from. On the embedded log, so that what is measured is the work itself.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { Report } from './report.ts';

export interface SavepointResult {
  readonly keys: number;
  /** Of the file. */
  readonly bytes: number;
  readonly write: Work;
  /** Its import: the file is read twice, and the changelog written. */
  readonly start: Work;
  /** How far memory grew while it was written, at the most; in MB. */
  readonly megabytes: number;
}

interface Work {
  readonly seconds: number;
  readonly cpuSeconds: number;
}

/** `[keys]`, 1,000,000 by default; in a process of its own. */
export function benchSavepoint([keys = '1000000']: readonly string[]): Report {
  const script = join(import.meta.dirname, 'savepoint-case.ts');
  const args = ['--expose-gc', '--max-old-space-size=4096', ...process.execArgv, script, keys];
  const result = JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' })) as SavepointResult;
  const line = (what: string, { seconds, cpuSeconds }: Work): string => {
    const rate = Math.round(result.keys / cpuSeconds);
    return (
      what.padEnd(12) + [seconds.toFixed(2), cpuSeconds.toFixed(2), String(rate)].map((n) => n.padStart(14)).join('')
    );
  };
  const heads = ['seconds', 'CPU s', 'keys/CPU s'].map((head) => head.padStart(14)).join('');
  const size = `${Math.round(result.bytes / 1e6)} MB; memory grew by ${Math.round(result.megabytes)} MB while it was written`;
  return {
    name: 'savepoint',
    title: `A savepoint of ${keys} keys of the count job (${size}), Node ${process.versions.node}`,
    table: [' '.repeat(12) + heads, line('write', result.write), line('start', result.start)].join('\n'),
    results: result,
  };
}
