import {
  type AvroType,
  type FieldMapping,
  isLogicalName,
  type JsonObject,
  partsOf,
  type TypeMapping,
} from '@kgen/runtime/schema';
import type { SchemaType } from '../schema/assemble.ts';
import { shown } from '../sources/problem.ts';

/**
 * Notices of logical types without effect. The specification wants them ignored, and their data stay readable;
 * but nobody writes `decimal` and means bytes.
 */
export function ignoredLogicalTypes(types: readonly SchemaType[], mapping: TypeMapping): readonly string[] {
  const misfits: string[] = [];
  const misplaced: string[] = [];
  for (const { fullName, type } of types) {
    if (type.kind === 'record') {
      for (const field of type.fields) {
        const place = `${fullName}.${field.name}`;
        const beside = nameIn(field.properties);
        if (beside !== undefined) misplaced.push(`${place} (${beside})`);
        for (const name of misfitsIn(field.type, mapping, mapping.fields?.[place])) misfits.push(`${place} (${name})`);
      }
    } else {
      for (const name of misfitsIn(type, mapping, undefined, true)) misfits.push(`${shown(fullName)} (${name})`);
    }
  }
  return [
    ...notice('Logical types that do not fit their types are ignored', misfits),
    ...notice('Logical types are ignored beside a type, they belong into it', misplaced),
  ];
}

/** Through arrays, maps and unions, not into named types: these are looked at by themselves. */
function misfitsIn(
  type: AvroType,
  mapping: TypeMapping,
  field: FieldMapping | undefined,
  entered = false,
): readonly string[] {
  if ('name' in type && !entered) return [];
  if (!('as' in type)) return 'name' in type ? [] : partsOf(type).flatMap((part) => misfitsIn(part, mapping, field));
  const name = type.logical === undefined ? nameIn(type.properties) : undefined;
  const meant = name === undefined || (field?.logical?.[name] ?? mapping.logical?.[name]) === 'base';
  return meant ? [] : [name];
}

function nameIn(properties: JsonObject | undefined): keyof NonNullable<TypeMapping['logical']> | undefined {
  const name = properties?.['logicalType'];
  return typeof name === 'string' && isLogicalName(name) ? name : undefined;
}

const SHOWN = 3;

function notice(text: string, places: readonly string[]): readonly string[] {
  if (places.length === 0) return [];
  const more = places.length > SHOWN ? ` and ${places.length - SHOWN} more` : '';
  return [`${text}: ${places.slice(0, SHOWN).join(', ')}${more}`];
}
