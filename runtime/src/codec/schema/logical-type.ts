import { member } from './json.ts';
import { type FieldMapping, LOGICAL_DEFAULTS, type TypeMapping } from './mapping.ts';
import type { JsonObject, LogicalName, LogicalType, PrimitiveName, Representation } from './type.ts';

/** Which types a logical type may annotate (Avro 1.12, "Logical Types"); a fixed with its size in bytes. */
const BASES: { readonly [L in LogicalName]: readonly (PrimitiveName | 'fixed')[] } = {
  decimal: ['bytes', 'fixed'],
  uuid: ['string', 'fixed'],
  date: ['int'],
  'time-millis': ['int'],
  'time-micros': ['long'],
  'timestamp-millis': ['long'],
  'timestamp-micros': ['long'],
  'timestamp-nanos': ['long'],
  'local-timestamp-millis': ['long'],
  'local-timestamp-micros': ['long'],
  'local-timestamp-nanos': ['long'],
  duration: ['fixed'],
};

const FIXED_SIZES: { readonly [name: string]: number } = { uuid: 16, duration: 12 };

/** The logical type of a schema object, or undefined where it has none, or one that is unknown, misplaced or invalid. */
export function readLogicalType(
  attributes: JsonObject,
  base: PrimitiveName | 'fixed',
  size: number,
): LogicalType | undefined {
  const name = member(attributes, 'logicalType');
  if (typeof name !== 'string' || !isLogicalName(name) || !BASES[name].includes(base)) return undefined;
  if (name === 'decimal') return readDecimal(attributes, base === 'fixed' ? size : undefined);
  if (base === 'fixed' && FIXED_SIZES[name] !== size) return undefined;
  return { name };
}

function readDecimal(attributes: JsonObject, size: number | undefined): LogicalType | undefined {
  const precision = member(attributes, 'precision');
  const scale = member(attributes, 'scale') ?? 0;
  if (typeof precision !== 'number' || !Number.isSafeInteger(precision) || precision < 1) return undefined;
  if (typeof scale !== 'number' || !Number.isSafeInteger(scale) || scale < 0 || scale > precision) return undefined;
  if (size !== undefined && precision > maximumPrecision(size)) return undefined;
  return { name: 'decimal', precision, scale };
}

/** How many digits any number of so many digits fits `size` bytes of two's complement: floor(log10(2^(8·size − 1) − 1)). */
function maximumPrecision(size: number): number {
  return Math.floor(Math.log10(2) * (8 * size - 1));
}

export function isLogicalName(name: string): name is LogicalName {
  return Object.hasOwn(BASES, name);
}

/** How a type looks in TypeScript, and whether its logical type counts (`base` says it does not). */
export interface Appearance {
  readonly as: Representation;
  readonly logical: LogicalType | undefined;
}

/** Applies the mapping, a field's own before the general one. */
export function appearance(
  base: PrimitiveName | 'fixed',
  logical: LogicalType | undefined,
  mapping: TypeMapping,
  field: FieldMapping | undefined,
): Appearance {
  if (logical !== undefined) {
    const as = field?.logical?.[logical.name] ?? mapping.logical?.[logical.name] ?? LOGICAL_DEFAULTS[logical.name];
    if (as !== 'base') return { as, logical };
  }
  return { as: baseRepresentation(base, field?.long ?? mapping.long ?? 'bigint'), logical: undefined };
}

function baseRepresentation(base: PrimitiveName | 'fixed', long: 'bigint' | 'number'): Representation {
  switch (base) {
    case 'null':
    case 'boolean':
    case 'string':
    case 'bytes':
      return base;
    case 'fixed':
      return 'bytes';
    case 'long':
      return long;
    case 'int':
    case 'float':
    case 'double':
      return 'number';
  }
}
