import { deepStrictEqual } from 'node:assert/strict';
import { Reader } from '@kgen/runtime';
import { interpret, planRead } from '@kgen/runtime/schema';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { anySchema, anyValue } from '../support/arbitraries.ts';
import { avscType, toAvsc } from '../support/avsc-oracle.ts';
import { CompiledFolder } from '../support/compiled.ts';

const folder = new CompiledFolder();
afterAll(() => folder.remove());

describe('compiled codecs', () => {
  test('read what they wrote, as the interpreter does', async () => {
    await fc.assert(
      fc.asyncProperty(anySchema(), fc.gen(), async (schema, g) => {
        const { codec, read, type } = await folder.load(schema);
        const interpreted = interpret(planRead(type, type));
        for (let n = 0; n < 5; n++) {
          const value = g(() => anyValue(type));
          const bytes = codec.encode(value);
          deepStrictEqual(codec.decode(bytes), value);
          deepStrictEqual(interpreted(new Reader(bytes)), value);
          const twice = new Reader(Buffer.concat([bytes, bytes]));
          deepStrictEqual([read(twice), read(twice), twice.position], [value, value, bytes.length * 2]);
        }
      }),
      { numRuns: 150 },
    );
  }, 120_000);

  test('write the bytes that avsc writes', async () => {
    await fc.assert(
      fc.asyncProperty(anySchema({ logical: false }), fc.gen(), async (schema, g) => {
        const { codec, type } = await folder.load(schema);
        fc.pre(type.kind !== 'union');
        const oracle = avscType(schema);
        const value = g(() => anyValue(type));
        let expected: Uint8Array;
        try {
          expected = oracle.toBuffer(toAvsc(type, value));
        } catch {
          // Unions, which avsc takes in another form.
          return;
        }
        expect(Buffer.from(codec.encode(value))).toEqual(Buffer.from(expected));
      }),
      { numRuns: 60 },
    );
  }, 120_000);
});
