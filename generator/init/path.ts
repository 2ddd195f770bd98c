import { posix } from 'node:path';

/** A folder below the project: relative, and it does not climb out. */
export function isPathInProject(path: string): boolean {
  const normal = posix.normalize(path.replaceAll('\\', '/')).replace(/\/$/, '');
  return normal !== '' && normal !== '.' && !/^(\.\.(\/|$)|\/|[a-z]:)/i.test(normal) && !normal.includes('\0');
}
