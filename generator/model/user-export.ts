import { posix } from 'node:path';
import { normalizeOut } from '../out-folder.ts';
import type { UserExport } from './model.ts';
import { isTaken } from './names.ts';
import type { Problem } from './topic-name.ts';

const IDENTIFIER = /^[A-Za-z_$][\w$]*$/;
/** A path or a package, without what could end a string or mean something to a module loader. */
const MODULE = /^(?:\.{1,2}\/|@?[a-zA-Z0-9])[^'"`\\:?#%*\p{Cc}\u2028\u2029]*$/u;

/** What `{ import, from }` in the config means, or what is wrong with it; a problem's `at` is a path inside it. */
export function userExport(
  { import: name, from }: { readonly import: string; readonly from: string },
  what: string,
  out: string,
): UserExport | (Problem & { readonly at: string }) {
  if (!IDENTIFIER.test(name) || isTaken(name)) {
    const hint = `Export the ${what} by a name of its own, and give that name`;
    return { at: 'import', reason: `${JSON.stringify(name)} cannot be imported by its name`, hint };
  }
  if (!MODULE.test(from)) {
    const hint = "Give a path relative to the config that starts with './', or a package";
    return { at: 'from', reason: `${JSON.stringify(from)} is not a module`, hint };
  }
  if (from.startsWith('.') && !/\.(?:ts|[cm]?js)$/.test(from)) {
    return { at: 'from', reason: `'${from}' has no extension`, hint: `Name the file: '${from}.ts'` };
  }
  // Node does not strip types in packages, so a file of the project is meant.
  if (!from.startsWith('.') && /\.[cm]?ts$/.test(from)) {
    const hint = `Write './${from}' for a file relative to the config`;
    return { at: 'from', reason: `'${from}' would be a package`, hint };
  }
  return { name, from, path: relativeTo(out, from) };
}

/** Deep enough for any `../` of a config, whatever folder this runs in. */
const SOME_FOLDER = `/${'folder/'.repeat(20)}`;

/** A module that the config names, as a file in `out` imports it. */
function relativeTo(out: string, from: string): string {
  if (!from.startsWith('.')) return from;
  const path = posix.relative(posix.join(SOME_FOLDER, normalizeOut(out)), posix.join(SOME_FOLDER, from));
  return path.startsWith('.') ? path : `./${path}`;
}
