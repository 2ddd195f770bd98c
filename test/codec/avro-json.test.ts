import { AvroDecodeError } from '@kgen/runtime';
import { describe, expect, test } from 'vitest';
import { interpretedCodec } from '../support/interpreted-codec.ts';

const E = { type: 'enum', name: 'a.E', symbols: ['A', 'B'] };
const F = { type: 'fixed', name: 'F', size: 2 };
const R = {
  type: 'record',
  name: 'a.R',
  fields: [
    { name: 'x', type: 'int' },
    { name: 'y', type: ['null', 'string'], default: null },
  ],
};

describe('both ways', () => {
  test.each<[string | object, unknown, string]>([
    ['null', null, 'null'],
    ['boolean', true, 'true'],
    ['int', -5, '-5'],
    ['long', 9223372036854775807n, '9223372036854775807'],
    ['long', -9223372036854775808n, '-9223372036854775808'],
    ['double', Number.NaN, '"NaN"'],
    ['double', Number.POSITIVE_INFINITY, '"Infinity"'],
    ['float', Number.NEGATIVE_INFINITY, '"-Infinity"'],
    ['double', -0, '-0.0'],
    ['double', 1e300, '1e+300'],
    ['float', Math.fround(0.1), '0.10000000149011612'],
    ['string', '"\u2028\\', '"\\"\u2028\\\\"'],
    ['bytes', new Uint8Array([0, 65, 0x80, 0xff]), '"\\u0000A\u0080ÿ"'],
    [F, new Uint8Array([1, 255]), '"\\u0001ÿ"'],
    [E, 'B', '"B"'],
    [{ type: 'array', items: 'long' }, [1n, 2n], '[1,2]'],
    [{ type: 'map', values: 'int' }, { a: 1, 'b c': 2 }, '{"a":1,"b c":2}'],
    [R, { x: 1, y: null }, '{"x":1,"y":null}'],
    [R, { x: 1, y: 's' }, '{"x":1,"y":{"string":"s"}}'],
    [['null', 'int'], null, 'null'],
    [['int'], 5, '{"int":5}'],
    [['null', E, F], 'A', '{"a.E":"A"}'],
    [['int', 'double'], { branch: 'double', value: 1 }, '{"double":1}'],
    [[R, { ...R, name: 'b.R' }], { branch: 'b.R', value: { x: 1, y: null } }, '{"b.R":{"x":1,"y":null}}'],
    [
      [
        { type: 'array', items: 'int' },
        { type: 'map', values: 'int' },
      ],
      [1],
      '{"array":[1]}',
    ],
    [{ type: 'long', logicalType: 'timestamp-millis' }, new Date(5), '5'],
    [{ type: 'bytes', logicalType: 'decimal', precision: 4, scale: 2 }, '1.28', '"\\u0000\u0080"'],
    [{ type: 'int', logicalType: 'date' }, '1970-01-02', '1'],
  ])('%j', (schema, value, text) => {
    const codec = interpretedCodec(schema);
    expect(codec.toAvroJson(value)).toBe(text);
    expect(codec.fromAvroJson(text)).toStrictEqual(value);
  });
});

describe('reading', () => {
  test('fills missing fields from their defaults, in the order of the schema, and ignores members that are no fields', () => {
    const value = interpretedCodec<object>(R).fromAvroJson(' { "z": [1], "x" : 1 } ');
    expect(value).toEqual({ x: 1, y: null });
    expect(Object.keys(value)).toEqual(['x', 'y']);
  });

  test('a map may have any key', () => {
    const map = interpretedCodec<object>({ type: 'map', values: 'int' }).fromAvroJson(
      '{"__proto__":1,"constructor":2}',
    );
    expect(Object.getPrototypeOf(map)).toBe(Object.prototype);
    expect(Object.entries(map)).toEqual([
      ['__proto__', 1],
      ['constructor', 2],
    ]);
  });

  const LIST = { type: 'record', name: 'L', fields: [{ name: 'items', type: { type: 'array', items: ['null', R] } }] };

  test.each<[string | object, string, string, number]>([
    ['int', '1 2', '', 2],
    ['int', '"1"', '', 0],
    ['int', '2147483648', '', 0],
    ['int', '1.5', '', 0],
    ['long', '9223372036854775808', '', 0],
    ['long', '"1"', '', 0],
    ['long', '9007199254740993.0', '', 0],
    ['long', '9.007199254740993e15', '', 0],
    ['boolean', '1', '', 0],
    ['double', '"nan"', '', 0],
    ['double', '1e999', '', 0],
    ['float', '1e39', '', 0],
    ['string', 'null', '', 0],
    ['string', '"\\ud800"', '', 0],
    ['bytes', '"Ā"', '', 0],
    [F, '"a"', '', 0],
    [E, '"C"', '', 0],
    [['null', 'int'], '5', '', 0],
    [['null', 'int'], '{"int":5,"null":null}', '', 0],
    [['null', 'int'], '{}', '', 0],
    [['null', 'int'], '{"long":5}', '', 0],
    [['null', 'int'], '{"null":null}', '', 0],
    [['int'], 'null', '', 0],
    [R, '{}', 'x', 0],
    [R, '{"x":1,"x":2}', '', 7],
    [R, '[1]', '', 0],
    [LIST, '{"items":[null,{"a.R":{"x":"1"}}]}', 'items[1].x', 27],
    [{ type: 'map', values: 'int' }, '{"a b":"x"}', '["a b"]', 7],
    [{ type: 'map', values: { type: 'map', values: 'int' } }, '{"a":{"b":1},"a.b":{"c":"x"}}', '["a.b"]["c"]', 24],
    [{ type: 'long', logicalType: 'timestamp-millis' }, '9007199254740993', '', 0],
  ])('%j refuses %s', (schema, text, path, offset) => {
    const codec = interpretedCodec(schema);
    expect(() => codec.fromAvroJson(text)).toThrow(AvroDecodeError);
    expect(() => codec.fromAvroJson(text)).toThrow(expect.objectContaining({ code: 'json', path, offset }));
  });

  test('nesting beyond the limit is refused, not the end of the stack', () => {
    const codec = interpretedCodec({ type: 'record', name: 'N', fields: [{ name: 'n', type: ['null', 'N'] }] });
    const nested = (levels: number): string => `${'{"n":{"N":'.repeat(levels)}{"n":null}${'}}'.repeat(levels)}`;
    expect(codec.toAvroJson(codec.fromAvroJson(nested(500)))).toBe(nested(500));
    expect(() => codec.fromAvroJson(nested(1000))).toThrow(expect.objectContaining({ code: 'json' }));
    expect(() => codec.fromAvroJson(nested(20_000))).toThrow(expect.objectContaining({ code: 'json' }));
  });
});

test('errors count characters, and do not show what does not fit', () => {
  const secret = 'swordfish';
  for (const schema of ['int', 'bytes', E, F, ['null', 'int'], R, { type: 'array', items: 'int' }]) {
    for (const json of [`"${secret}\u0100"`, `[{"a":"${secret}"}]`, `{"x":"${secret}"}`, `{"${secret}":1}`]) {
      const refusal = failureOf(() => interpretedCodec(schema).fromAvroJson(json));
      expect(refusal).toMatch(/ \(character \d+\)$/);
      expect(refusal).not.toContain(secret);
    }
  }
});

test('to find the place of a failure takes no memory for paths', () => {
  const codec = interpretedCodec('int');
  const wide = `[${'1,'.repeat(100_000)}1]`;
  const refused = expect.objectContaining({ code: 'json', offset: 0 });
  expect(() => codec.fromAvroJson(`{"${'k'.repeat(300_000)}":${wide}}`)).toThrow(refused);
  expect(() => codec.fromAvroJson(`${'['.repeat(1500)}${wide}${']'.repeat(1500)}`)).toThrow(refused);
});

function failureOf(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    if (error instanceof AvroDecodeError) return error.message;
    throw error;
  }
  return '';
}

test('writing refuses what encode refuses, with the path', () => {
  const codec = interpretedCodec<{ x: number; y: unknown }>(R);
  expect(() => codec.toAvroJson({ x: 1.5, y: null })).toThrow(expect.objectContaining({ code: 'range', path: 'x' }));
  expect(() => codec.toAvroJson({ x: 1, y: '\ud800' })).toThrow(expect.objectContaining({ code: 'utf16', path: 'y' }));
});
