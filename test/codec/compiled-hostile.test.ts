import { deepStrictEqual } from 'node:assert/strict';
import { AvroDecodeError, AvroEncodeError, MAX_DEPTH, Reader, Writer } from '@kgen/runtime';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { anySchema, anyValue, recordSchema } from '../support/arbitraries.ts';
import { CompiledFolder } from '../support/compiled.ts';
import { cpuTime } from '../support/cpu-time.ts';
import { interpretedCodec } from '../support/interpreted-codec.ts';

const folder = new CompiledFolder();
afterAll(() => folder.remove());

/** What decoding gives: a value, or where and why it was refused. Anything else than an AvroDecodeError is thrown on. */
function outcome(decode: (bytes: Uint8Array) => unknown, bytes: Uint8Array): unknown {
  try {
    return decode(bytes);
  } catch (error) {
    if (!(error instanceof AvroDecodeError)) throw error;
    const { code, path, offset } = error;
    return { code, path, offset };
  }
}

describe('compiled readers', () => {
  test('refuse mutated bytes as the interpreter does, quickly', async () => {
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(anySchema(), fc.gen(), async (schema, g) => {
        const { codec, type } = await folder.load(schema);
        const interpreted = interpretedCodec(JSON.stringify(schema));
        for (let n = 0; n < 20; n++) {
          const bytes = mutate(codec.encode(g(() => anyValue(type))), g);
          const start = cpuTime();
          const result = outcome(codec.decode, bytes);
          expect(cpuTime() - start).toBeLessThan(200);
          deepStrictEqual(result, outcome(interpreted.decode, bytes));
          if (isRefusal(result)) refused++;
        }
      }),
      { numRuns: 100 },
    );
    expect(refused).toBeGreaterThan(200);
  }, 120_000);

  test('narrowed, refuse mutated bytes, and never read behind the end of the message', async () => {
    await fc.assert(
      fc.asyncProperty(recordSchema(), fc.gen(), async (schema, g) => {
        const names = (schema['fields'] as { name: string }[]).map(({ name }) => name);
        const { codec, type, readNarrowed } = await folder.load(schema, { fields: g(() => fc.subarray(names)) });
        for (let n = 0; n < 20; n++) {
          const bytes = mutate(codec.encode(g(() => anyValue(type))), g);
          const chunk = new Uint8Array([...bytes, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2]);
          const reader = new Reader(chunk, 0, bytes.length);
          const result = outcome(() => readNarrowed?.(reader), bytes);
          if (!isRefusal(result)) expect(reader.position).toBeLessThanOrEqual(bytes.length);
        }
      }),
      { numRuns: 100 },
    );
  }, 120_000);

  test('count depth, and leave no trace of a failure', async () => {
    const schema = { type: 'record', name: 'R', fields: [{ name: 'next', type: ['null', 'R'] }] };
    const { codec } = await folder.load(schema);
    const nested = (levels: number): Uint8Array => new Uint8Array([...Array.from({ length: levels }, () => 2), 0]);
    for (let n = 0; n < 3; n++) {
      expect(outcome(codec.decode, nested(20_000))).toMatchObject({ code: 'depth' });
      expect(outcome(codec.decode, nested(MAX_DEPTH - 1))).not.toHaveProperty('code');
    }
    let value: unknown = null;
    for (let n = 0; n < MAX_DEPTH; n++) value = { next: value };
    expect(codec.encode(value)).toHaveLength(MAX_DEPTH);
    expect(() => codec.encode({ next: value })).toThrow(AvroEncodeError);
    const circle: { next: unknown } = { next: null };
    circle.next = circle;
    expect(() => codec.encode(circle)).toThrow(AvroEncodeError);
    expect(codec.encode(value)).toHaveLength(MAX_DEPTH);
  });

  test('do not take memory for what a count only claims', async () => {
    const schema = {
      type: 'record',
      name: 'Tree',
      fields: [{ name: 'children', type: { type: 'array', items: 'Tree' } }],
    };
    const { codec } = await folder.load(schema);
    // Each level claims 400,000 children, which the bytes that follow could hold, and begins with the first.
    const size = 1_000_000;
    const bytes = new Uint8Array(size).fill(0xff);
    const claim = Buffer.from([0x80, 0xea, 0x30]);
    for (let at = 0; at < 900 * 3; at += 3) bytes.set(claim, at);
    const before = process.memoryUsage().heapUsed;
    expect(outcome(codec.decode, bytes)).toMatchObject({ code: 'varint' });
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(32 * size);
  });
});

describe('compiled writers', () => {
  test('write what the validator accepts, and nothing else', async () => {
    let refused = 0;
    let accepted = 0;
    await fc.assert(
      fc.asyncProperty(anySchema(), fc.gen(), async (schema, g) => {
        const { codec, type } = await folder.load(schema);
        const writer = new Writer();
        for (let n = 0; n < 20; n++) {
          const value = spoil(
            g(() => anyValue(type)),
            g,
          );
          const fits = codec.is(value);
          const { position } = writer;
          try {
            codec.write(writer, value);
            accepted++;
            expect(fits).toBe(true);
          } catch (error) {
            if (!(error instanceof AvroEncodeError)) throw error;
            refused++;
            expect(fits).toBe(false);
            expect(writer.position).toBe(position);
          }
        }
      }),
      { numRuns: 150 },
    );
    expect(Math.min(refused, accepted)).toBeGreaterThan(100);
  }, 120_000);
});

/** A value with one part replaced by something that may not belong there. */
function spoil(value: unknown, g: fc.GeneratorValue): unknown {
  if (typeof value === 'object' && value !== null && !(value instanceof Uint8Array) && g(() => fc.nat(4)) > 0) {
    const keys = Object.keys(value);
    if (keys.length > 0) {
      const key = g(() => fc.constantFrom(...keys));
      const part = spoil((value as { [key: string]: unknown })[key], g);
      const copy = Array.isArray(value)
        ? [...value]
        : Object.assign(Object.create(Object.getPrototypeOf(value)), value);
      Object.defineProperty(copy, key, { value: part, writable: true, enumerable: true, configurable: true });
      return copy;
    }
  }
  return g(() => fc.oneof(fc.constantFrom(...ODD), fc.constant(value)));
}

const ODD: readonly unknown[] = [
  null,
  undefined,
  true,
  0,
  -0,
  -1,
  1.5,
  2 ** 31,
  2 ** 53,
  1e39,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  0n,
  -1n,
  2n ** 63n,
  '',
  'A',
  'a\ud800',
  '2024-02-30',
  '12:34:56.789',
  '1.50',
  '123e4567-e89b-12d3-a456-426614174000',
  [],
  [null],
  {},
  { branch: 'int', value: 1 },
  Object.create(null),
  { length: 0 },
  new Map(),
  new Date(0),
  new Date(Number.NaN),
  new Uint8Array(0),
  new Uint8Array(16),
  Buffer.alloc(4),
  new Uint16Array(2),
  () => 0,
  Symbol.iterator,
];

function isRefusal(result: unknown): boolean {
  return typeof result === 'object' && result !== null && 'offset' in result;
}

/** Bytes flipped, cut, doubled, or put in: what a broken producer or an attacker sends. */
function mutate(bytes: Uint8Array, g: fc.GeneratorValue): Uint8Array {
  const result = [...bytes];
  for (let n = g(() => fc.integer({ min: 1, max: 3 })); n > 0; n--) {
    const at = g(() => fc.nat(Math.max(0, result.length)));
    const kind = g(() => fc.nat(4));
    if (kind === 0)
      result.splice(
        at,
        1,
        g(() => fc.nat(255)),
      );
    else if (kind === 1) result.splice(at);
    else if (kind === 2)
      result.splice(at, 0, ...g(() => fc.constantFrom([0xff, 0xff, 0xff, 0xff, 0x0f], [0x80], [1], [0])));
    else if (kind === 3) result.splice(at, 0, ...result.slice(at));
    else result.splice(at, 1);
  }
  return new Uint8Array(result);
}
