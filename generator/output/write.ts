import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { normalizeOut } from '../out-folder.ts';
import { isErrno } from './errno.ts';
import type { FileChange } from './write-set.ts';

const STAGING = '.kgen-staging-';

/**
 * Applies a write set: all of it or, where something fails, nothing.
 *
 * Every text is first written in full to a staging folder inside `out` (so on the same file system), then renamed into
 * place: a process that dies at any moment leaves each file either as it was or as it should be. When a step
 * fails, the steps before it are undone, times included. What a killed run left in a staging folder the next run removes.
 * @throws what the file system threw
 */
export function applyWrites(root: string, out: string, changes: readonly FileChange[]): void {
  if (changes.length === 0) return;
  const base = join(root, normalizeOut(out));
  const folders: string[] = [];
  const undo: (() => void)[] = [];
  try {
    makeFolder(base, folders);
    removeAbandoned(base);
    const staging = join(base, `${STAGING}${process.pid}`);
    mkdirSync(staging);
    try {
      const staged = stage(staging, changes);
      for (const change of inOrder(changes)) apply({ root, staging, folders, undo }, change, staged.get(change));
    } catch (error) {
      for (const step of undo.reverse()) step();
      throw error;
    } finally {
      rmSync(staging, { recursive: true, force: true });
    }
  } catch (error) {
    for (const folder of folders.reverse()) removeEmptyFolder(folder);
    throw error;
  }
  for (const { action, path } of changes) {
    if (action !== 'remove') continue;
    for (let folder = dirname(join(root, path)); folder.length > base.length; folder = dirname(folder)) {
      if (!removeEmptyFolder(folder)) break;
    }
  }
}

interface Run {
  readonly root: string;
  readonly staging: string;
  /** Folders that were made, outermost first. */
  readonly folders: string[];
  /** Puts back, step by step, what was done. */
  readonly undo: (() => void)[];
}

function stage(staging: string, changes: readonly FileChange[]): ReadonlyMap<FileChange, string> {
  const staged = new Map<FileChange, string>();
  for (const change of changes) {
    if (change.action === 'remove') continue;
    const path = join(staging, String(staged.size));
    writeFileSync(path, change.text);
    staged.set(change, path);
  }
  return staged;
}

/** On a file system that ignores case, a stale `Flight.ts` is the new `flight.ts`: it goes first. */
function inOrder(changes: readonly FileChange[]): readonly FileChange[] {
  const written = new Set(changes.filter(({ action }) => action !== 'remove').map(({ path }) => path.toLowerCase()));
  const first = changes.filter(({ action, path }) => action === 'remove' && written.has(path.toLowerCase()));
  return [...first, ...changes.filter((change) => !first.includes(change))];
}

function apply({ root, staging, folders, undo }: Run, change: FileChange, staged: string | undefined): void {
  const path = join(root, change.path);
  if (change.action === 'add') {
    makeFolder(dirname(path), folders);
    renameSync(staged ?? '', path);
    undo.push(() => unlinkSync(path));
    return;
  }
  const before = statSync(path);
  const bytes = readFileSync(path);
  if (change.action === 'remove') {
    unlinkSync(path);
  } else {
    chmodSync(staged ?? '', before.mode);
    renameSync(staged ?? '', path);
  }
  undo.push(() => {
    const restored = join(staging, 'restored');
    writeFileSync(restored, bytes, { mode: before.mode });
    utimesSync(restored, before.atime, before.mtime);
    renameSync(restored, path);
  });
}

/** Creates a folder and those above it that are missing. */
function makeFolder(path: string, made: string[]): void {
  const first = mkdirSync(path, { recursive: true });
  if (first === undefined) return;
  const missing: string[] = [];
  for (let folder = path; folder.length >= first.length; folder = dirname(folder)) missing.unshift(folder);
  made.push(...missing);
}

function removeEmptyFolder(path: string): boolean {
  try {
    rmdirSync(path);
    return true;
  } catch {
    return false;
  }
}

/** Staging folders of runs that were killed. One of a run that is alive stays. */
function removeAbandoned(base: string): void {
  for (const name of readdirSync(base)) {
    const pid = name.startsWith(STAGING) ? Number(name.slice(STAGING.length)) : Number.NaN;
    if (Number.isInteger(pid) && (pid === process.pid || !isAlive(pid))) {
      rmSync(join(base, name), { recursive: true, force: true });
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return isErrno(error, 'EPERM');
  }
}
