import { deepStrictEqual } from 'node:assert/strict';
import { Reader, Writer } from '@kgen/runtime';
import { interpret, planRead } from '@kgen/runtime/schema';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { anySchema, anyValue, recordSchema } from '../support/arbitraries.ts';
import { avscType, fromAvsc } from '../support/avsc-oracle.ts';
import { CompiledFolder } from '../support/compiled.ts';
import { evolve } from '../support/evolve.ts';

const folder = new CompiledFolder();
afterAll(() => folder.remove());

const MAPPINGS = [
  {},
  { long: 'number' },
  {
    logical: {
      decimal: 'bigint',
      date: 'Date',
      'time-millis': 'string',
      'time-micros': 'string',
      'timestamp-millis': 'string',
      'timestamp-micros': 'string',
      'timestamp-nanos': 'string',
      'local-timestamp-millis': 'bigint',
      'local-timestamp-micros': 'bigint',
      'local-timestamp-nanos': 'bigint',
    },
  },
] as const;

describe('compiled codecs', () => {
  test('read what they wrote, as the interpreter does, one value or several', async () => {
    await fc.assert(
      fc.asyncProperty(anySchema(), fc.constantFrom(...MAPPINGS), fc.gen(), async (schema, mapping, g) => {
        const { codec, read, type } = await folder.load(schema, { mapping });
        const interpreted = interpret(planRead(type, type));
        for (let n = 0; n < 5; n++) {
          const value = g(() => anyValue(type));
          const bytes = codec.encode(value);
          deepStrictEqual(codec.decode(bytes), value);
          deepStrictEqual(interpreted(new Reader(bytes)), value);
          const writer = new Writer(1);
          codec.write(writer, value);
          codec.write(writer, value);
          const twice = new Reader(writer.copy());
          deepStrictEqual([read(twice), read(twice), twice.position], [value, value, bytes.length * 2]);
        }
      }),
      { numRuns: 150 },
    );
  }, 120_000);

  test('write the bytes that avsc writes', async () => {
    let compared = 0;
    await fc.assert(
      fc.asyncProperty(anySchema({ logical: false, namespaces: false }), fc.gen(), async (schema, g) => {
        const { codec, type } = await folder.load(schema);
        const value = g(() => anyValue(type));
        if (JSON.stringify(value, bigintAsText)?.includes('"__proto__"')) return;
        const bytes = codec.encode(value);
        const oracle = avscType(schema);
        const theirs = oracle.fromBuffer(Buffer.from(bytes));
        deepStrictEqual(fromAvsc(type, theirs), value);
        expect(oracle.toBuffer(theirs).equals(bytes)).toBe(true);
        compared++;
      }),
      { numRuns: 80 },
    );
    expect(compared).toBeGreaterThan(40);
  }, 120_000);

  test('read earlier versions and narrowed records as the interpreter does', async () => {
    let compiled = 0;
    await fc.assert(
      fc.asyncProperty(recordSchema(), fc.gen(), async (writer, g) => {
        const reader = evolve(writer, g);
        const names = (reader as { fields: { name: string }[] }).fields.map(({ name }) => name);
        const fields = g(() => fc.subarray(names));
        const own = await folder.load(writer);
        const evolved = await folder.load(reader, { writers: [writer], fields });
        const value = g(() => anyValue(own.type));
        const bytes = own.codec.encode(value);
        const interpreted = interpret(planRead(own.type, evolved.type))(new Reader(bytes));
        deepStrictEqual(evolved.codec.decoderFor(JSON.stringify(writer))(bytes), interpreted);
        if (evolved.files.some(({ text }) => text.includes('Before('))) compiled++;
        const current = evolved.codec.encode(interpreted);
        const narrow = new Reader(current);
        const kept = Object.entries(interpreted as object).filter(([name]) => fields.includes(name));
        deepStrictEqual(evolved.readNarrowed?.(narrow), Object.fromEntries(kept));
        expect(narrow.position).toBe(current.length);
      }),
      { numRuns: 120 },
    );
    expect(compiled).toBe(120);
  }, 120_000);
});

function bigintAsText(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
}
