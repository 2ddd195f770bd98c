import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Finding } from '../../generator/finding.ts';

/** A folder with these files, for the length of a test. */
export function project(files: { readonly [path: string]: string | Uint8Array }): string {
  const root = mkdtempSync(join(tmpdir(), 'kgen-sources-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  return root;
}

/** `schemas/a.avsc:1:2 path: reason. hint` */
export function findingText({ file, position, path, reason, hint }: Finding): string {
  const at = position ? `:${position.line}:${position.column}` : '';
  return `${[file === undefined ? '' : file + at, path].filter(Boolean).join(' ')}: ${reason}. ${hint}`;
}
