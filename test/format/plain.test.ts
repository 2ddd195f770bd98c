import { decodeWith, encodeWith, type Format, Writer } from '@kgen/runtime';
import { bytes, float64, int32, int64, utf8 } from '@kgen/runtime/codegen/v1';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { codeOf, inChunk, survivesHostileBytes } from './hostile.ts';
import { javaClient } from './java-client.ts';

const hex = (value: Uint8Array): string => Buffer.from(value).toString('hex');

describe("as Java's serializers", () => {
  const formats: Record<string, { format: Format<unknown>; parse: (text: string) => unknown }> = {
    int32: { format: int32, parse: Number },
    int64: { format: int64, parse: BigInt },
    float64: { format: float64, parse: Number },
    utf8: { format: utf8, parse: String },
  };
  test.each(javaClient.primitives)('%s %s', (name, text, expected) => {
    const { format, parse } = formats[name] ?? expect.fail(name);
    const value = parse(text);
    expect(hex(encodeWith(format, value))).toBe(expected);
    expect(decodeWith(format, Buffer.from(expected, 'hex'))).toEqual(value);
  });

  test('there are vectors of each', () => {
    expect(new Set(javaClient.primitives.map(([name]) => name))).toEqual(new Set(Object.keys(formats)));
  });

  test('every NaN is the same key', () => {
    const odd = new Float64Array(new BigUint64Array([0xfff8000000000123n]).buffer)[0] ?? 0;
    expect(hex(encodeWith(float64, odd))).toBe('7ff8000000000000');
  });
});

describe('round trips', () => {
  const cases: readonly [Format<unknown>, fc.Arbitrary<unknown>][] = [
    [int32, fc.integer()],
    [int64, fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })],
    [float64, fc.double()],
    [utf8, fc.string({ unit: 'binary', maxLength: 80 })],
    [bytes, fc.uint8Array({ maxLength: 80 })],
  ];
  test.each(cases.map(([format, values]) => ({ name: format.name, format, values })))('$name', ({ format, values }) => {
    fc.assert(
      fc.property(values, (value) => {
        const encoded = encodeWith(format, value);
        expect(decodeWith(format, encoded)).toEqual(value);
        const reader = inChunk(encoded);
        expect(format.read(reader)).toEqual(value);
        expect(reader.position).toBe(reader.end);
      }),
      { numRuns: 200 },
    );
  });
});

describe('bytes of another length are refused', () => {
  test.each([
    [int32, 4],
    [int64, 8],
    [float64, 8],
  ] as readonly [Format<unknown>, number][])('%o', (format, size) => {
    expect(codeOf(() => decodeWith(format, new Uint8Array(0)))).toBe('truncated');
    expect(codeOf(() => decodeWith(format, new Uint8Array(size - 1)))).toBe('truncated');
    expect(codeOf(() => decodeWith(format, new Uint8Array(size + 1)))).toBe('trailing-bytes');
    expect(() => decodeWith(format, new Uint8Array(size + 1))).toThrow(`${format.name} takes ${size} bytes`);
    // The bytes around a record are not its own.
    expect(() => format.read(inChunk(new Uint8Array(size - 1)))).toThrow(
      expect.objectContaining({ code: 'truncated', path: '', offset: size - 1 }),
    );
  });
});

describe('values that are not of the type are refused, and nothing is written', () => {
  const cases: readonly [Format<unknown>, unknown, string][] = [
    [int32, 2 ** 31, 'range'],
    [int32, -(2 ** 31) - 1, 'range'],
    [int32, 1.5, 'range'],
    [int32, Number.NaN, 'range'],
    [int32, 1n, 'type'],
    [int32, '1', 'type'],
    [int64, 2n ** 63n, 'range'],
    [int64, -(2n ** 63n) - 1n, 'range'],
    [int64, 1, 'type'],
    [float64, 1n, 'type'],
    [float64, null, 'type'],
    [utf8, 7, 'type'],
    [utf8, '\ud800', 'utf16'],
    [utf8, `${'a'.repeat(60)}\udc00`, 'utf16'],
    [bytes, [1, 2], 'type'],
    [bytes, 'text', 'type'],
  ];
  test.each(cases)('%o %o', (format, value, code) => {
    const writer = new Writer();
    writer.position = 7;
    expect(codeOf(() => format.write(writer, value))).toBe(code);
    expect(writer.position).toBe(7);
  });
});

describe('utf8', () => {
  test('-0 is an int of 0', () => {
    expect(decodeWith(int32, encodeWith(int32, -0))).toBe(0);
  });

  test.each(['c0af', 'eda080', 'f4908080', 'ff', '61e2', '80', `${'61'.repeat(40)}ff`])('%s is not UTF-8', (text) => {
    expect(codeOf(() => decodeWith(utf8, Buffer.from(text, 'hex')))).toBe('utf8');
    expect(codeOf(() => utf8.read(inChunk(Buffer.from(text, 'hex'))))).toBe('utf8');
  });

  test('a replacement character and a byte order mark are text', () => {
    for (const text of ['\ufffd', '\ufeffkey', `${'a'.repeat(30)}\ufffd`]) {
      expect(decodeWith(utf8, encodeWith(utf8, text))).toBe(text);
    }
  });
});

describe('bytes', () => {
  test('are copied: both ways, and never a Buffer', () => {
    for (const size of [3, 300]) {
      const source = Buffer.alloc(size, 1);
      const read = decodeWith(bytes, source);
      source.fill(2);
      expect(read).toEqual(new Uint8Array(size).fill(1));
      expect(Object.getPrototypeOf(read)).toBe(Uint8Array.prototype);
      const value = new Uint8Array(size).fill(3);
      const written = encodeWith(bytes, value);
      value.fill(4);
      expect(written).toEqual(new Uint8Array(size).fill(3));
      expect(Object.getPrototypeOf(written)).toBe(Uint8Array.prototype);
    }
  });
});

test.each([int32, int64, float64, utf8, bytes] as readonly Format<unknown>[])('hostile bytes: %o', (format) => {
  survivesHostileBytes(format, [new Uint8Array(4), new Uint8Array(8).fill(255), Buffer.from('é東京🚀')]);
});

describe('encodeWith', () => {
  test('a value that encodes while it is encoded does no harm', () => {
    const nested: Format<{ readonly inner: string }> = {
      name: 'nested',
      read: (reader) => ({ inner: utf8.read(reader) }),
      write(writer, value) {
        utf8.write(writer, '<');
        utf8.write(writer, value.inner);
        utf8.write(writer, '>');
      },
    };
    let inside: Uint8Array | undefined;
    const value = {
      get inner(): string {
        inside = encodeWith(utf8, 'a longer text from inside');
        return 'x';
      },
    };
    expect(Buffer.from(encodeWith(nested, value)).toString()).toBe('<x>');
    expect(Buffer.from(inside ?? []).toString()).toBe('a longer text from inside');
  });

  test('goes on after an error', () => {
    expect(codeOf(() => encodeWith(int32, 0.5))).toBe('range');
    expect(encodeWith(int32, 1)).toEqual(Uint8Array.of(0, 0, 0, 1));
  });

  test('results do not share memory', () => {
    const first = encodeWith(utf8, 'first');
    encodeWith(utf8, 'other');
    expect(Buffer.from(first).toString()).toBe('first');
  });
});
