import { existsSync, realpathSync } from 'node:fs';
import { dirname, isAbsolute, join, posix, relative, resolve } from 'node:path';

/** `./src/generated/` is `src/generated`. */
export function normalizeOut(out: string): string {
  return posix.normalize(out.replaceAll('\\', '/')).replace(/\/+$/, '');
}

/**
 * True where a folder is the config's, or lies above it, by whatever name and links. Everything there that carries the mark
 * would count as stale: the output of other configs too.
 */
export function holdsConfig(out: string, root: string): boolean {
  const way = relative(realPath(resolve(root, out)), realPath(root));
  return way === '' || !(isAbsolute(way) || /^\.\.(?:[/\\]|$)/.test(way));
}

/** The folder without links, as far as it exists. */
function realPath(path: string): string {
  if (existsSync(path) || dirname(path) === path) return realpathSync(path);
  return join(realPath(dirname(path)), path.slice(dirname(path).length));
}
