import { AvroDecodeError, AvroEncodeError, MAX_DEPTH } from '@kgen/runtime';
import { parseSchema } from '@kgen/runtime/schema';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { anySchema, anyValue } from '../support/arbitraries.ts';
import { interpretedCodec } from '../support/interpreted-codec.ts';

type Code = string | undefined;

/** The code of the AvroDecodeError that decoding throws; undefined where it gives a value. Anything else is thrown on. */
function codeOf(schema: string | object, bytes: readonly number[] | Uint8Array): Code {
  try {
    interpretedCodec(schema).decode(new Uint8Array(bytes));
    return undefined;
  } catch (error) {
    if (error instanceof AvroDecodeError) return error.code;
    throw error;
  }
}

const ARRAY = { type: 'array', items: 'int' };
const RECORD = { type: 'record', name: 'R', fields: [{ name: 'next', type: ['null', 'R'] }] };
const NINES = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];

describe('bytes that must be refused', () => {
  test.each<[string, string | object, readonly number[], string]>([
    ['an empty int', 'int', [], 'truncated'],
    ['an int cut short', 'int', [0x80], 'truncated'],
    ['an int of six bytes', 'int', [0x80, 0x80, 0x80, 0x80, 0x80, 0], 'varint'],
    ['an int beyond 32 bits', 'int', [0xff, 0xff, 0xff, 0xff, 0x10], 'varint'],
    ['a long of eleven bytes', 'long', [...NINES, 0x80, 0], 'varint'],
    ['a long beyond 64 bits', 'long', [...NINES, 0x02], 'varint'],
    ['a boolean of 2', 'boolean', [2], 'boolean'],
    ['a boolean of 7', 'boolean', [7], 'boolean'],
    ['a negative length', 'string', [1], 'negative-length'],
    ['a length beyond the bytes', 'string', [8, 65], 'truncated'],
    ['a length beyond memory', 'bytes', [...NINES, 0], 'length'],
    ['text that is not UTF-8', 'string', [4, 0xc3, 0x28], 'utf8'],
    ['an overlong form', 'string', [4, 0xc0, 0x80], 'utf8'],
    ['a surrogate in UTF-8', 'string', [6, 0xed, 0xa0, 0x80], 'utf8'],
    ['an enum index too high', { type: 'enum', name: 'E', symbols: ['A'] }, [2], 'enum-index'],
    ['a negative enum index', { type: 'enum', name: 'E', symbols: ['A'] }, [1], 'enum-index'],
    ['a union index too high', ['null', 'int'], [4], 'union-index'],
    ['a negative union index', ['null', 'int'], [1], 'union-index'],
    ['a fixed cut short', { type: 'fixed', name: 'F', size: 4 }, [1, 2, 3], 'truncated'],
    ['a double cut short', 'double', [0, 0, 0, 0, 0, 0, 0], 'truncated'],
    ['bytes left over', 'int', [2, 0], 'trailing-bytes'],
    ['a block of more items than bytes', ARRAY, [0xfe, 0xff, 0xff, 0xff, 0x0f, 2, 0], 'length'],
    ['a block of 2^62 items', ARRAY, [...NINES, 0x00], 'length'],
    ['an array without an end', ARRAY, [2, 2], 'truncated'],
    ['a map block too large', { type: 'map', values: 'null' }, [0x80, 0x80, 0x80, 0x01], 'length'],
    ['millions of nulls', { type: 'array', items: 'null' }, [0x80, 0x80, 0x80, 0x80, 0x01, 0], 'length'],
    [
      'millions of empty records',
      { type: 'array', items: { type: 'record', name: 'Empty', fields: [] } },
      [0x80, 0x80, 0x80, 0x80, 0x01, 0],
      'length',
    ],
  ])('%s', (_, schema, bytes, code) => {
    expect(codeOf(schema, bytes)).toBe(code);
  });

  test('many small arrays of nulls are bounded together', () => {
    const nulls = { type: 'array', items: { type: 'array', items: 'null' } };
    const inner = [0x80, 0x80, 0x02, 0]; // 16,384 nulls
    const blocks = Array.from({ length: 100 }, () => [2, ...inner]).flat();
    expect(codeOf(nulls, [...blocks, 0])).toBe('length');
    expect(codeOf(nulls, [2, ...inner, 2, ...inner, 0])).toBeUndefined();
  });

  test('forms that are longer than needed are read', () => {
    expect(interpretedCodec('int').decode(new Uint8Array([0x82, 0x00]))).toBe(1);
    expect(interpretedCodec(ARRAY).decode(new Uint8Array([3, 4, 2, 4, 2, 6, 0]))).toEqual([1, 2, 3]);
  });
});

describe('nesting', () => {
  const nested = (levels: number): Uint8Array => new Uint8Array([...Array.from({ length: levels }, () => 2), 0]);

  test('up to the limit and not beyond', () => {
    expect(codeOf(RECORD, nested(100))).toBeUndefined();
    expect(codeOf(RECORD, nested(MAX_DEPTH - 1))).toBeUndefined();
    expect(codeOf(RECORD, nested(MAX_DEPTH))).toBe('depth');
    expect(codeOf(RECORD, nested(20_000))).toBe('depth');
    expect(codeOf(RECORD, nested(1_000_000))).toBe('depth');
  });

  test('in skipped fields', () => {
    const writer = { type: 'record', name: 'W', fields: [{ name: 'skipped', type: RECORD }] };
    const decode = interpretedCodec({ type: 'record', name: 'W', fields: [] }).decoderFor(JSON.stringify(writer));
    expect(decode(nested(999))).toEqual({});
    expect(() => decode(nested(20_000))).toThrow(expect.objectContaining({ code: 'depth', path: 'skipped' }));
  });

  test('through arrays, maps and tagged unions, as deep as counts', () => {
    const schema = {
      type: 'record',
      name: 'D',
      fields: [
        {
          name: 'in',
          type: {
            type: 'array',
            items: { type: 'map', values: ['null', 'D', { type: 'record', name: 'E', fields: [] }] },
          },
        },
      ],
    };
    const level = [2, 2, 2, 65, 2];
    const make = (levels: number): Uint8Array =>
      new Uint8Array([
        ...Array.from({ length: levels }, () => level).flat(),
        0,
        ...Array.from({ length: levels * 2 }, () => 0),
      ]);
    expect(codeOf(schema, make(MAX_DEPTH - 1))).toBeUndefined();
    expect(codeOf(schema, make(MAX_DEPTH))).toBe('depth');
  });

  test('of values that are written', () => {
    const codec = interpretedCodec<{ next: unknown }>(RECORD);
    const value: { next: unknown } = { next: null };
    value.next = value;
    expect(() => codec.encode(value)).toThrow(AvroEncodeError);
    expect(() => codec.encode(value)).toThrow(expect.objectContaining({ code: 'depth' }));
    expect(codec.is(value)).toBe(false);
    expect(() => codec.toAvroJson(value)).toThrow(expect.objectContaining({ code: 'depth' }));
  });
});

describe('skipped fields', () => {
  const skip = (type: unknown, bytes: readonly number[]): Code => {
    const writer = { type: 'record', name: 'W', fields: [{ name: 'x', type }] };
    const decode = interpretedCodec({ type: 'record', name: 'W', fields: [] }).decoderFor(JSON.stringify(writer));
    try {
      decode(new Uint8Array(bytes));
      return undefined;
    } catch (error) {
      return (error as AvroDecodeError).code;
    }
  };

  test.each<[string, unknown, readonly number[], Code]>([
    ['string', 'string', [4, 65, 66], undefined],
    ['negative length', 'string', [1], 'negative-length'],
    ['length beyond the bytes', 'bytes', [8, 1], 'truncated'],
    ['boolean', 'boolean', [3], 'boolean'],
    ['int', 'int', [0xff, 0xff, 0xff, 0xff, 0x10], 'varint'],
    ['long', 'long', [...NINES, 0x02], 'varint'],
    ['float', 'float', [0, 0, 0], 'truncated'],
    ['double', 'double', [0, 0, 0, 0, 0, 0, 0, 0], undefined],
    ['enum', { type: 'enum', name: 'E', symbols: ['A'] }, [4], 'enum-index'],
    ['union', ['null', 'string'], [6], 'union-index'],
    ['block with its size', ARRAY, [3, 4, 2, 4, 0], undefined],
    ['block with a size beyond the bytes', ARRAY, [3, 100, 2, 4, 0], 'truncated'],
    ['block with a negative size', ARRAY, [3, 3, 2, 4, 0], 'negative-length'],
    ['block of too many items', ARRAY, [0xfe, 0xff, 0xff, 0xff, 0x0f], 'length'],
    ['block of 2^61 nulls', { type: 'array', items: 'null' }, [0x80, ...NINES.slice(0, 7), 0x7f, 0], 'length'],
    ['map', { type: 'map', values: 'int' }, [2, 2, 65, 4, 0], undefined],
  ])('%s', (_, type, bytes, code) => {
    expect(skip(type, bytes)).toBe(code);
  });
});

const mutated = anySchema().chain((schema) =>
  fc.tuple(
    fc.constant(JSON.stringify(schema)),
    anyValue(parseSchema(JSON.stringify(schema))),
    fc.array(fc.tuple(fc.nat(), fc.constantFrom(0, 1, 2, 0x7f, 0x80, 0xff), fc.constantFrom('set', 'insert', 'cut')), {
      minLength: 1,
      maxLength: 4,
    }),
  ),
);

test('mutated bytes give a value or an AvroDecodeError, within the time of a test', () => {
  let refused = 0;
  fc.assert(
    fc.property(mutated, ([schema, value, mutations]) => {
      const codec = interpretedCodec(schema);
      const bytes = [...codec.encode(value)];
      for (const [at, byte, how] of mutations) {
        const index = at % (bytes.length + 1);
        if (how === 'cut') bytes.length = index;
        else bytes.splice(index, how === 'set' ? 1 : 0, byte);
      }
      const decode = codec.decoderFor(schema);
      for (const read of [codec.decode, decode]) {
        try {
          const result = read(new Uint8Array(bytes));
          expect(codec.is(result)).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(AvroDecodeError);
          refused++;
        }
      }
    }),
    { numRuns: 500 },
  );
  expect(refused).toBeGreaterThan(50);
});
