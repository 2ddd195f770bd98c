import { deepStrictEqual } from 'node:assert/strict';
import { type Codec, decodeWith, encodeWith, type Format } from '@kgen/runtime';
import { projection, typedJson } from '@kgen/runtime/codegen/v1';
import { parseSchema, type TypeMapping } from '@kgen/runtime/schema';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { anySchema, anyValue } from '../support/arbitraries.ts';
import { interpretedCodec } from '../support/interpreted-codec.ts';
import { codeOf, survivesHostileBytes } from './hostile.ts';

const formatOf = (schema: unknown, mapping: TypeMapping = {}): Format<unknown> => {
  const codec = interpretedCodec(JSON.stringify(schema), mapping);
  return typedJson(() => codec);
};
const text = (format: Format<unknown>, value: unknown): string => Buffer.from(encodeWith(format, value)).toString();
const read = (format: Format<unknown>, json: string): unknown => decodeWith(format, Buffer.from(json));
const record = (...fields: object[]): object => ({ type: 'record', name: 'shop.Order', fields });

describe('how values look', () => {
  const logical = (type: string, logicalType: string): object => ({ type, logicalType });
  const fixed = (size: number, logicalType?: string): object => ({ type: 'fixed', name: 'F', size, logicalType });
  const cases: readonly [string, unknown, TypeMapping, unknown, string][] = [
    ['long', 'long', {}, 9223372036854775807n, '9223372036854775807'],
    ['long as number', 'long', { long: 'number' }, -9007199254740991, '-9007199254740991'],
    ['double', 'double', {}, 0.1, '0.1'],
    ['double, -0', 'double', {}, -0, '-0'],
    ['double, NaN', 'double', {}, Number.NaN, '"NaN"'],
    ['float, infinite', 'float', {}, Number.NEGATIVE_INFINITY, '"-Infinity"'],
    ['bytes', 'bytes', {}, Uint8Array.of(251, 255, 1), '"+/8B"'],
    ['fixed', fixed(2), {}, Uint8Array.of(0, 1), '"AAE="'],
    ['string', 'string', {}, '"é\u2028', '"\\"é\u2028"'],
    ['timestamp', logical('long', 'timestamp-millis'), {}, new Date(5), '"1970-01-01T00:00:00.005Z"'],
    ['timestamp far off', logical('long', 'timestamp-millis'), {}, new Date(8.64e15), '"+275760-09-13T00:00:00.000Z"'],
    ['micros', logical('long', 'timestamp-micros'), {}, 1234567890123456789n, '1234567890123456789'],
    ['date', logical('int', 'date'), {}, '2001-01-31', '"2001-01-31"'],
    ['date as Date', logical('int', 'date'), { logical: { date: 'Date' } }, new Date(86_400_000), '"1970-01-02"'],
    ['decimal', { type: 'bytes', logicalType: 'decimal', precision: 9, scale: 2 }, {}, '12.50', '"12.50"'],
    ['duration', fixed(12, 'duration'), {}, { months: 1, days: 2, millis: 3 }, '{"months":1,"days":2,"millis":3}'],
    ['enum', { type: 'enum', name: 'E', symbols: ['A', 'B'] }, {}, 'B', '"B"'],
    ['map', { type: 'map', values: 'long' }, {}, { a: 1n }, '{"a":1}'],
    ['array', { type: 'array', items: 'boolean' }, {}, [true, false], '[true,false]'],
    ['nullable', ['null', 'long'], {}, 1n, '1'],
    ['null', ['null', 'long'], {}, null, 'null'],
    ['a union that JSON tells apart', ['null', 'string', 'int'], {}, 'x', '"x"'],
    ['a union that JSON does not', ['bytes', 'string'], {}, 'x', '{"branch":"string","value":"x"}'],
    ['numbers of two kinds', ['double', 'long'], {}, 1n, '{"branch":"long","value":1}'],
    ['a tagged union', ['int', 'double'], {}, { branch: 'int', value: 1 }, '{"branch":"int","value":1}'],
    ['null in a tagged union', ['null', 'int', 'double'], {}, null, 'null'],
  ];
  test.each(cases)('%s', (_name, schema, mapping, value, json) => {
    const format = formatOf(schema, mapping);
    expect(text(format, value)).toBe(json);
    deepStrictEqual(read(format, json), value);
  });

  test('bytes that were read are plain, in memory of their own', () => {
    const value = read(formatOf('bytes'), '"AAE="') as Uint8Array;
    expect(Object.getPrototypeOf(value)).toBe(Uint8Array.prototype);
    expect(value.buffer.byteLength).toBe(2);
  });
});

const MAPPINGS: readonly TypeMapping[] = [
  {},
  { long: 'number', logical: { date: 'Date', 'timestamp-micros': 'string' } },
  { logical: { decimal: 'bigint', date: 'number', 'timestamp-millis': 'bigint', 'time-micros': 'bigint' } },
];

test('any value of any schema comes back', () => {
  const cases = fc
    .tuple(anySchema(), fc.constantFrom(...MAPPINGS))
    .chain(([schema, mapping]) =>
      fc.tuple(fc.constant(schema), fc.constant(mapping), anyValue(parseSchema(JSON.stringify(schema), mapping))),
    );
  fc.assert(
    fc.property(cases, ([schema, mapping, value]) => {
      const format = formatOf(schema, mapping);
      const json = text(format, value);
      JSON.parse(json);
      deepStrictEqual(read(format, json), value);
    }),
    { numRuns: 300 },
  );
});

describe('records', () => {
  const order = formatOf(
    record(
      { name: 'id', type: 'long' },
      { name: 'tags', type: { type: 'array', items: 'string' }, default: ['new'] },
      { name: '__proto__', type: ['null', 'string'], default: null },
    ),
  );

  test('missing fields take their defaults, unknown members are passed over', () => {
    const value = read(order, '{"id":1,"unknown":{"deep":[1]}}') as { readonly tags: string[] };
    expect(Object.entries(value)).toEqual([
      ['id', 1n],
      ['tags', ['new']],
      ['__proto__', null],
    ]);
    value.tags.push('changed');
    expect(read(order, '{"id":1}')).toMatchObject({ tags: ['new'] });
  });

  test.each([
    ['{}', 'id', 0, 'is missing, and has no default'],
    ['{"id":"1"}', 'id', 6, 'expected an integer, got a string'],
    ['{"id":1.5}', 'id', 6, 'id: not an integer that fits (character 6)'],
    ['{"id":9223372036854775808}', 'id', 6, ''],
    ['{"id":1,"tags":["a",2]}', 'tags[1]', 20, 'expected a string, got a number'],
    ['{"id":1,"tags":null}', 'tags', 15, 'expected an array, got null'],
    ['[]', '', 0, 'expected an object, got an array'],
    ['{"id":1', '', 7, ''],
  ])('%s is refused', (json, path, offset, reason) => {
    expect(() => read(order, json)).toThrow(
      expect.objectContaining({ name: 'AvroDecodeError', code: 'json', path, offset }),
    );
    expect(() => read(order, json)).toThrow(reason);
  });

  test('a value that does not fit is not written', () => {
    expect(() => text(order, { id: 1, tags: [], ['__proto__']: null })).toThrow(
      expect.objectContaining({ name: 'AvroEncodeError', code: 'type', path: 'id' }),
    );
  });
});

describe('what does not fit the schema', () => {
  const timestamp = { type: 'long', logicalType: 'timestamp-millis' };
  test.each([
    ['int', '2147483648'],
    ['int', '"1"'],
    ['long', '9223372036854775808'],
    ['long', '1e19'],
    ['double', '"x"'],
    ['double', '"nan"'],
    ['double', '1e999'],
    ['float', '1e300'],
    ['boolean', '0'],
    ['null', '0'],
    ['string', 'null'],
    ['string', '"\\ud800"'],
    ['bytes', '"AA"'],
    ['bytes', '"A==="'],
    ['bytes', '"____"'],
    [{ type: 'fixed', name: 'F', size: 2 }, '"AAAA"'],
    [{ type: 'enum', name: 'E', symbols: ['A'] }, '"B"'],
    [{ type: 'enum', name: 'E', symbols: ['A'], default: 'A' }, '"B"'],
    [timestamp, '"2001-02-30T00:00:00Z"'],
    [timestamp, '"2001-02-28T24:00:00Z"'],
    [timestamp, '"2001-02-28"'],
    [timestamp, '"2001-02-28T00:00:00+01:00"'],
    [timestamp, '5'],
    [{ type: 'int', logicalType: 'date' }, '"2001-13-01"'],
    [{ type: 'string', logicalType: 'uuid' }, '"x"'],
    [['int', 'double'], '1'],
    [['int', 'double'], '{"branch":"float","value":1}'],
    [['int', 'double'], '{"branch":"int"}'],
    [['null', 'int'], '"x"'],
  ])('%j: %s', (schema, json) => {
    expect(codeOf(() => read(formatOf(schema), json))).toBe('json');
  });

  test('nesting beyond the limit', () => {
    const list = formatOf({ type: 'record', name: 'L', fields: [{ name: 'next', type: ['null', 'L'] }] });
    const nested = (depth: number): string => `${'{"next":'.repeat(depth)}null${'}'.repeat(depth)}`;
    expect(read(list, nested(100))).toHaveProperty('next.next.next');
    expect(codeOf(() => read(list, nested(100_000)))).toBe('depth');
  });
});

describe('several types', () => {
  const Card = interpretedCodec<{ number: string }>(record({ name: 'number', type: 'string' }));
  const Cash: Codec<{ amount: bigint }> = interpretedCodec({
    type: 'record',
    name: 'shop.Cash',
    fields: [{ name: 'amount', type: 'long' }],
  });
  const payments = typedJson([
    { branch: 'Card', codec: () => Card },
    { branch: 'Cash', codec: () => Cash },
  ]);

  test('say which they are', () => {
    const json = Buffer.from(encodeWith(payments, { branch: 'Cash', value: { amount: 3n } })).toString();
    expect(json).toBe('{"branch":"Cash","value":{"amount":3}}');
    expect(decodeWith(payments, Buffer.from(json))).toEqual({ branch: 'Cash', value: { amount: 3n } });
  });

  test('errors say where', () => {
    const wrong = { branch: 'Cash', value: { amount: 3 } } as never;
    expect(() => encodeWith(payments, wrong)).toThrow(expect.objectContaining({ path: 'value.amount', code: 'type' }));
    const unknown = { branch: 'Cheque', value: {} } as never;
    expect(() => encodeWith(payments, unknown)).toThrow("branch: not one of the topic's types: Card, Cash");
    const json = '{"branch":"Cash","value":{"amount":"3"}}';
    expect(() => decodeWith(payments, Buffer.from(json))).toThrow(
      expect.objectContaining({ path: 'value.amount', code: 'json', offset: 35 }),
    );
  });
});

test('an input narrowed to some fields reads those', () => {
  const whole = interpretedCodec(record({ name: 'id', type: 'long' }, { name: 'note', type: 'string' }));
  const narrowed = projection({ of: () => whole, fields: ['id'], read: () => ({ id: 0n }) });
  expect(
    decodeWith(
      typedJson(() => narrowed),
      Buffer.from('{"id":7,"note":"x"}'),
    ),
  ).toEqual({ id: 7n });
});

test('hostile bytes', () => {
  const order = formatOf(record({ name: 'id', type: 'long' }, { name: 'at', type: ['null', 'bytes', 'string'] }));
  survivesHostileBytes(order, [Buffer.from('{"id":123,"at":{"branch":"bytes","value":"AAAA"}}')]);
});
