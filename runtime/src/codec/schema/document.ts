import type { SchemaProblem } from '../errors.ts';
import type { TypeMapping } from './mapping.ts';
import type { AvroType, Json, NamedType } from './type.ts';

/** One schema among several that may refer to each other: an `.avsc` file, or one type of a protocol. */
export interface SchemaDocument {
  /** What problems call it: a path relative to the config, or the name of a codec. */
  readonly source: string;
  /** As `parseJson` reads it. */
  readonly schema: Json;
  /** Where the schema lies in its source, where it is not the whole: `types[2]`. Paths of problems start with it. */
  readonly path?: string | undefined;
  /** The namespace around it: a protocol's. Default: the null namespace. */
  readonly namespace?: string | undefined;
  /** How its types look in TypeScript. Default: the mapping given for all documents. */
  readonly mapping?: TypeMapping | undefined;
}

/** A problem and the document it lies in. */
export interface DocumentProblem extends SchemaProblem {
  readonly source: string;
  /** The place it disagrees with: the first definition of a name. */
  readonly other?: Pick<DocumentProblem, 'source' | 'path'> | undefined;
  /** A name that nothing defines, and that is like no other as far as this can tell. */
  readonly unknown?: string | undefined;
}

/** Where a named type was defined first. */
export interface NamedDefinition {
  readonly type: NamedType;
  readonly source: string;
  /** JSON path inside the source. */
  readonly path: string;
}

/** What documents mean together. With problems, types may be incomplete: use them for nothing but more checks. */
export interface SchemaSet {
  /** The type of each document, in the order given. */
  readonly roots: readonly AvroType[];
  /** All named types by full name, in the order of their definitions. */
  readonly named: ReadonlyMap<string, NamedDefinition>;
  readonly problems: readonly DocumentProblem[];
}

export interface SchemaOptions {
  /**
   * `ignore` lets invalid defaults pass and drops them: right for a writer's schema, whose defaults are never used.
   * Default `check`.
   */
  readonly defaults?: 'check' | 'ignore' | undefined;
}

/** How deep types may nest inside each other in one schema document; 100 is the most that people write. */
export const MAX_SCHEMA_DEPTH = 500;

/** `a.b` and `[2]` or `c` make `a.b[2]`, `a.b.c`. */
export function joinPath(path: string, part: string): string {
  return path === '' || part.startsWith('[') ? path + part : `${path}.${part}`;
}
