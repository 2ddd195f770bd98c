import { isJsonArray, isJsonObject, isPrimitiveName, type Json, member, qualify } from '@kgen/runtime/schema';
import { isDefinition, parseAvsc } from '../avsc.ts';
import type { SourceFile } from '../load.ts';
import type { PulledRegistry, PulledVersion } from './load-pulled.ts';
import { latestOf } from './lockfile.ts';

/**
 * The newest version of each subject, as a schema file among the others. Types that `local` names are defined by the
 * project itself: there the registry's definition is only one that data may have been written with.
 */
export function pulledSources({ subjects }: PulledRegistry, local: ReadonlySet<string>): readonly SourceFile[] {
  return subjects.flatMap((subject) => {
    const latest = latestOf(subject);
    return latest === undefined ? [] : [sourceOf(subject.subject, latest, local)];
  });
}

function sourceOf(subject: string, { file, text }: PulledVersion, local: ReadonlySet<string>): SourceFile {
  const parsed = parseAvsc(text);
  const schemas = parsed.schemas.map((each) => {
    const schema = withoutLocal(each.schema, each.namespace, local);
    // A key that is just a string needs no type of its own.
    const needsNone = typeof schema === 'string' || isPrimitive(schema);
    return { ...each, schema, role: needsNone ? ('named' as const) : each.role };
  });
  return { ...parsed, schemas, file, text, rootName: subject, imported: false };
}

function isPrimitive(schema: Json): boolean {
  const type = isJsonObject(schema) ? member(schema, 'type') : undefined;
  return typeof type === 'string' && isPrimitiveName(type);
}

/** Definitions of types in `local` become references to them. */
function withoutLocal(schema: Json, namespace: string, local: ReadonlySet<string>): Json {
  if (isJsonArray(schema)) return schema.map((branch) => withoutLocal(branch, namespace, local));
  if (!isJsonObject(schema)) return schema;
  let inner = namespace;
  if (isDefinition(schema)) {
    const own = member(schema, 'namespace');
    const name = qualify(String(member(schema, 'name')), typeof own === 'string' ? own : namespace);
    // Without a dot it would take the namespace around it.
    if (local.has(name)) return namespace === '' || name.includes('.') ? name : `.${name}`;
    inner = name.slice(0, Math.max(0, name.lastIndexOf('.')));
  }
  const parts: { [name: string]: Json } = Object.create(null);
  for (const [name, value] of Object.entries(schema)) {
    const holdsTypes = name === 'type' || name === 'items' || name === 'values';
    if (name === 'fields' && isJsonArray(value)) parts[name] = value.map((field) => withoutLocal(field, inner, local));
    else parts[name] = holdsTypes ? withoutLocal(value, inner, local) : value;
  }
  return parts;
}
