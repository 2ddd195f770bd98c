import { isJsonArray, isJsonObject, type Json, member, namespaceOf, qualify } from '@kgen/runtime/schema';
import { isDefinition } from '../sources/avsc.ts';
import type { FileSchema } from '../sources/source-file.ts';

/**
 * A JSON path in a schema as people name it: `fields[2].type.items` of record us.bts.Flight is `us.bts.Flight.cause`.
 * What stands in no named type is named after the file.
 */
export function typePath({ schema, path: start, namespace }: FileSchema, rootName: string, path: string): string {
  let name = rootName;
  let space = namespace;
  let value: Json | undefined = schema;
  const enter = (): void => {
    if (value === undefined || !isDefinition(value)) return;
    const own = member(value, 'namespace');
    name = qualify(String(member(value, 'name')), typeof own === 'string' ? own : space);
    space = namespaceOf(name);
  };
  enter();
  const steps = path.slice(path.startsWith(start) ? start.length : 0).match(/\[\d+\]|[^.[\]]+/g) ?? [];
  for (const [i, step] of steps.entries()) {
    if (step.startsWith('[')) {
      value = isJsonArray(value) ? value[Number(step.slice(1, -1))] : undefined;
      const field = steps[i - 1] === 'fields' && isJsonObject(value) ? member(value, 'name') : undefined;
      if (typeof field === 'string') name = `${name}.${field}`;
    } else {
      value = isJsonObject(value) ? member(value, step) : undefined;
    }
    enter();
  }
  return name;
}
