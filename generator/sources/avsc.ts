import { isJsonArray, isJsonObject, type Json, type JsonObject, member, qualify } from '@kgen/runtime/schema';
import { jsonValues, locatorIn, parseStretch, type Stretch } from './json-text.ts';
import type { TextProblem } from './problem.ts';
import type { FileSchema, ParsedFile } from './source-file.ts';

/**
 * A `.avsc` file: one schema, several one after the other, or an array. An array of definitions is a list of types; it also
 * is what Avro takes it for, their union.
 */
export function parseAvsc(text: string): ParsedFile {
  const problems: TextProblem[] = [];
  const stretches = jsonValues(text);
  if (stretches.length === 0) {
    problems.push({ offset: 0, reason: 'The file is empty', hint: 'Write a schema into it, or remove it' });
  }
  const schemas = stretches.flatMap((stretch, i) => {
    const json = parseStretch(text, stretch, problems);
    if (json === undefined) return [];
    return stretches.length === 1
      ? schemasOf(json, stretch, problems)
      : schemaAmongOthers(json, `schemas[${i}]`, stretch, problems);
  });
  const locators = stretches.map((stretch) => locatorIn(text, stretch));
  const offsetOf = (path: string): number | undefined => {
    const [whole, among] = /^schemas\[(\d+)\]\.?/.exec(path) ?? [];
    const several = stretches.length > 1 && whole !== undefined;
    return locators[several ? Number(among) : 0]?.(several ? path.slice(whole.length) : path);
  };
  return { schemas, imports: [], messages: 0, problems, offsetOf };
}

function schemasOf(json: Json, { start }: Stretch, problems: TextProblem[]): readonly FileSchema[] {
  if (isJsonObject(json) && member(json, 'type') === undefined && member(json, 'protocol') !== undefined) {
    const hint = 'Let the name of the file end in .avpr';
    problems.push({ offset: start, reason: 'This is a protocol, not a schema', hint });
    return [];
  }
  const whole: FileSchema = { schema: json, path: '', namespace: '', role: 'root' };
  if (!isJsonArray(json) || json.length === 0 || !json.every(isDefinition)) return [whole];
  const list = json.map(
    (definition, i): FileSchema => ({ schema: definition, path: `[${i}]`, namespace: '', role: 'named' }),
  );
  const names = json.map(definedName);
  const isUnion = names.length > 1 && new Set(names).size === names.length;
  return isUnion ? [...list, { ...whole, schema: names, role: 'list' }] : list;
}

function schemaAmongOthers(
  json: Json,
  path: string,
  { start }: Stretch,
  problems: TextProblem[],
): readonly FileSchema[] {
  if (isDefinition(json)) return [{ schema: json, path, namespace: '', role: 'named' }];
  problems.push({
    offset: start,
    reason: 'In a file of several schemas each has to define a type',
    hint: 'Move it into a file of its own, whose name it then has',
  });
  return [];
}

const DEFINITIONS = new Set<Json | undefined>(['record', 'error', 'enum', 'fixed']);

/** True for the JSON of a record, error, enum or fixed, however wrong it may be. */
export function isDefinition(json: Json): json is JsonObject {
  return isJsonObject(json) && DEFINITIONS.has(member(json, 'type')) && typeof member(json, 'name') === 'string';
}

/** The full name that a definition at the top of a file gives. */
function definedName(definition: JsonObject): string {
  const namespace = member(definition, 'namespace');
  return qualify(String(member(definition, 'name')), typeof namespace === 'string' ? namespace : '');
}
