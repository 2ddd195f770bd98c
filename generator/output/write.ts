import {
  chmodSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  statSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { normalizeOut } from '../out-folder.ts';
import { conflict } from './conflict.ts';
import { closeStaging, openStaging } from './staging.ts';
import { readEntry } from './tree.ts';
import type { FileChange } from './write-set.ts';

/**
 * Applies a write set: all of it or, where something fails, nothing.
 *
 * Every text is first written in full to a staging folder inside `out` (so on the same file system), then renamed into
 * place: a process that dies at any moment leaves each file either as it was or as it should be. When a step
 * fails, the steps before it are undone, times included. What a killed run left in a staging folder the next run removes.
 * @throws what the file system threw, or a `Conflict`; where steps could not be undone, with their paths as `left`
 */
export function applyWrites(root: string, out: string, changes: readonly FileChange[]): void {
  if (changes.length === 0) return;
  const base = join(root, normalizeOut(out));
  const folders: string[] = [];
  const undo: UndoStep[] = [];
  try {
    makeFolder(base, folders);
    const staging = openStaging(base);
    try {
      const staged = stage(staging, changes);
      for (const change of inOrder(changes)) apply({ root, staging, folders, undo }, change, staged.get(change));
    } catch (error) {
      throw undone(undo, error);
    } finally {
      closeStaging(staging);
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
  readonly undo: UndoStep[];
}

interface UndoStep {
  readonly path: string;
  readonly run: () => void;
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
  const isFirst = ({ action, path }: FileChange): boolean => action === 'remove' && written.has(path.toLowerCase());
  return [...changes.filter(isFirst), ...changes.filter((change) => !isFirst(change))];
}

/** One change, unless the file is another by now than it was when changes were planned. */
function apply({ root, staging, folders, undo }: Run, change: FileChange, staged: string | undefined): void {
  const path = join(root, change.path);
  if (change.action === 'add') {
    makeFolder(dirname(path), folders);
    if (readEntry(path).kind !== 'absent') throw conflict(`${change.path} came while kgen ran`);
    renameSync(staged ?? '', path);
    undo.push({ path: change.path, run: () => unlinkSync(path) });
    return;
  }
  const before = statSync(path);
  const bytes = readFileSync(path);
  if (bytes.toString() !== change.previous) throw conflict(`${change.path} was changed while kgen ran`);
  if (change.action === 'remove') {
    unlinkSync(path);
  } else {
    chmodSync(staged ?? '', before.mode);
    renameSync(staged ?? '', path);
  }
  const run = (): void => {
    const restored = join(staging, 'restored');
    writeFileSync(restored, bytes, { mode: before.mode });
    utimesSync(restored, before.atime, before.mtime);
    renameSync(restored, path);
  };
  undo.push({ path: change.path, run });
}

/** Undoes all steps that can be undone; the error then says which could not. */
function undone(undo: readonly UndoStep[], error: unknown): unknown {
  const left: string[] = [];
  for (const { path, run } of undo.toReversed()) {
    try {
      run();
    } catch {
      left.push(path);
    }
  }
  return error instanceof Error && left.length > 0 ? Object.assign(error, { left }) : error;
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
