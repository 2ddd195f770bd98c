import { AvroDecodeError, AvroEncodeError, Reader, type RecordCodec, Writer } from '@kgen/runtime';
import { enumCodec, projection, recordCodec } from '@kgen/runtime/codegen/v1';
import { canonicalForm, fingerprint, interpret, parseSchema, planRead, type RecordType } from '@kgen/runtime/schema';
import { describe, expect, test } from 'vitest';
import { interpretedCodec, writeValue } from '../support/interpreted-codec.ts';

interface Item {
  sku: string;
  count: number;
}
interface Order {
  id: bigint;
  items: Item[];
  tags: Record<string, string>;
  payment: { branch: 'Card'; value: { number: string } } | { branch: 'Cash'; value: object } | null;
}

const SCHEMA = {
  type: 'record',
  name: 'shop.Order',
  doc: 'An order.',
  fields: [
    { name: 'id', type: 'long' },
    {
      name: 'items',
      type: {
        type: 'array',
        items: {
          type: 'record',
          name: 'Item',
          fields: [
            { name: 'sku', type: 'string' },
            { name: 'count', type: 'int' },
          ],
        },
      },
      default: [],
    },
    { name: 'tags', type: { type: 'map', values: 'string' }, default: {} },
    {
      name: 'payment',
      type: [
        'null',
        { type: 'record', name: 'Card', fields: [{ name: 'number', type: 'string' }] },
        { type: 'record', name: 'Cash', fields: [] },
      ],
      default: null,
    },
  ],
};
const Order = interpretedCodec<Order>(SCHEMA);
const order: Order = {
  id: 7n,
  items: [{ sku: 'a', count: 1 }],
  tags: { gift: 'yes' },
  payment: { branch: 'Card', value: { number: '4711' } },
};

/** The error's class, code and path. */
function failure(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    if (error instanceof AvroDecodeError || error instanceof AvroEncodeError)
      return `${error.name} ${error.code} ${error.path}`;
    throw error;
  }
  return 'none';
}

describe('what a codec says about its schema', () => {
  test('name, schema, canonical form, fingerprint', () => {
    expect(Order.name).toBe('shop.Order');
    expect(Order.schema).not.toContain('"doc"');
    expect(Order.schema).toContain('"name":"shop.Item"');
    expect(Order.canonicalForm).toBe(canonicalForm(parseSchema(Order.schema)));
    expect(Order.fingerprint).toBe(fingerprint(Order.canonicalForm));
    expect(interpretedCodec({ type: 'array', items: 'int' }).name).toBe('array');
  });
});

describe('encode', () => {
  test('no later call changes what was given out', () => {
    const first = Order.encode(order);
    const copy = first.slice();
    const all = Array.from({ length: 2000 }, (_, index) => Order.encode({ ...order, id: BigInt(index) }));
    expect(first).toEqual(copy);
    expect(all.map((bytes) => Order.decode(bytes).id)).toEqual(
      Array.from({ length: 2000 }, (_, index) => BigInt(index)),
    );
    expect(first.constructor).toBe(Uint8Array);
  });

  test('transferring one result does not take others along', () => {
    const [first, second] = [Order.encode(order), Order.encode(order)];
    expect(() => structuredClone(first, { transfer: [first.buffer as ArrayBuffer] })).toThrow();
    expect(structuredClone(second)).toEqual(second);
    expect(Order.decode(first)).toEqual(order);
  });

  test('values of any size', () => {
    for (const size of [0, 1, 2000, 2047, 2048, 2049, 16_000, 16_384, 40_000, 3_000_000, 5]) {
      const value = { ...order, tags: { t: 'x'.repeat(size) } };
      const bytes = Order.encode(value);
      expect(Order.decode(bytes)).toEqual(value);
      expect(bytes.length).toBeGreaterThan(size);
    }
  });

  test('a value that encodes another one while it is read', () => {
    const inner = Order.encode({ ...order, id: 1n });
    let seen: Uint8Array | undefined;
    const sly = {
      ...order,
      get tags(): Record<string, string> {
        seen = Order.encode({ ...order, id: 1n });
        return { gift: 'yes' };
      },
    };
    expect(Order.decode(Order.encode(sly))).toEqual(order);
    expect(seen).toEqual(inner);
  });

  test("what a value's own code throws goes through, and nothing is left behind", () => {
    const bad = {
      ...order,
      get tags(): Record<string, string> {
        throw new Error('mine');
      },
    };
    expect(() => Order.encode(bad)).toThrow('mine');
    expect(Order.decode(Order.encode(order))).toEqual(order);
  });

  test.each<[string, object, string]>([
    ['a missing field', { id: undefined }, 'AvroEncodeError type id'],
    ['a number for a bigint', { id: 7 }, 'AvroEncodeError type id'],
    ['beyond 64 bits', { id: 2n ** 63n }, 'AvroEncodeError range id'],
    [
      'a fraction',
      {
        items: [
          { sku: 'a', count: 1 },
          { sku: 'b', count: 1.5 },
        ],
      },
      'AvroEncodeError range items[1].count',
    ],
    ['beyond 32 bits', { items: [{ sku: 'a', count: 2 ** 31 }] }, 'AvroEncodeError range items[0].count'],
    ['NaN', { items: [{ sku: 'a', count: Number.NaN }] }, 'AvroEncodeError range items[0].count'],
    ['no array', { items: {} }, 'AvroEncodeError type items'],
    ['a hole', { items: [undefined] }, 'AvroEncodeError type items[0]'],
    ['a lone surrogate', { items: [{ sku: '\udc00', count: 1 }] }, 'AvroEncodeError utf16 items[0].sku'],
    ['in a map', { tags: { 'a b': 3 } }, 'AvroEncodeError type tags["a b"]'],
    ['a Map', { tags: new Map([['a', 'b']]) }, 'AvroEncodeError type tags'],
    ['a lone surrogate in a key', { tags: { '\ud800': 'x' } }, 'AvroEncodeError utf16 tags["\\ud800"]'],
    ['an unknown branch', { payment: { branch: 'Cheque', value: {} } }, 'AvroEncodeError branch payment.branch'],
    [
      'inside a branch',
      { payment: { branch: 'Card', value: { number: 3 } } },
      'AvroEncodeError type payment.value.number',
    ],
    ['an untagged branch', { payment: 'x' }, 'AvroEncodeError type payment'],
    ['undefined for null', { payment: undefined }, 'AvroEncodeError type payment'],
  ])('%s is refused, alike by encode, write, assert, is and Standard Schema', (_, change, expected) => {
    const value = { ...order, ...change } as Order;
    expect(failure(() => Order.encode(value))).toBe(expected);
    expect(failure(() => Order.assert(value))).toBe(expected);
    expect(Order.is(value)).toBe(false);
    const writer = new Writer(8);
    Order.write(writer, order);
    const { position } = writer;
    expect(failure(() => Order.write(writer, value))).toBe(expected);
    expect(writer.position).toBe(position);
    expect(Order['~standard'].validate(value)).toMatchObject({ issues: [{ message: expect.any(String) }] });
  });

  test('the value itself', () => {
    for (const value of [null, undefined, 5, 'x', [], new Date(), new Uint8Array()]) {
      expect(failure(() => Order.encode(value as never))).toBe('AvroEncodeError type ');
    }
  });

  test('unknown properties are allowed', () => {
    expect(Order.decode(Order.encode({ ...order, more: 1 } as Order))).toEqual(order);
  });
});

describe('decode', () => {
  const bytes = Order.encode(order);

  test('each cut is refused, with the place where it broke', () => {
    const places = Array.from({ length: bytes.length }, (_, size) =>
      failure(() => Order.decode(bytes.subarray(0, size))),
    );
    expect(new Set(places)).toEqual(
      new Set([
        'AvroDecodeError truncated id',
        'AvroDecodeError truncated items',
        'AvroDecodeError length items',
        'AvroDecodeError truncated items[0].count',
        'AvroDecodeError truncated tags',
        'AvroDecodeError length tags',
        'AvroDecodeError truncated tags["gift"]',
        'AvroDecodeError truncated payment',
        'AvroDecodeError truncated payment.value.number',
      ]),
    );
  });

  test('bytes left over', () => {
    expect(() => Order.decode(new Uint8Array([...bytes, 1, 2]))).toThrow(
      expect.objectContaining({
        code: 'trailing-bytes',
        path: '',
        offset: bytes.length,
        reason: '2 bytes are left after the value',
      }),
    );
  });

  test('values do not change when the bytes do, nor when others are decoded', () => {
    const codec = interpretedCodec<{ data: Uint8Array; text: string }>({
      type: 'record',
      name: 'B',
      fields: [
        { name: 'data', type: 'bytes' },
        { name: 'text', type: 'string' },
      ],
    });
    const source = codec.encode({ data: new Uint8Array([1, 2, 3]), text: 'a text that is long enough for a slice' });
    const value = codec.decode(source);
    source.fill(0);
    codec.decode(codec.encode({ data: new Uint8Array([9, 9, 9]), text: 'another text that is long enough for it' }));
    expect(value).toEqual({ data: new Uint8Array([1, 2, 3]), text: 'a text that is long enough for a slice' });
  });

  test('messages larger than the scratch memory', () => {
    const large = { ...order, items: Array.from({ length: 5000 }, (_, count) => ({ sku: `sku-${count}`, count })) };
    expect(Order.decode(Order.encode(large))).toEqual(large);
    expect(failure(() => Order.decode(Order.encode(large).subarray(0, -3)))).toBe(
      'AvroDecodeError truncated payment.value.number',
    );
  });

  test('a view of a larger buffer, and what is no Uint8Array', () => {
    const around = new Uint8Array([9, ...bytes, 9]);
    expect(Order.decode(around.subarray(1, -1))).toEqual(order);
    expect(Order.decode(Buffer.from(bytes))).toEqual(order);
    expect(() => Order.decode(null as never)).toThrow(TypeError);
    expect(() => Order.decode(undefined as never)).toThrow(TypeError);
  });

  test('read: one value after the other, offsets from the start of each', () => {
    const reader = new Reader(new Uint8Array([...bytes, ...bytes, ...bytes.subarray(0, 4)]));
    expect(Order.read(reader)).toEqual(order);
    expect(Order.read(reader)).toEqual(order);
    expect(reader.position).toBe(bytes.length * 2);
    expect(() => Order.read(reader)).toThrow(
      expect.objectContaining({ code: 'truncated', path: 'items[0].count', offset: 4 }),
    );
  });
});

describe('create', () => {
  test('fills in defaults, made anew each time', () => {
    const make = recordCodec<Order, 'items' | 'tags' | 'payment'>({
      schema: JSON.stringify(SCHEMA),
      read: (r) => Order.read(r),
      write: (w, value) => Order.write(w, value),
    });
    const first = make.create({ id: 1n });
    expect(first).toEqual({ id: 1n, items: [], tags: {}, payment: null });
    first.items.push({ sku: 'a', count: 1 });
    expect(make.create({ id: 2n, payment: undefined }).items).toEqual([]);
    expect(make.is(first)).toBe(true);
    expect(failure(() => make.create({} as never))).toBe('AvroEncodeError type id');
    expect(failure(() => make.create(null as never))).toBe('AvroEncodeError type ');
  });
});

describe('Standard Schema', () => {
  test('gives the value itself, or where it is wrong', () => {
    const standard = Order['~standard'];
    expect(standard.validate(order)).toEqual({ value: order });
    expect(standard.validate({ ...order, items: [{ sku: 'a', count: 'x' }] })).toEqual({
      issues: [{ message: 'expected an int, got a string', path: ['items', 0, 'count'] }],
    });
    expect([standard.version, standard.vendor]).toEqual([1, 'kgen']);
  });
});

describe('files that refer to each other', () => {
  const compiled = <T>(schema: object): { read: (r: Reader) => T; write: (w: Writer, value: T) => void } => {
    const type = parseSchema(JSON.stringify(schema));
    return {
      read: interpret(planRead(type, type)) as (r: Reader) => T,
      write: (w, value) => writeValue(w, type, value),
    };
  };
  const B = { type: 'record', name: 'x.B', fields: [{ name: 'a', type: ['null', 'x.A'] }] };
  const A = {
    type: 'record',
    name: 'x.A',
    fields: [
      { name: 'b', type: ['null', B] },
      { name: 'e', type: 'E' },
    ],
  };
  const E = { type: 'enum', name: 'E', symbols: ['X', 'Y'] };

  test('schemas are put together when first asked for', () => {
    const whole = compiled<object>({ ...A, fields: [A.fields[0], { name: 'e', type: { ...E, namespace: '' } }] });
    // Each file has its own schema only; the null namespace needs a leading dot within another.
    const CodecA: RecordCodec<object> = recordCodec<object>({
      schema: '{"type":"record","name":"x.A","fields":[{"name":"b","type":["null","x.B"]},{"name":"e","type":".E"}]}',
      references: () => [CodecB, CodecE],
      ...whole,
    });
    const CodecB: RecordCodec<object> = recordCodec<object>({
      schema: '{"type":"record","name":"x.B","fields":[{"name":"a","type":["null","x.A"]}]}',
      references: () => [CodecA],
      ...whole,
    });
    const CodecE = enumCodec<'X' | 'Y'>({ schema: JSON.stringify(E), ...compiled<'X' | 'Y'>(E) });
    expect(CodecE.symbols).toEqual(['X', 'Y']);
    expect(CodecB.canonicalForm).toBe(
      '{"name":"x.B","type":"record","fields":[{"name":"a","type":["null",{"name":"x.A","type":"record","fields":' +
        '[{"name":"b","type":["null","x.B"]},{"name":"e","type":{"name":"E","type":"enum","symbols":["X","Y"]}}]}]}]}',
    );
    for (const codec of [CodecA, CodecB, CodecE]) {
      expect(canonicalForm(parseSchema(codec.schema))).toBe(codec.canonicalForm);
    }
    expect(CodecA.is({ b: { a: { b: null, e: 'Y' } }, e: 'X' })).toBe(true);
    expect(CodecA.is({ b: { a: { b: null, e: 'Z' } }, e: 'X' })).toBe(false);
  });

  test('a reference that is no codec, or one that is missing', () => {
    const alone = recordCodec<object>({ schema: JSON.stringify(B), ...compiled<object>(E) });
    expect(() => alone.canonicalForm).toThrow(expect.objectContaining({ name: 'AvroSchemaError', code: 'schema' }));
    const broken = recordCodec<object>({
      schema: JSON.stringify(B),
      references: () => [{} as never],
      ...compiled<object>(E),
    });
    expect(() => broken.canonicalForm).toThrow(TypeError);
  });
});

describe('projection', () => {
  const type = parseSchema(JSON.stringify(SCHEMA)) as RecordType;
  const narrow = { ...type, fields: type.fields.filter(({ name }) => name === 'tags' || name === 'payment') };
  const Narrow = projection<Pick<Order, 'tags' | 'payment'>>({
    of: () => Order,
    fields: ['tags', 'payment'],
    read: interpret(planRead(type, narrow)) as (r: Reader) => Pick<Order, 'tags' | 'payment'>,
  });
  const { tags, payment } = order;

  test('reads its fields and skips the others', () => {
    const bytes = Order.encode(order);
    expect(Narrow.decode(bytes)).toEqual({ tags, payment });
    expect(Narrow.fingerprint).toBe(Order.fingerprint);
    expect(Narrow.schema).toBe(Order.schema);
    expect(Narrow.fields).toEqual(['tags', 'payment']);
    expect(Narrow.is({ tags, payment })).toBe(true);
    expect(failure(() => Narrow.decode(bytes.subarray(0, 4)))).toBe('AvroDecodeError truncated items');
    expect(failure(() => Narrow.decode(bytes.subarray(0, -1)))).toBe('AvroDecodeError truncated payment.value.number');
  });

  test('reads other writers', () => {
    const old = { ...SCHEMA, fields: SCHEMA.fields.slice(0, 3) };
    const bytes = interpretedCodec(old).encode({ id: 1n, items: [], tags });
    expect(Narrow.decoderFor(JSON.stringify(old))(bytes)).toEqual({ tags, payment: null });
  });

  test('does not write', () => {
    expect(failure(() => Narrow.encode({ tags, payment }))).toBe('AvroEncodeError type ');
    expect(failure(() => Narrow.write(new Writer(), { tags, payment }))).toBe('AvroEncodeError type ');
    expect(failure(() => Narrow.toAvroJson({ tags, payment }))).toBe('AvroEncodeError type ');
  });
});

describe('decoderFor', () => {
  test('prefers compiled readers of the same writer, whatever doc and order of members it has', () => {
    const writer = { type: 'record', name: 'shop.Order', fields: [{ name: 'id', type: 'int' }] };
    const calls: string[] = [];
    const codec = recordCodec<Order>({
      schema: JSON.stringify(SCHEMA),
      read: (r) => {
        calls.push('own');
        return Order.read(r);
      },
      write: (w, value) => Order.write(w, value),
      writers: [
        {
          schema: JSON.stringify(writer),
          read: (r) => {
            calls.push('old');
            r.position = r.end;
            return order;
          },
        },
      ],
    });
    codec.decoderFor(
      '{"fields":[{"type":{"type":"int"},"name":"id"}],"doc":"x","namespace":"shop","name":"Order","type":"record"}',
    )(new Uint8Array([2]));
    codec.decoderFor(JSON.stringify(SCHEMA))(Order.encode(order));
    expect(codec.decoderFor(JSON.stringify(writer).replace('"int"', '"long"'))(new Uint8Array([2])).id).toBe(1n);
    expect(calls).toEqual(['old', 'own']);
  });
});

test('methods work without their codec', () => {
  const { encode, decode, is } = Order;
  expect([order, order].map(encode).map(decode)).toEqual([order, order]);
  expect([order, 3].filter(is)).toEqual([order]);
});
