import type { Json } from '../codec/schema/type.ts';
import type { Format } from './format.ts';
import { parseExactly, stringifyExactly } from './json-text.ts';
import { readText, writeText } from './text.ts';

/**
 * Any JSON value. Integers beyond ±(2^53 − 1) are read as bigints, so that no digit is lost; bigints are written as digits.
 * The JSON text `null` is a value; a record without a value is a tombstone.
 */
export const json: Format<Json> = {
  name: 'json',
  read: (reader) => parseExactly(readText(reader)),
  write(writer, value) {
    writeText(writer, stringifyExactly(value));
  },
};
