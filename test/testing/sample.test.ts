import { deepStrictEqual } from 'node:assert/strict';
import { sample } from '@kgen/runtime/testing';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Airport, Flight } from '../../fixtures/flights/src/generated/index.ts';
import { parseSchema } from '../../runtime/src/codec/schema/index.ts';
import { sampleValue } from '../../runtime/src/testing/sample-value.ts';
import { seededRandom } from '../../runtime/src/testing/seeded-random.ts';
import { anySchema } from '../support/arbitraries.ts';
import { interpretedCodec } from '../support/interpreted-codec.ts';

const MAPPINGS = [
  {},
  { long: 'number' as const },
  { logical: { decimal: 'bigint', date: 'Date', 'time-millis': 'string', 'timestamp-nanos': 'string' } as const },
];

test('any schema has samples that are valid and come back from their bytes', () => {
  fc.assert(
    fc.property(anySchema(), fc.constantFrom(...MAPPINGS), fc.nat(), (schema, mapping, seed) => {
      const text = JSON.stringify(schema);
      const codec = interpretedCodec(text, mapping);
      const value = sampleValue(parseSchema(text, mapping), seededRandom(seed));
      expect(codec.is(value)).toBe(true);
      deepStrictEqual(codec.decode(codec.encode(value)), value);
    }),
    { numRuns: 400 },
  );
});

test('every logical type has samples, in bytes and in fixed', () => {
  const logical = (type: string | object, logicalType: string, more = {}): object => ({
    ...(typeof type === 'string' ? { type } : type),
    logicalType,
    ...more,
  });
  const fixed = (name: string, size: number): object => ({ type: 'fixed', name, size });
  const types = [
    logical('bytes', 'decimal', { precision: 1 }),
    logical('bytes', 'decimal', { precision: 12, scale: 4 }),
    logical(fixed('Small', 1), 'decimal', { precision: 2, scale: 2 }),
    logical('string', 'uuid'),
    logical(fixed('Id', 16), 'uuid'),
    logical('int', 'date'),
    logical('int', 'time-millis'),
    logical('long', 'time-micros'),
    ...['millis', 'micros', 'nanos'].flatMap((unit) => [
      logical('long', `timestamp-${unit}`),
      logical('long', `local-timestamp-${unit}`),
    ]),
    logical(fixed('Span', 12), 'duration'),
    fixed('Empty', 0),
  ];
  const schema = JSON.stringify({
    type: 'record',
    name: 'R',
    fields: types.map((type, i) => ({ name: `f${i}`, type })),
  });
  for (const mapping of MAPPINGS) {
    const codec = interpretedCodec(schema, mapping);
    for (let seed = 0; seed < 200; seed++) {
      const value = sampleValue(parseSchema(schema, mapping), seededRandom(seed));
      expect(codec.is(value)).toBe(true);
      deepStrictEqual(codec.decode(codec.encode(value)), value);
    }
  }
});

describe('a recursive type', () => {
  const node = (next: object | string): string =>
    JSON.stringify({ type: 'record', name: 'Node', fields: [{ name: 'next', type: next }] });

  test.each([
    ['by a union', node(['Node', 'null'] as never)],
    ['by an array', node({ type: 'array', items: 'Node' })],
    ['by a map', node({ type: 'map', values: 'Node' })],
  ])('has samples that end: %s', (_, schema) => {
    for (let seed = 0; seed < 100; seed++) {
      const value = sampleValue(parseSchema(schema), seededRandom(seed));
      expect(interpretedCodec(schema).is(value)).toBe(true);
      expect(JSON.stringify(value).length).toBeLessThan(10_000);
    }
  });

  test('that holds itself has none', () => {
    expect(() => sampleValue(parseSchema(node('Node')), seededRandom(1))).toThrow('no value of Node is finite');
  });
});

test('the same seed gives the same value, another seed another', () => {
  expect(sample(Flight, { seed: 5 })).toEqual(sample(Flight, { seed: 5 }));
  expect(sample(Flight)).toEqual(sample(Flight, { seed: 1 }));
  expect(new Set([1, 2, 3, 4].map((seed) => JSON.stringify(sample(Flight, { seed })))).size).toBe(4);
});

test('fields may be given, and must be of their type', () => {
  expect(sample(Flight, { seed: 2, origin: 'SEA', delay: 12 })).toMatchObject({ origin: 'SEA', delay: 12 });
  expect(sample(Airport, { city: null }).city).toBe(null);
  expect(() => sample(Flight, { delay: 1.5 })).toThrow('delay');
});
