import { deepStrictEqual } from 'node:assert/strict';
import { canonicalForm, parseSchema } from '@kgen/runtime/schema';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { anySchema, anyValue } from '../support/arbitraries.ts';
import { avscType, fromAvsc } from '../support/avsc-oracle.ts';
import { interpretedCodec } from '../support/interpreted-codec.ts';

// avsc 5.7.9 is right about these outside of its known defects: no maps with the key `__proto__` here.

/** avsc keeps logical types it does not know as they are, so both sides read base values. */
const BASE = {
  logical: {
    decimal: 'base',
    uuid: 'base',
    date: 'base',
    'time-millis': 'base',
    'time-micros': 'base',
    'timestamp-millis': 'base',
    'timestamp-micros': 'base',
    'timestamp-nanos': 'base',
    'local-timestamp-millis': 'base',
    'local-timestamp-micros': 'base',
    'local-timestamp-nanos': 'base',
    duration: 'base',
  },
} as const;

/** avsc does not look for names in the null namespace from within another. */
const cases = anySchema({ namespaces: false }).chain((schema) =>
  fc.tuple(fc.constant(schema), anyValue(parseSchema(JSON.stringify(schema), BASE))),
);

function hasProtoKey(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return false;
  return Object.hasOwn(value, '__proto__') || Object.values(value).some(hasProtoKey);
}

describe('avsc', () => {
  test('reads what we write, and writes the same bytes', () => {
    fc.assert(
      fc.property(cases, ([schema, value]) => {
        fc.pre(!hasProtoKey(value));
        const codec = interpretedCodec(JSON.stringify(schema), BASE);
        const type = parseSchema(JSON.stringify(schema), BASE);
        const oracle = avscType(schema);
        const bytes = codec.encode(value);
        const read: unknown = oracle.fromBuffer(Buffer.from(bytes));
        deepStrictEqual(fromAvsc(type, read), value);
        deepStrictEqual(new Uint8Array(oracle.toBuffer(read)), new Uint8Array(bytes));
      }),
      { numRuns: 400 },
    );
  });

  test('means the same by a schema', () => {
    fc.assert(
      fc.property(anySchema({ logical: false, namespaces: false }), (schema) => {
        const type = parseSchema(JSON.stringify(schema));
        const theirs: unknown = avscType(schema).schema();
        expect(canonicalForm(parseSchema(JSON.stringify(theirs)))).toBe(canonicalForm(type));
      }),
      { numRuns: 200 },
    );
  });
});
