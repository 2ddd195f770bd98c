import { AvroDecodeError, AvroSchemaError } from '@kgen/runtime';
import { parseSchema, planRead } from '@kgen/runtime/schema';
import { describe, expect, test } from 'vitest';
import { cpuTime } from '../support/cpu-time.ts';
import { interpretedCodec } from '../support/interpreted-codec.ts';

type Schema = string | object;

/** Reads what `writer` wrote as `reader`. */
function resolve(writer: Schema, reader: Schema, value: unknown): unknown {
  const from = interpretedCodec(asText(writer));
  return interpretedCodec(asText(reader)).decoderFor(asText(writer))(from.encode(value));
}

/** The codec of a record: a field named `__proto__` cannot be written as a literal. */
function asText(schema: Schema): string {
  return JSON.stringify(schema);
}

function record(fields: readonly object[], more: object = {}): object {
  return { type: 'record', name: 'R', fields, ...more };
}

function codeOf(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return (error as { readonly code?: unknown }).code;
  }
  return 'no error';
}

function problemsOf(writer: Schema, reader: Schema): readonly { readonly path: string; readonly reason: string }[] {
  try {
    planRead(parseSchema(asText(writer)), parseSchema(asText(reader)));
  } catch (error) {
    if (error instanceof AvroSchemaError && error.code === 'resolution') return error.problems;
    throw error;
  }
  return [];
}

describe('promotion', () => {
  test.each([
    ['int', 'long', -7, -7n],
    ['int', 'float', 16_777_217, 16_777_216],
    ['int', 'double', 7, 7],
    ['long', 'float', 9n, 9],
    ['long', 'double', 2n ** 53n, 2 ** 53],
    ['float', 'double', 1.5, 1.5],
    ['string', 'bytes', 'ä', new Uint8Array([0xc3, 0xa4])],
    ['bytes', 'string', new Uint8Array([0xc3, 0xa4]), 'ä'],
  ])('%s to %s', (writer, reader, value, expected) => {
    expect(resolve(writer, reader, value)).toEqual(expected);
  });

  test('a long becomes the nearest float, rounded once', () => {
    // By way of a double it would be rounded to 2^60, and then down.
    const value = 2n ** 60n + 2n ** 36n + 1n;
    expect(Number(value)).toBe(2 ** 60 + 2 ** 36);
    expect(resolve('long', 'float', value)).toBe(2 ** 60 + 2 ** 37);
    expect(resolve('long', 'float', -value)).toBe(-(2 ** 60) - 2 ** 37);
    expect(resolve('long', 'float', value - 1n)).toBe(2 ** 60);
    expect(resolve('long', 'float', value - 2n)).toBe(2 ** 60);
  });

  test('a string that is no UTF-8 is refused when bytes are read as one', () => {
    expect(codeOf(() => resolve('bytes', 'string', new Uint8Array([0xff])))).toBe('utf8');
  });

  test.each([
    ['long', 'int'],
    ['float', 'long'],
    ['double', 'float'],
    ['boolean', 'int'],
    ['string', 'int'],
    ['null', 'int'],
    ['int', 'string'],
    ['int', { type: 'array', items: 'int' }],
    [
      { type: 'map', values: 'int' },
      { type: 'array', items: 'int' },
    ],
  ])('none from %o to %o', (writer, reader) => {
    expect(problemsOf(writer, reader)).toHaveLength(1);
  });

  test('inside arrays and maps', () => {
    expect(resolve({ type: 'array', items: 'int' }, { type: 'array', items: 'long' }, [1, 2])).toEqual([1n, 2n]);
    expect(resolve({ type: 'map', values: 'int' }, { type: 'map', values: 'double' }, { a: 1 })).toEqual({ a: 1 });
  });
});

describe('records', () => {
  test('fields are found by name in any order, others skipped, missing ones take their defaults', () => {
    const writer = record([
      { name: 'a', type: 'int' },
      { name: 'gone', type: { type: 'array', items: { type: 'map', values: ['null', 'string'] } } },
      { name: 'b', type: 'string' },
    ]);
    const reader = record([
      { name: 'b', type: 'string' },
      { name: 'fresh', type: { type: 'array', items: 'int' }, default: [1] },
      { name: 'a', type: 'long' },
    ]);
    const value = { a: 1, gone: [{ x: null, y: 'z' }, {}], b: 'B' };
    const first = resolve(writer, reader, value);
    expect(first).toEqual({ b: 'B', fresh: [1], a: 1n });
    expect(Object.keys(first as object)).toEqual(['b', 'fresh', 'a']);
  });

  test('defaults are made anew for each value', () => {
    const reader = interpretedCodec<{ list: number[]; map: object }>(
      record([
        { name: 'list', type: { type: 'array', items: 'int' }, default: [] },
        { name: 'map', type: { type: 'map', values: 'int' }, default: {} },
      ]),
    );
    const decode = reader.decoderFor(asText(record([])));
    const first = decode(new Uint8Array());
    first.list.push(1);
    expect(decode(new Uint8Array())).toEqual({ list: [], map: {} });
  });

  test('a missing field without default: no data can be read, and the error names it', () => {
    const problems = problemsOf(
      record([{ name: 'in', type: { type: 'record', name: 'In', fields: [] } }]),
      record([{ name: 'in', type: { type: 'record', name: 'In', fields: [{ name: 'x', type: 'int' }] } }]),
    );
    expect(problems).toEqual([
      { path: 'in', reason: `the field "x" is not in the writer's In and has no default`, hint: expect.any(String) },
    ]);
  });

  test('all that stands in the way is listed', () => {
    const problems = problemsOf(
      record([
        { name: 'a', type: 'string' },
        { name: 'b', type: ['null', 'string'] },
        { name: 'c', type: { type: 'enum', name: 'E', symbols: ['X'] } },
        { name: 'd', type: { type: 'array', items: 'string' } },
      ]),
      record([
        { name: 'a', type: 'int' },
        { name: 'b', type: 'int' },
        { name: 'c', type: { type: 'enum', name: 'E', symbols: ['Y'] } },
        { name: 'd', type: { type: 'array', items: 'int' } },
      ]),
    );
    // An array may be empty, so its items stand in nobody's way.
    expect(problems.map(({ path }) => path)).toEqual(['a', 'b', 'b', 'c']);
  });

  test('aliases of fields and of records, and names without their namespaces', () => {
    const writer = { type: 'record', name: 'Old', namespace: 'x', fields: [{ name: 'before', type: 'int' }] };
    const fields = [{ name: 'after', type: 'int', aliases: ['unknown', 'before'] }];
    expect(
      resolve(writer, { type: 'record', name: 'New', namespace: 'y', aliases: ['x.Old'], fields }, { before: 1 }),
    ).toEqual({ after: 1 });
    expect(resolve(writer, { type: 'record', name: 'Old', namespace: 'y', fields }, { before: 1 })).toEqual({
      after: 1,
    });
    expect(problemsOf(writer, { type: 'record', name: 'Other', namespace: 'x', fields })).toHaveLength(1);
  });

  test("a field's own name goes before aliases, and a writer's field is read once", () => {
    const writer = record([
      { name: 'a', type: 'int' },
      { name: 'b', type: 'int' },
    ]);
    const reader = record([
      { name: 'x', type: 'int', aliases: ['a', 'b'] },
      { name: 'a', type: 'int' },
    ]);
    expect(resolve(writer, reader, { a: 1, b: 2 })).toEqual({ x: 2, a: 1 });
  });

  test('recursive, with fields added and dropped on each level', () => {
    const writer = record([
      { name: 'id', type: 'int' },
      { name: 'note', type: ['null', 'R'] },
      { name: 'next', type: ['null', 'R'] },
    ]);
    const reader = record([
      { name: 'next', type: ['null', 'R'], default: null },
      { name: 'id', type: 'long' },
      { name: 'depth', type: 'int', default: 5 },
    ]);
    const leaf = { id: 2, note: null, next: null };
    expect(resolve(writer, reader, { id: 1, note: leaf, next: leaf })).toEqual({
      next: { next: null, id: 2n, depth: 5 },
      id: 1n,
      depth: 5,
    });
  });

  test('nested defaults are filled from the defaults of the fields they leave out', () => {
    const inner = {
      type: 'record',
      name: 'Inner',
      fields: [
        { name: 'a', type: 'int', default: 1 },
        { name: 'b', type: ['null', 'string'], default: null },
        { name: 'c', type: { type: 'bytes' }, default: '\u0000\u00ff' },
      ],
    };
    expect(resolve(record([]), record([{ name: 'in', type: inner, default: { a: 2 } }]), {})).toEqual({
      in: { a: 2, b: null, c: new Uint8Array([0, 255]) },
    });
  });
});

describe('enums', () => {
  const letters = (symbols: readonly string[], more: object = {}): object => ({
    type: 'enum',
    name: 'E',
    symbols,
    ...more,
  });

  test('symbols are matched by name', () => {
    expect(resolve(letters(['A', 'B']), letters(['B', 'A']), 'B')).toBe('B');
  });

  test("an unknown symbol becomes the reader's default", () => {
    expect(resolve(letters(['A', 'B']), letters(['A', 'Z'], { default: 'Z' }), 'B')).toBe('Z');
  });

  test("an unknown symbol without default is refused as it comes; the field's default does not count", () => {
    const writer = record([{ name: 'e', type: letters(['A', 'B']) }]);
    const reader = record([{ name: 'e', type: letters(['A']), default: 'A' }]);
    expect(resolve(writer, reader, { e: 'A' })).toEqual({ e: 'A' });
    expect(codeOf(() => resolve(writer, reader, { e: 'B' }))).toBe('enum-symbol');
  });

  test('another name does not match', () => {
    expect(problemsOf(letters(['A']), { type: 'enum', name: 'F', symbols: ['A'] })).toHaveLength(1);
    expect(resolve(letters(['A']), { type: 'enum', name: 'F', aliases: ['E'], symbols: ['A'] }, 'A')).toBe('A');
  });
});

describe('fixed', () => {
  test('name and size must match', () => {
    const writer = { type: 'fixed', name: 'F', size: 2 };
    expect(resolve(writer, { type: 'fixed', name: 'ns.F', size: 2 }, new Uint8Array([1, 2]))).toEqual(
      new Uint8Array([1, 2]),
    );
    expect(problemsOf(writer, { type: 'fixed', name: 'F', size: 3 })).toHaveLength(1);
    expect(problemsOf(writer, { type: 'fixed', name: 'G', size: 2 })).toHaveLength(1);
    expect(problemsOf(writer, 'bytes')).toHaveLength(1);
  });
});

describe('unions', () => {
  test("a writer's branch is read as the reader's type; branches that do not fit are refused as they come", () => {
    expect(resolve(['int', 'string'], 'long', 3)).toBe(3n);
    expect(codeOf(() => resolve(['int', 'string'], 'long', 'x'))).toBe('unresolvable');
    expect(problemsOf(['string', 'null'], 'long')).toHaveLength(2);
  });

  test('a plain writer is read as the first branch of the same type, before any promotion', () => {
    expect(resolve('int', ['null', 'double', 'long', 'int'], 5)).toEqual({ branch: 'int', value: 5 });
    expect(resolve('int', ['null', 'double', 'long'], 5)).toBe(5);
    expect(resolve('long', ['null', 'float', 'double'], 5n)).toEqual({ branch: 'float', value: 5 });
    expect(resolve('string', ['null', 'bytes'], 'a')).toEqual(new Uint8Array([97]));
    expect(problemsOf('string', ['null', 'int'])).toHaveLength(1);
  });

  test('both are unions', () => {
    expect(resolve(['null', 'int'], ['string', 'long', 'null'], 1)).toBe(1n);
    expect(resolve(['null', 'int'], ['string', 'long', 'null'], null)).toBe(null);
    expect(resolve(['null', 'int'], ['null', 'string'], null)).toBe(null);
    expect(codeOf(() => resolve(['null', 'int'], ['null', 'string'], 1))).toBe('unresolvable');
  });

  const card = (namespace: string, field: string): object => ({
    type: 'record',
    name: 'Card',
    namespace,
    fields: [{ name: field, type: 'int' }],
  });

  test('of records: the full name, then the first of that simple name that can be read', () => {
    const reader = [card('a', 'x'), card('b', 'y'), card('c', 'y')];
    expect(resolve(card('c', 'y'), reader, { y: 1 })).toEqual({ branch: 'c.Card', value: { y: 1 } });
    expect(resolve(card('d', 'y'), reader, { y: 1 })).toEqual({ branch: 'b.Card', value: { y: 1 } });
    expect(problemsOf(card('d', 'z'), reader)).toHaveLength(1);
  });

  test('of records: an alias goes before a simple name', () => {
    const reader = [card('a', 'x'), { ...card('b', 'x'), name: 'Other', aliases: ['d.Card'] }];
    expect(resolve(card('d', 'x'), reader, { x: 1 })).toEqual({ branch: 'Other', value: { x: 1 } });
  });

  test('a field with a default may become nullable, and back for data without null', () => {
    const writer = record([{ name: 'a', type: 'string' }]);
    const reader = record([{ name: 'a', type: ['null', 'string'], default: null }]);
    expect(resolve(writer, reader, { a: 'x' })).toEqual({ a: 'x' });
    expect(resolve(reader, writer, { a: 'x' })).toEqual({ a: 'x' });
    expect(() => resolve(reader, writer, { a: null })).toThrow(AvroDecodeError);
  });
});

describe('logical types', () => {
  const decimal = (precision: number, scale: number): object => ({
    type: 'bytes',
    logicalType: 'decimal',
    precision,
    scale,
  });

  test("the reader's counts", () => {
    const millis = { type: 'long', logicalType: 'timestamp-millis' };
    expect(resolve('long', millis, 5n)).toEqual(new Date(5));
    expect(resolve('int', millis, 5)).toEqual(new Date(5));
    expect(resolve(millis, 'long', new Date(5))).toBe(5n);
    expect(resolve('string', { type: 'string', logicalType: 'uuid' }, '6ec0bd7f-11c0-43da-975e-2a8ad9ebae0b')).toBe(
      '6ec0bd7f-11c0-43da-975e-2a8ad9ebae0b',
    );
    expect(codeOf(() => resolve('string', { type: 'string', logicalType: 'uuid' }, 'no'))).toBe('logical');
  });

  test('decimals must have the same scale; a smaller precision takes what fits', () => {
    expect(problemsOf(decimal(5, 2), decimal(5, 3))).toHaveLength(1);
    expect(resolve(decimal(5, 2), decimal(9, 2), '123.45')).toBe('123.45');
    expect(resolve(decimal(9, 2), decimal(5, 2), '123.45')).toBe('123.45');
    expect(codeOf(() => resolve(decimal(9, 2), decimal(5, 2), '12345.67'))).toBe('logical');
    expect(resolve('bytes', decimal(5, 2), new Uint8Array([1, 0]))).toBe('2.56');
  });
});

describe('errors', () => {
  const writer = record([
    { name: 'pad', type: 'string' },
    { name: 'items', type: { type: 'array', items: ['int', 'string'] } },
  ]);
  const reader = record([{ name: 'items', type: { type: 'array', items: 'long' } }]);

  test('say where in the value and in the bytes', () => {
    const bytes = interpretedCodec(writer).encode({ pad: 'abc', items: [1, 2, 'x'] });
    const decode = interpretedCodec(reader).decoderFor(asText(writer));
    expect(() => decode(bytes)).toThrow(
      expect.objectContaining({ name: 'AvroDecodeError', code: 'unresolvable', path: 'items[2]', offset: 10 }),
    );
    expect(() => decode(bytes.subarray(0, 2))).toThrow(
      expect.objectContaining({ code: 'truncated', path: 'pad', offset: 0 }),
    );
    expect(() => decode(new Uint8Array([...bytes, 0]))).toThrow(expect.objectContaining({ code: 'unresolvable' }));
    expect(() => decode(new Uint8Array([0, 0, 0]))).toThrow(
      expect.objectContaining({ code: 'trailing-bytes', path: '', offset: 2 }),
    );
  });

  test('nothing can be read: AvroSchemaError with code resolution', () => {
    expect(codeOf(() => interpretedCodec(reader).decoderFor('"int"'))).toBe('resolution');
    expect(codeOf(() => interpretedCodec(reader).decoderFor('{'))).toBe('schema');
  });

  test("a writer's invalid defaults do not matter", () => {
    const bad = record([{ name: 'items', type: { type: 'array', items: 'int' }, default: 'none' }]);
    expect(interpretedCodec(reader).decoderFor(asText(bad))(new Uint8Array([2, 2, 0]))).toEqual({ items: [1n] });
  });
});

test('a chain of 700 records, each in a union, is planned in no time', () => {
  const records = Array.from({ length: 700 }, (_, i) => {
    const own = ['string', 'int', ['null', 'long']].map((type, n) => ({ name: `f${n}`, type }));
    const next = i === 699 ? [] : [{ name: 'next', type: ['null', `R${i + 1}`] }];
    return { type: 'record', name: `R${i}`, fields: [...own, ...next] };
  });
  const type = parseSchema(JSON.stringify({ type: 'array', items: records.toReversed() }), {}, { defaults: 'ignore' });
  const started = cpuTime();
  planRead(type, type);
  expect(cpuTime() - started).toBeLessThan(1_000);
});
