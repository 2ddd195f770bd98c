import { AvroSchemaError } from './errors.ts';
import type { TypeMapping } from './schema/mapping.ts';
import { parseSchemaJson, readSchemas } from './schema/read-schemas.ts';
import type { AvroType } from './schema/type.ts';

/**
 * A schema as generated files hold it: one file, one schema, other named types by name. The types it means are put
 * together when they are first asked for, from all the files it reaches.
 */
export interface LinkedSchema {
  readonly schema: string;
  readonly mapping: TypeMapping | undefined;
  readonly references: () => readonly object[];
  /** Once it was put together. */
  type: AvroType | undefined;
}

/** Where a codec keeps its schema; registered, so that two builds of this package in one process find it. */
const LINK: unique symbol = Symbol.for('@kgen/runtime/linked-schema') as never;

/** Gives a codec its schema, for others that refer to it. */
export function attachSchema(codec: object, linked: LinkedSchema): void {
  Object.defineProperty(codec, LINK, { value: linked });
}

function linkedOf(codec: object): LinkedSchema {
  const linked = (codec as { readonly [LINK]?: LinkedSchema })[LINK];
  if (linked === undefined) throw new TypeError('a reference that is not a codec of @kgen/runtime');
  return linked;
}

/** The type of a codec. @throws AvroSchemaError where generated files do not belong together */
export function typeOfCodec(codec: object): AvroType {
  return linkedType(linkedOf(codec));
}

/** The type that a schema means together with those it refers to. */
export function linkedType(root: LinkedSchema): AvroType {
  if (root.type !== undefined) return root.type;
  const reached = new Set<LinkedSchema>([root]);
  for (const linked of reached) for (const codec of linked.references()) reached.add(linkedOf(codec));
  const all = [...reached];
  const documents = all.map(({ schema, mapping }, index) => ({
    source: `#${index}`,
    schema: parseSchemaJson(schema),
    mapping: mapping ?? {},
  }));
  // The generator has checked the defaults.
  const { roots, problems } = readSchemas(documents, {}, { defaults: 'ignore' });
  if (problems.length > 0) throw new AvroSchemaError('schema', problems);
  for (const [index, linked] of all.entries()) linked.type ??= roots[index];
  return root.type ?? fail();
}

function fail(): never {
  throw new TypeError('the schema has no type');
}
