import { isJsonArray, isJsonObject, type Json, type JsonObject, qualify } from '@kgen/runtime/schema';
import { type IdlFile, parseIdl } from './idl/parse.ts';
import { type FileSchema, isInside, type ParsedFile } from './source-file.ts';

/** Where a file's main schema stands. No definition's path is like it: theirs are full names. */
const MAIN = '(schema)';

/** A `.avdl` file: its definitions, and the schema that its `schema` statement names. */
export function parseAvdl(text: string): ParsedFile {
  const idl = parseIdl(text);
  const definitions = new Map<string, JsonObject>();
  for (const definition of idl.definitions) {
    const name = qualify(String(definition['name']), String(definition['namespace'] ?? ''));
    definitions.set(definitions.has(name) ? `${name}(${definitions.size})` : name, definition);
  }
  const schemas = [...definitions].map(
    // Each says its own namespace; where it says none, that is the null namespace.
    ([path, schema]): FileSchema => ({ schema, path, namespace: '', role: 'named' }),
  );
  if (idl.main) schemas.push({ schema: idl.main.json, path: MAIN, namespace: idl.namespace ?? '', role: 'root' });
  return {
    schemas,
    imports: idl.imports,
    messages: idl.messages,
    problems: idl.problems,
    offsetOf: (path) => offsetOf(idl, schemas, path),
  };
}

function offsetOf(idl: IdlFile, schemas: readonly FileSchema[], path: string): number | undefined {
  const holder = schemas.findLast((schema) => isInside(path, schema.path));
  if (holder === undefined) return undefined;
  let value: Json | undefined = holder.schema;
  let offset = holder.path === MAIN ? idl.main?.offset : markOf(idl, value, 'name');
  for (const step of path.slice(holder.path.length).match(/\[\d+\]|[^.[\]]+/g) ?? []) {
    const key = step.startsWith('[') ? Number(step.slice(1, -1)) : step;
    const at = markOf(idl, value, key);
    value = isJsonObject(value) ? value[key] : isJsonArray(value) ? value[Number(key)] : undefined;
    offset = markOf(idl, value, 'name') ?? at ?? offset;
  }
  return offset;
}

function markOf(idl: IdlFile, owner: Json | undefined, key: string | number): number | undefined {
  return typeof owner === 'object' && owner !== null ? idl.marks.get(owner)?.get(key) : undefined;
}
