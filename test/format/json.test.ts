import { deepStrictEqual } from 'node:assert/strict';
import { decodeWith, encodeWith, type Json } from '@kgen/runtime';
import { json } from '@kgen/runtime/codegen/v1';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { codeOf, inChunk, survivesHostileBytes } from './hostile.ts';

const read = (text: string): Json => decodeWith(json, Buffer.from(text));
const write = (value: unknown): string => Buffer.from(encodeWith(json, value as Json)).toString();

describe('any JSON value', () => {
  test('comes back', () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: 'binary' }), (value) => {
        deepStrictEqual(read(write(value)), value);
        deepStrictEqual(json.read(inChunk(Buffer.from(JSON.stringify(value)))), read(JSON.stringify(value)));
      }),
      { numRuns: 300 },
    );
  });

  test('integers keep every digit', () => {
    const value = { id: 9007199254740993n, small: 7, list: [-123456789012345678901234567890n] };
    expect(write(value)).toBe('{"id":9007199254740993,"small":7,"list":[-123456789012345678901234567890]}');
    deepStrictEqual(read(write(value)), value);
    expect(read('9007199254740991')).toBe(9007199254740991);
    expect(read('9007199254740992')).toBe(9007199254740992n);
    expect(read('1000.0000000000000001')).toBe(1000);
    expect(write(2 ** 60)).toBe('1152921504606847000.0');
    expect(read(write(2 ** 60))).toBe(2 ** 60);
    expect(read('"12345678901234567890"')).toBe('12345678901234567890');
  });

  test('-0 keeps its sign', () => {
    expect(write([-0, 0])).toBe('[-0,0]');
    expect(Object.is(read('-0'), -0)).toBe(true);
  });

  test('objects are ordinary, whatever their members are called', () => {
    const value = read('{"__proto__":{"x":1},"constructor":1,"big":12345678901234567890}');
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(Object.keys(value as object)).toEqual(['__proto__', 'constructor', 'big']);
    expect(write(value)).toBe('{"__proto__":{"x":1},"constructor":1,"big":12345678901234567890}');
  });

  test('a byte order mark before the text is passed over', () => {
    expect(read('\ufeff{"a":1}')).toEqual({ a: 1 });
  });

  test('undefined members are left out', () => {
    expect(write({ a: undefined, b: 1 })).toBe('{"b":1}');
  });
});

describe('what is not JSON', () => {
  test.each([
    ['', 0],
    ['{"a":}', 5],
    ['[1,]', 3],
    ['{"a":1} x', 8],
    ["{'a':1}", 1],
    ['nul', 0],
  ])('%j is refused at %i', (text, offset) => {
    expect(() => read(text)).toThrow(expect.objectContaining({ name: 'AvroDecodeError', code: 'json', offset }));
  });

  test('text that is not UTF-8', () => {
    expect(codeOf(() => decodeWith(json, Uint8Array.of(0x22, 0xff, 0x22)))).toBe('utf8');
  });

  test.each([
    [Number.NaN, '', 'range'],
    [[1, Number.POSITIVE_INFINITY], '[1]', 'range'],
    [{ a: { b: undefined, c: () => 1 } }, 'a.c', 'type'],
    [[undefined], '[0]', 'type'],
    [new Date(0), '', 'type'],
    [{ at: new Map() }, 'at', 'type'],
    [{ bytes: new Uint8Array(2) }, 'bytes', 'type'],
    [{ toJSON: () => 1 }, '', 'type'],
    [Symbol('s'), '', 'type'],
  ])('%o cannot be written', (value, path, code) => {
    expect(() => write(value)).toThrow(expect.objectContaining({ name: 'AvroEncodeError', code, path }));
  });

  test('a value that contains itself', () => {
    const loop: { self?: unknown } = {};
    loop.self = loop;
    expect(codeOf(() => write(loop))).toBe('depth');
  });

  test('deep nesting ends in an error or a value, with long integers too', () => {
    const deep = '['.repeat(200_000);
    expect(codeOf(() => read(deep))).toBe('json');
    for (const inner of ['1', '12345678901234567890']) {
      const text = deep + inner + ']'.repeat(200_000);
      try {
        read(text);
      } catch (error) {
        expect(error).toMatchObject({ name: 'AvroDecodeError', code: 'depth' });
      }
    }
  });
});

test('hostile bytes', () => {
  survivesHostileBytes(json, [
    Buffer.from('{"a":[1,2.5,"x",null,true],"big":12345678901234567890}'),
    Buffer.from('"é"'),
  ]);
});
