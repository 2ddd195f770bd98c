import type { AvroType, FixedType, PrimitiveType } from '@kgen/runtime/schema';
import { describe } from './field-path.ts';
import type { FormatModel, PlainFormatKind } from './model.ts';
import type { Problem } from './topic-name.ts';
import { avroTypeOf } from './type-reference.ts';

/** How a field's value becomes what a key's format takes: as it is, `BigInt(…)`, or a Date's milliseconds as a bigint. */
export type KeyConversion = 'none' | 'bigint' | 'date';

/** How a field's value becomes milliseconds since 1970 as a bigint. */
export type TimeConversion = 'none' | 'bigint' | 'date' | 'iso' | 'micros-bigint' | 'micros-number' | 'nanos-bigint';

/** The plain format that holds any value of a type; undefined where none does. */
export function plainFormatOf(type: AvroType): PlainFormatKind | undefined {
  if (type.kind === 'enum') return 'utf8';
  if (!isScalar(type)) return undefined;
  switch (type.as) {
    case 'string':
      return 'utf8';
    case 'bytes':
      return 'bytes';
    case 'bigint':
      // A decimal as bigint may have any number of digits.
      return type.kind === 'long' ? 'int64' : undefined;
    case 'number':
      return type.kind === 'int' ? 'int32' : type.kind === 'long' ? 'int64' : 'float64';
    case 'Date':
      return isInstant(type) ? 'int64' : undefined;
    default:
      return undefined;
  }
}

/** How a field becomes a key. */
export function keyConversion(format: FormatModel, type: AvroType): KeyConversion | Problem {
  if ('types' in format) return typedKeyConversion(format.types.map(avroTypeOf), type);
  const own = plainFormatOf(type);
  if (format.kind === 'json') {
    const fits =
      type.kind === 'enum' || (isScalar(type) && ['string', 'number', 'bigint', 'boolean'].includes(type.as));
    return fits ? 'none' : unfit(format, type, own);
  }
  const widened = own === 'int32' && (format.kind === 'int64' || format.kind === 'float64');
  if (own !== format.kind && !widened) return unfit(format, type, own);
  if (format.kind !== 'int64') return 'none';
  if (isScalar(type) && type.as === 'Date') return 'date';
  return isScalar(type) && type.as === 'number' ? 'bigint' : 'none';
}

function typedKeyConversion(keys: readonly AvroType[], type: AvroType): KeyConversion | Problem {
  const [key] = keys;
  if (key === undefined || keys.length > 1) {
    return { reason: 'the key has several types', hint: 'Give the key one type, or remove the option' };
  }
  const same =
    'name' in key
      ? 'name' in type && type.name === key.name
      : type.kind === key.kind && isScalar(key) && isScalar(type) && type.as === key.as;
  if (same) return 'none';
  return {
    reason: `the field is ${describe(type)}, but the key ${describe(key)}`,
    hint: "Choose a field of the key's type",
  };
}

function unfit(format: FormatModel, type: AvroType, own: PlainFormatKind | undefined): Problem {
  const hint =
    own === undefined
      ? 'Choose a field that holds text, a number or bytes, or give the key the type of the field'
      : `Choose another field, or make the key '${own}'`;
  return { reason: `the field is ${describe(type)}, which does not fit a key in format '${format.kind}'`, hint };
}

/** How a field becomes an event time. */
export function timeConversion(type: AvroType): TimeConversion | Problem {
  if (!isScalar(type) || type.kind !== 'long') return noTime(type);
  // A logical type that the config maps to its base is a property only; the count is still in its unit.
  const unit = type.logical?.name ?? type.properties?.['logicalType'];
  switch (unit) {
    case undefined:
    case 'timestamp-millis':
      if (type.as === 'Date') return 'date';
      return type.as === 'string' ? 'iso' : type.as === 'number' ? 'bigint' : 'none';
    case 'timestamp-micros':
      return type.as === 'string' ? 'iso' : type.as === 'number' ? 'micros-number' : 'micros-bigint';
    case 'timestamp-nanos':
      if (type.as === 'number') return noTime(type);
      return type.as === 'string' ? 'iso' : 'nanos-bigint';
    default:
      return noTime(type);
  }
}

function noTime(type: AvroType): Problem {
  const local = isScalar(type) && type.logical?.name.startsWith('local-timestamp') === true;
  return {
    reason: `the field is ${describe(type)}, ${local ? 'a time without a zone' : 'not a point in time'}`,
    hint: 'Choose a timestamp, or a long that counts milliseconds since 1970 in UTC',
  };
}

function isInstant(type: PrimitiveType | FixedType): boolean {
  return type.logical?.name.startsWith('timestamp-') === true;
}

function isScalar(type: AvroType): type is PrimitiveType | FixedType {
  return 'as' in type;
}
