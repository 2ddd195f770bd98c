import { AvroSchemaError, type SchemaProblem } from '../errors.ts';
import { checkDefaults } from './default-checks.ts';
import { collectDefinitions, type Definition, type Definitions } from './definitions.ts';
import type { DocumentProblem, NamedDefinition, SchemaDocument, SchemaOptions, SchemaSet } from './document.ts';
import { JsonError, parseJson } from './json.ts';
import type { TypeMapping } from './mapping.ts';
import { nestingProblems } from './nesting.ts';
import { normalizedDefinition } from './normalized-schema.ts';
import { TypeResolver } from './resolver.ts';
import type { AvroType, Json } from './type.ts';

/**
 * Reads schemas that may refer to each other in any order, and finds everything wrong with them (Avro 1.12, "Schema
 * Declaration"). A full name may be defined more than once if all its definitions mean the same.
 */
export function readSchemas(
  documents: readonly SchemaDocument[],
  mapping: TypeMapping = {},
  options: SchemaOptions = {},
): SchemaSet {
  const definitions = collectDefinitions(documents, mapping);
  const resolver = new TypeResolver(definitions);
  for (const definition of definitions.all) {
    const { type } = definition;
    if (type.kind !== 'record' || definitions.tooDeep.has(definition.document)) continue;
    type.fields = resolver.recordFields(definition);
  }
  const roots = documents.map((document) => resolver.root({ document, mapping: document.mapping ?? mapping }));
  const deep = nestingProblems(documents, roots);
  // Checks of defaults recurse, so types that nest too deep are left alone.
  const ignore = deep.length > 0 || options.defaults === 'ignore';
  const defaults = ignore ? [] : checkDefaults(resolver.fields);
  const problems = [...definitions.problems, ...differingDefinitions(definitions), ...deep, ...defaults];
  return { roots, named: namedTypes(definitions), problems };
}

/**
 * Reads one self-contained schema.
 * @throws AvroSchemaError which lists every problem
 */
export function parseSchema(text: string, mapping: TypeMapping = {}, options: SchemaOptions = {}): AvroType {
  const document: SchemaDocument = { source: '', schema: parseSchemaJson(text) };
  const { roots, problems } = readSchemas([document], mapping, options);
  const root = roots[0];
  if (problems.length > 0 || root === undefined) throw new AvroSchemaError('schema', problems.map(withoutSource));
  return root;
}

/** The JSON of a schema. @throws AvroSchemaError */
export function parseSchemaJson(text: string): Json {
  try {
    return parseJson(text);
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    const problem = { path: '', reason: error.message, hint: 'Correct the JSON' };
    throw new AvroSchemaError('schema', [problem]);
  }
}

function withoutSource({ path, reason, hint }: DocumentProblem): SchemaProblem {
  return { path, reason, hint };
}

function namedTypes(definitions: Definitions): ReadonlyMap<string, NamedDefinition> {
  const named = new Map<string, NamedDefinition>();
  for (const [name, { type, document, path }] of definitions.named) {
    named.set(name, { type, source: document.source, path });
  }
  return named;
}

function differingDefinitions({ named, all, problems: found }: Definitions): DocumentProblem[] {
  const problems: DocumentProblem[] = [];
  const isSound = ({ document, path }: Definition): boolean =>
    !found.some((problem) => problem.source === document.source && problem.path.startsWith(path));
  for (const definition of all) {
    const first = named.get(definition.type.name);
    if (first === undefined || first === definition || !isSound(first) || !isSound(definition)) continue;
    if (normalizedDefinition(first.type) === normalizedDefinition(definition.type)) continue;
    problems.push({
      source: definition.document.source,
      path: definition.path,
      reason: `${definition.type.name} is defined again, and differs from its definition ${placeOf(first)}`,
      hint: 'Keep one definition, or rename one',
      other: { source: first.document.source, path: first.path },
    });
  }
  return problems;
}

function placeOf({ document, path }: Definition): string {
  const at = path === '' ? '' : ` at ${path}`;
  return document.source === '' ? (path === '' ? 'at the root' : `at ${path}`) : `in ${document.source}${at}`;
}
