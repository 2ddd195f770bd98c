import type { Finding } from '../finding.ts';
import { type DiffLine, diffLines } from './line-diff.ts';
import { differOnlyInFormat } from './tokens.ts';
import type { FileChange } from './write-set.ts';

/** How a generated file on disk differs from what the schemas and the config give. */
export interface Drift {
  readonly path: string;
  readonly kind: 'missing' | 'changed' | 'formatted' | 'stale';
  /** Of a changed file: `-` is what is on disk, `+` what should be there. */
  readonly diff: readonly DiffLine[];
  readonly finding: Finding;
}

/** Lines of a diff that are shown for one file. */
const DIFF_LINES = 12;

const REASONS: { readonly [K in Drift['kind']]: Pick<Finding, 'reason' | 'hint'> } = {
  missing: { reason: 'it has not been generated', hint: 'Run `kgen generate` and commit the file' },
  changed: {
    reason: 'it is not what the schemas and the config give',
    hint: 'Run `kgen generate` and commit the result; change the schema or the config, never this file',
  },
  formatted: {
    reason: 'only a formatter changed it',
    hint: 'Exclude the folder of generated code from the formatter, then run `kgen generate`',
  },
  stale: { reason: 'nothing generates it any more', hint: 'Run `kgen generate`, which removes it' },
};

/** What `generate` would change, as findings. */
export function findDrift(changes: readonly FileChange[]): readonly Drift[] {
  return changes.map((change): Drift => {
    const { path } = change;
    if (change.action === 'add') return drift(path, 'missing');
    if (change.action === 'remove') return drift(path, 'stale');
    if (differOnlyInFormat(change.previous, change.text)) return drift(path, 'formatted');
    const diff = diffLines(change.previous, change.text, DIFF_LINES);
    const line = firstChangedLine(change.previous, change.text);
    return { ...drift(path, 'changed', line), diff };
  });
}

function drift(path: string, kind: Drift['kind'], line?: number): Drift {
  const position = line === undefined ? undefined : { line, column: 1 };
  return { path, kind, diff: [], finding: { file: path, position, ...REASONS[kind] } };
}

function firstChangedLine(before: string, after: string): number {
  const wanted = after.split('\n');
  const lines = before.split(/\r?\n/);
  const index = lines.findIndex((line, at) => line !== wanted[at]);
  return (index === -1 ? lines.length - 1 : index) + 1;
}
