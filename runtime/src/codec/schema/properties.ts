import type { Json, JsonObject, LogicalName, LogicalType } from './type.ts';

/** What a logical type takes from its schema object. */
export const LOGICAL_ATTRIBUTES: { readonly [L in LogicalName]: readonly string[] } = {
  decimal: ['logicalType', 'precision', 'scale'],
  uuid: ['logicalType'],
  date: ['logicalType'],
  'time-millis': ['logicalType'],
  'time-micros': ['logicalType'],
  'timestamp-millis': ['logicalType'],
  'timestamp-micros': ['logicalType'],
  'timestamp-nanos': ['logicalType'],
  'local-timestamp-millis': ['logicalType'],
  'local-timestamp-micros': ['logicalType'],
  'local-timestamp-nanos': ['logicalType'],
  duration: ['logicalType'],
};

/** The attributes of a schema object but those the model holds elsewhere; nothing where there are none. */
export function propertiesOf(
  json: JsonObject,
  known: readonly string[],
  more: readonly string[] = [],
): { readonly properties?: JsonObject } {
  const entries = Object.entries(json).filter(([name]) => !known.includes(name) && !more.includes(name));
  if (entries.length === 0) return {};
  const properties: { [name: string]: Json } = Object.create(null);
  for (const [name, value] of entries) properties[name] = value;
  return { properties };
}

/** The attributes that make a logical type. */
export function logicalAttributes(logical: LogicalType): JsonObject {
  return logical.name === 'decimal'
    ? { logicalType: 'decimal', precision: logical.precision, scale: logical.scale }
    : { logicalType: logical.name };
}
