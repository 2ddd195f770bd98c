import { deepStrictEqual } from 'node:assert/strict';
import { canonicalForm, normalizedSchema, parseSchema } from '@kgen/runtime/schema';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { anySchema, anyValue } from '../support/arbitraries.ts';
import { interpretedCodec } from '../support/interpreted-codec.ts';

const MAPPINGS = [
  {},
  { long: 'number' as const },
  {
    logical: {
      decimal: 'bigint' as const,
      date: 'Date' as const,
      'time-millis': 'string' as const,
      'time-micros': 'string' as const,
      'timestamp-millis': 'string' as const,
      'timestamp-micros': 'string' as const,
      'timestamp-nanos': 'string' as const,
      'local-timestamp-millis': 'bigint' as const,
      'local-timestamp-micros': 'base' as const,
      'local-timestamp-nanos': 'bigint' as const,
    },
  },
];

const schemaAndValue = fc
  .tuple(anySchema(), fc.constantFrom(...MAPPINGS))
  .chain(([schema, mapping]) =>
    fc.tuple(fc.constant(schema), fc.constant(mapping), anyValue(parseSchema(JSON.stringify(schema), mapping))),
  );

describe('any schema, any value', () => {
  test('bytes and Avro JSON give the value back, and the value is valid', () => {
    fc.assert(
      fc.property(schemaAndValue, ([schema, mapping, value]) => {
        const codec = interpretedCodec(JSON.stringify(schema), mapping);
        expect(codec.is(value)).toBe(true);
        deepStrictEqual(codec.decode(codec.encode(value)), value);
        deepStrictEqual(codec.fromAvroJson(codec.toAvroJson(value)), value);
      }),
      { numRuns: 300 },
    );
  });

  test('the normalized schema parses to the same canonical form, and is its own normalized schema', () => {
    fc.assert(
      fc.property(anySchema(), (schema) => {
        const type = parseSchema(JSON.stringify(schema));
        const normalized = normalizedSchema(type);
        const again = parseSchema(normalized);
        expect(canonicalForm(again)).toBe(canonicalForm(type));
        expect(normalizedSchema(again)).toBe(normalized);
      }),
      { numRuns: 300 },
    );
  });
});
