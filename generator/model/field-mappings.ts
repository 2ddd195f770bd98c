import type {
  AvroType,
  FieldMapping,
  LogicalName,
  LogicalType,
  PrimitiveName,
  TypeMapping,
} from '@kgen/runtime/schema';
import { closest } from '../config/closest.ts';
import type { Finding } from '../finding.ts';
import { assembleSchemas } from '../schema/assemble.ts';
import type { SourceFile } from '../sources/load.ts';
import { shown } from '../sources/problem.ts';

/** Entries of `types.fields` that change nothing: a misspelt one would else be silently without effect. */
export function fieldMappingFindings(files: readonly SourceFile[], mapping: TypeMapping): readonly Finding[] {
  const entries = Object.entries(mapping.fields ?? {});
  if (entries.length === 0) return [];
  // Read without the mapping, since one that says `base` takes the logical type away.
  const fields = new Map<string, AvroType>();
  const records = new Set<string>();
  for (const { type } of assembleSchemas(files, {}).types) {
    if (type.kind !== 'record') continue;
    records.add(type.name);
    for (const field of type.fields) fields.set(`${type.name}.${field.name}`, field.type);
  }
  return entries.flatMap(([key, entry]) => {
    const type = fields.get(key);
    return type ? ineffective(key, entry, type, mapping) : [unknownField(key, fields, records)];
  });
}

function unknownField(key: string, fields: ReadonlyMap<string, AvroType>, records: ReadonlySet<string>): Finding {
  const record = key.slice(0, Math.max(0, key.lastIndexOf('.')));
  const known = records.has(record);
  const near = closest(key, fields.keys());
  return {
    path: `types.fields['${shown(key)}']`,
    reason: known
      ? `Record ${shown(record)} has no field \`${shown(key.slice(record.length + 1))}\``
      : `There is no record ${record === '' ? 'of that name' : shown(record)}`,
    hint: near
      ? `Did you mean '${near}'?`
      : "Write the record's full name, a dot, and the field: 'shop.Order.sequence'",
  };
}

function ineffective(key: string, entry: FieldMapping, type: AvroType, mapping: TypeMapping): readonly Finding[] {
  const found = [...primitivesIn(type)];
  const isBase = ({ name }: LogicalType): boolean => (entry.logical?.[name] ?? mapping.logical?.[name]) === 'base';
  const findings: Finding[] = [];
  const report = (option: string, reason: string): void => {
    findings.push({ path: `types.fields['${shown(key)}'].${option}`, reason, hint: 'Remove it, or map another field' });
  };
  if (
    entry.long !== undefined &&
    !found.some(({ kind, logical }) => kind === 'long' && (!logical || isBase(logical)))
  ) {
    report('long', 'This changes nothing: the field holds no long');
  }
  for (const [name, as] of Object.entries(entry.logical ?? {})) {
    if (as === undefined || found.some(({ logical }) => logical?.name === (name as LogicalName))) continue;
    report(`logical['${shown(name)}']`, `This changes nothing: the field holds no ${shown(name)}`);
  }
  return findings;
}

/** Primitive types that a field's mapping reaches: through unions, arrays and maps, not into named types. */
function* primitivesIn(
  type: AvroType,
): Generator<{ readonly kind: PrimitiveName; readonly logical?: LogicalType | undefined }> {
  switch (type.kind) {
    case 'record':
    case 'enum':
    case 'fixed':
      return;
    case 'array':
      yield* primitivesIn(type.items);
      return;
    case 'map':
      yield* primitivesIn(type.values);
      return;
    case 'union':
      for (const branch of type.branches) yield* primitivesIn(branch.type);
      return;
    default:
      yield type;
  }
}
