import { type Dirent, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { CONFIG_NAMES } from '../config-names.ts';
import { isErrno } from './errno.ts';
import { carriesMark } from './mark.ts';

/** What stands at a path: a file with its text, nothing, or something that is neither. */
export type Entry =
  | { readonly kind: 'absent' }
  | { readonly kind: 'file'; readonly text: string }
  | { readonly kind: 'folder' | 'link' | 'other' };

export function readEntry(path: string): Entry {
  try {
    const stat = lstatSync(path);
    if (stat.isFile()) return { kind: 'file', text: readFileSync(path, 'utf8') };
    return { kind: stat.isDirectory() ? 'folder' : stat.isSymbolicLink() ? 'link' : 'other' };
  } catch (error) {
    if (isErrno(error, 'ENOENT') || isErrno(error, 'ENOTDIR')) return { kind: 'absent' };
    throw error;
  }
}

export interface GeneratedFile {
  /** Relative to `root`. */
  readonly path: string;
  readonly text: string;
}

/**
 * Generated files below `out`, sorted, without those in `known`. Only `.ts` sources count, as kgen writes nothing else there:
 * what a compiler put beside them (`.js`, `.d.ts`) may carry the mark as well, and is not kgen's to remove.
 * Links are not followed, and what lies below another config is that one's output.
 */
export function generatedFiles(
  root: string,
  out: string,
  known: ReadonlySet<string> = new Set(),
): readonly GeneratedFile[] {
  const found: GeneratedFile[] = [];
  const walk = (folder: string): void => {
    const entries = listFolder(join(root, folder));
    if (folder !== out && entries.some(({ name }) => CONFIG_NAMES.includes(name))) return;
    for (const entry of entries) {
      const path = posix.join(folder, entry.name);
      if (entry.isDirectory()) {
        if (entry.name !== 'node_modules' && !entry.name.startsWith('.')) walk(path);
      } else if (entry.isFile() && entry.name.endsWith('.ts') && !entry.name.endsWith('.d.ts') && !known.has(path)) {
        const file = readEntry(join(root, path));
        if (file.kind === 'file' && carriesMark(file.text)) found.push({ path, text: file.text });
      }
    }
  };
  walk(out);
  return found.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Empty where there is none, also where it went away a moment ago. */
function listFolder(path: string): readonly Dirent[] {
  try {
    return readdirSync(path, { withFileTypes: true });
  } catch (error) {
    if (isErrno(error, 'ENOENT') || isErrno(error, 'ENOTDIR')) return [];
    throw error;
  }
}

/** The first link on the way from `out` down to a file, or undefined. `out` itself may be one: that is the user's choice. */
export function linkOnTheWay(root: string, out: string, path: string): string | undefined {
  const folders = path
    .slice(out.length + 1)
    .split('/')
    .slice(0, -1);
  let folder = out;
  for (const name of folders) {
    folder = posix.join(folder, name);
    const { kind } = readFolderKind(join(root, folder));
    if (kind === 'absent') return undefined;
    if (kind === 'link') return folder;
  }
  return undefined;
}

function readFolderKind(path: string): { readonly kind: 'absent' | 'link' | 'entry' } {
  try {
    return { kind: lstatSync(path).isSymbolicLink() ? 'link' : 'entry' };
  } catch {
    return { kind: 'absent' };
  }
}
