import type { BaseValue } from '../conversion.ts';
import type { FixedType, Json, PrimitiveType } from './type.ts';

/** What `baseFromJson` takes, for messages. */
export const EXPECTED_JSON: { readonly [K in (PrimitiveType | FixedType)['kind']]: string } = {
  null: 'null',
  boolean: 'true or false',
  int: 'an integer of 32 bits',
  long: 'an integer of 64 bits',
  float: 'a number in the range of a float',
  double: 'a number',
  bytes: 'a string of characters U+0000 to U+00FF, one a byte',
  fixed: 'a string of characters U+0000 to U+00FF, one a byte',
  string: 'a string without lone surrogates',
};

/**
 * The base value of a primitive or fixed from JSON, as defaults and Avro's JSON encoding write it: bytes as characters,
 * non-finite floats as their names. A fixed may still be of another size. Undefined where the JSON is of another type.
 */
export function baseFromJson(type: PrimitiveType | FixedType, json: Json): BaseValue | undefined {
  switch (type.kind) {
    case 'null':
      return json === null ? null : undefined;
    case 'boolean':
      return typeof json === 'boolean' ? json : undefined;
    case 'int':
      return typeof json === 'number' && (json | 0) === json ? json | 0 : undefined;
    case 'long': {
      // Beyond 2^53 only plain digits are exact: with a fraction or an exponent the number was rounded.
      const value = typeof json === 'number' && Number.isSafeInteger(json) ? BigInt(json) : json;
      return typeof value === 'bigint' && BigInt.asIntN(64, value) === value ? value : undefined;
    }
    case 'float': {
      const value = floatingPoint(json);
      if (value === undefined) return undefined;
      const rounded = Math.fround(value);
      return Number.isFinite(value) && !Number.isFinite(rounded) ? undefined : rounded;
    }
    case 'double':
      return floatingPoint(json);
    case 'bytes':
    case 'fixed':
      return typeof json === 'string' ? bytesOfText(json) : undefined;
    case 'string':
      return typeof json === 'string' && json.isWellFormed() ? json : undefined;
  }
}

function floatingPoint(json: Json): number | undefined {
  if (typeof json === 'number') return json;
  if (typeof json === 'bigint') return Number(json);
  return json === 'NaN' || json === 'Infinity' || json === '-Infinity' ? Number(json) : undefined;
}

/** Bytes of a text of characters U+0000 to U+00FF; undefined where there is another character. */
function bytesOfText(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit > 0xff) return undefined;
    bytes[i] = unit;
  }
  return bytes;
}
