import { JsonError, jsonLocator, parseJson, positionOf, writeJson } from '@kgen/runtime/schema';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { jsonOffset } from '../../runtime/src/codec/schema/json-offset.ts';

describe('parseJson', () => {
  test('reads what JSON.parse reads', () => {
    fc.assert(
      fc.property(fc.json(), fc.constantFrom(undefined, 1, '\t'), (text, indent) => {
        const spaced = JSON.stringify(JSON.parse(text), null, indent);
        expect(JSON.parse(writeJson(parseJson(spaced)))).toEqual(JSON.parse(spaced));
      }),
      { numRuns: 300 },
    );
  });

  test('refuses what JSON.parse refuses', () => {
    fc.assert(
      fc.property(
        fc.json(),
        fc.nat(),
        fc.constantFrom('', ',', '}', '"', '\\', '0', '-', '\u0001', 'x'),
        (text, at, garbage) => {
          const index = at % text.length;
          const broken = text.slice(0, index) + garbage + text.slice(index + 1);
          let valid = true;
          try {
            JSON.parse(broken);
          } catch {
            valid = false;
          }
          if (valid) return;
          expect(() => parseJson(broken)).toThrow(JsonError);
        },
      ),
      { numRuns: 500 },
    );
  });

  test.each<[string, unknown]>([
    ['9007199254740991', 9007199254740991],
    ['9007199254740992', 9007199254740992n],
    ['-9223372036854775808', -9223372036854775808n],
    ['123456789012345678901234567890', 123456789012345678901234567890n],
    ['1e3', 1000],
    ['-0', -0],
    ['0.1', 0.1],
  ])('the number %s', (text, expected) => {
    expect(parseJson(text)).toBe(expected);
    expect(parseJson(writeJson(parseJson(text)))).toBe(expected);
  });

  test.each<[string, string, number]>([
    ['', 'the text ends where a value is expected', 0],
    ['[1,]', 'expected a value', 3],
    ['{"a":1,}', 'expected a name in double quotes', 7],
    ['{"a" 1}', "expected ':'", 5],
    ['[1 2]', "expected ',' or ']'", 3],
    ['{"a":1 "b"}', "expected ',' or '}'", 7],
    ['"a', 'the text ends inside a string', 2],
    ['"a\nb"', 'a control character inside a string', 2],
    ['"\\x"', 'an escape that JSON does not have', 1],
    ['"\\u12"', "expected four hexadecimal digits after '\\u'", 1],
    ['01', 'not a number of JSON', 0],
    ['1e999', 'a number beyond all ranges', 0],
    ['tru', 'expected a value', 0],
    ['1 x', 'expected the end of the text', 2],
    ['{"a":1,"b":2,"a":3}', 'the name "a" appears twice in one object', 13],
    ['{"__proto__":1,"__proto__":2}', 'the name "__proto__" appears twice in one object', 15],
  ])('%o is refused: %s', (text, reason, offset) => {
    expect(() => parseJson(text)).toThrow(expect.objectContaining({ name: 'JsonError', reason, offset }));
  });

  test('counts lines and columns from 1', () => {
    expect(() => parseJson('{\n  "a": [1,\n  x]\n}')).toThrow(expect.objectContaining({ line: 3, column: 3 }));
    expect(() => parseJson('x')).toThrow(expect.objectContaining({ line: 1, column: 1 }));
  });

  test('a member may have any name', () => {
    const json = parseJson('{"__proto__":{"x":1},"constructor":2}') as object;
    expect(Object.keys(json)).toEqual(['__proto__', 'constructor']);
    expect(Object.getPrototypeOf(json)).toBe(null);
    expect(writeJson(parseJson('{"__proto__":{"x":1}}'))).toBe('{"__proto__":{"x":1}}');
    expect(({} as { readonly x?: unknown }).x).toBeUndefined();
  });

  test('nests as deep as it is allowed, and never ends the stack', () => {
    expect(parseJson(`${'['.repeat(2000)}${']'.repeat(2000)}`)).toBeDefined();
    expect(() => parseJson('['.repeat(2001))).toThrow('nested more than 2000 levels deep');
    expect(() => parseJson('{"a":'.repeat(1_000_000))).toThrow(JsonError);
  });

  test('a byte order mark is no part of the text', () => {
    expect(parseJson('\ufeff1')).toBe(1);
  });
});

test('jsonLocator finds a value, or the nearest one around it', () => {
  const text = '{\n  "fields": [\n    { "name": "a" },\n    { "name": "b", "type": "x" }\n  ]\n}';
  const locate = jsonLocator(text);
  expect(positionOf(text, locate('fields[1].type') ?? 0)).toEqual({ line: 4, column: 28 });
  expect(positionOf(text, locate('fields[1].default.x') ?? 0)).toEqual({ line: 4, column: 5 });
  expect(locate('')).toBe(0);
  expect(jsonLocator('{')('')).toBeUndefined();
});

test.each<[string, readonly (string | number)[], string]>([
  ['{"a":1,"b":[2,{"c":3}]}', ['b', 1, 'c'], '3}]}'],
  ['\ufeff [ "x\\"]," , -1.5e3 , true ]', [2], 'true ]'],
  ['[[1,[2]],{"a":[]},[[],3]]', [2, 1], '3]]'],
  ['{"a":{"b":1},"a.b":2,"\\u0061b":3}', ['a.b'], '2,"\\u0061b":3}'],
  ['{"a":{"b":1},"a.b":2,"\\u0061b":3}', ['ab'], '3}'],
  ['{"a":[1]}', ['a', 1], '[1]}'],
  ['{"a":[1]}', ['a', 'length'], '[1]}'],
  ['{"a":5}', ['b'], '{"a":5}'],
  [' {}', ['b'], '{}'],
  ['[ ]', [0], '[ ]'],
  ['7', [0, 'a'], '7'],
])('jsonOffset in %s, %j', (text, steps, rest) => {
  expect(text.slice(jsonOffset(text, steps))).toBe(rest);
});
