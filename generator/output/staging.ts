import { mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { conflict } from './conflict.ts';
import { isErrno } from './errno.ts';

/** A run takes seconds: where its folder is as old as this, a process that lives has its number by chance. */
const ABANDONED_MS = 600_000;

/**
 * Makes this process's staging folder in a folder that is to be written to, and removes those of runs that were killed.
 * Two runs that start at once both see the other's folder: then neither writes.
 * @throws Conflict
 */
export function openStaging(base: string): string {
  removeAbandoned(base);
  const staging = join(base, `.kgen-staging-${process.pid}`);
  mkdirSync(staging);
  const other = stagingFolders(base).find(({ path }) => path !== staging);
  if (other === undefined) return staging;
  closeStaging(staging);
  throw conflict(`another run of kgen writes there (process ${other.pid})`);
}

export function closeStaging(staging: string): void {
  rmSync(staging, { recursive: true, force: true });
}

function removeAbandoned(base: string): void {
  for (const { path, pid } of stagingFolders(base)) {
    const isOld = Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0) > ABANDONED_MS;
    if (pid === process.pid || isOld || !isAlive(pid)) closeStaging(path);
  }
}

function stagingFolders(base: string): readonly { readonly path: string; readonly pid: number }[] {
  return readdirSync(base).flatMap((name) => {
    const pid = /^\.kgen-staging-(\d+)$/.exec(name)?.[1];
    return pid === undefined ? [] : [{ path: join(base, name), pid: Number(pid) }];
  });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return isErrno(error, 'EPERM');
  }
}
