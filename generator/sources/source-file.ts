import type { Json } from '@kgen/runtime/schema';
import type { TextProblem } from './problem.ts';

/** One schema of a file, before names are resolved. */
export interface FileSchema {
  readonly schema: Json;
  /** Where it stands in the file, as the file's `offsetOf` takes it. */
  readonly path: string;
  /** The namespace of names that say none themselves; `''` is the null namespace. */
  readonly namespace: string;
  /**
   * - `named`: only the named types in it count
   * - `root`: an unnamed schema counts too, by the name of the file
   * - `list`: the union of a file that lists definitions; it counts where it can
   */
  readonly role: 'named' | 'root' | 'list';
}

/** A file that another one names. */
export interface FileImport {
  readonly kind: FileKind;
  readonly path: string;
  readonly offset: number;
}

export type FileKind = 'idl' | 'protocol' | 'schema';

/** What the text of a schema file says. */
export interface ParsedFile {
  readonly schemas: readonly FileSchema[];
  readonly imports: readonly FileImport[];
  /** How many messages of a protocol were left out. */
  readonly messages: number;
  readonly problems: readonly TextProblem[];
  /** Offset in the text of a path that begins with a schema's, or of the nearest place known around it. */
  readonly offsetOf: (path: string) => number | undefined;
}

/** True for `a.b[1].c` inside `a.b[1]`, false for `a.b[10]`. */
export function isInside(path: string, outer: string): boolean {
  return outer === '' || (path.startsWith(outer) && /^(?:$|[.[])/.test(path.slice(outer.length)));
}
