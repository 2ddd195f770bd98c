import { confluentSchemaId, decodeWith, encodeWith, type Format, Writer } from '@kgen/runtime';
import { confluent, primitiveCodec } from '@kgen/runtime/codegen/v1';
import { describe, expect, expectTypeOf, test, vi } from 'vitest';
import { codeOf, inChunk, survivesHostileBytes } from './hostile.ts';
import { CASH_1, Cash, Cash1, concat, ORDER_1, ORDER_OTHER, Order, Order1, OtherOrder } from './shop.ts';

const header = (id: number): Uint8Array => {
  const bytes = new Uint8Array(5);
  new DataView(bytes.buffer).setUint32(1, id);
  return bytes;
};
const orders = confluent(() => Order, { id: 258, writers: { 3: ORDER_1, 4: ORDER_OTHER } });
const value: Order = { id: 7n, note: 'x' };

describe('one type', () => {
  test('is a zero byte, the id in four bytes, Avro', () => {
    expect(encodeWith(orders, value)).toEqual(concat(Uint8Array.of(0, 0, 0, 1, 2), Order.encode(value)));
    expect(decodeWith(orders, encodeWith(orders, value))).toEqual(value);
  });

  test('ids use all 32 bits', () => {
    const large = confluent(() => Order, { id: 0xfffffffe });
    expect(encodeWith(large, value).subarray(0, 5)).toEqual(Uint8Array.of(0, 255, 255, 255, 254));
    expect(decodeWith(large, encodeWith(large, value))).toEqual(value);
  });

  test('inside a chunk, one record after the other', () => {
    const reader = inChunk(encodeWith(orders, value));
    expect(orders.read(reader)).toEqual(value);
    expect(reader.position).toBe(reader.end);
  });

  test('an older writer is resolved, whatever came before', () => {
    const old = concat(header(3), Order1.encode({ id: 5 }));
    for (const bytes of [old, encodeWith(orders, value), old, old]) {
      const id = confluentSchemaId(bytes);
      expect(decodeWith(orders, bytes)).toEqual(id === 3 ? { id: 5n, note: '-' } : value);
    }
    const reader = inChunk(old);
    expect(orders.read(reader)).toEqual({ id: 5n, note: '-' });
    expect(reader.position).toBe(reader.end);
  });

  test('the codec is asked for when it is needed, once', () => {
    const codec = vi.fn(() => Order);
    const lazy = confluent(codec, { id: 1, writers: { 3: ORDER_1 } });
    expect(codec).not.toHaveBeenCalled();
    decodeWith(lazy, concat(header(3), Order1.encode({ id: 5 })));
    decodeWith(lazy, encodeWith(lazy, value));
    expect(codec).toHaveBeenCalledTimes(1);
  });
});

describe('a lookup of schemas', () => {
  test('is asked once for each id that it knows', () => {
    const lookup = vi.fn((id: number) => (id === 3 ? ORDER_1 : undefined));
    const format = confluent(() => Order, { id: 1, writers: lookup });
    const old = concat(header(3), Order1.encode({ id: 5 }));
    for (let i = 0; i < 3; i++) expect(decodeWith(format, old)).toEqual({ id: 5n, note: '-' });
    expect(lookup).toHaveBeenCalledTimes(1);
  });

  test('may learn an id later', () => {
    const schemas = new Map<number, string>();
    const format = confluent(() => Order, { id: 1, writers: (id) => schemas.get(id) });
    const old = concat(header(3), Order1.encode({ id: 5 }));
    expect(codeOf(() => decodeWith(format, old))).toBe('format');
    schemas.set(3, ORDER_1);
    expect(decodeWith(format, old)).toEqual({ id: 5n, note: '-' });
  });

  test('may itself decode', () => {
    const writers = (): string => {
      decodeWith(orders, encodeWith(orders, { id: 1n, note: 'a longer note than the record has bytes' }));
      return ORDER_1;
    };
    const format = confluent(() => Order, { id: 1, writers });
    expect(decodeWith(format, concat(header(3), Order1.encode({ id: 5 })))).toEqual({ id: 5n, note: '-' });
  });
});

describe('what is refused', () => {
  const cases: readonly [string, Uint8Array, string, number][] = [
    ['nothing', new Uint8Array(0), 'format', 0],
    ['half a header', Uint8Array.of(0, 0, 0, 1), 'format', 0],
    ['another magic byte', concat(Uint8Array.of(1), header(258).subarray(1), Order.encode(value)), 'format', 0],
    ['an unknown id', concat(header(99), Order.encode(value)), 'format', 0],
    ['an id whose data cannot be read', concat(header(4), OtherOrder.encode({ id: 'x' })), 'unresolvable', 5],
    ['a header alone', header(258), 'truncated', 5],
    ['a short value', encodeWith(orders, value).subarray(0, 7), 'truncated', 6],
    ['a byte too many', concat(encodeWith(orders, value), Uint8Array.of(9)), 'trailing-bytes', 8],
    ['a byte too many of an older writer', concat(header(3), Uint8Array.of(2, 2)), 'trailing-bytes', 6],
  ];
  test.each(cases)('%s', (_name, bytes, code, offset) => {
    const expected = expect.objectContaining({ name: 'AvroDecodeError', code, offset });
    expect(() => decodeWith(orders, bytes)).toThrow(expected);
    // Offsets count from the start of the value, wherever it lies.
    expect(() => orders.read(inChunk(bytes))).toThrow(expected);
  });

  test('errors say what to do', () => {
    expect(() => decodeWith(orders, concat(header(99), Order.encode(value)))).toThrow(
      "schema id 99 is not known here (258 is). Add it to the topic's writers",
    );
    expect(() => decodeWith(orders, Order.encode({ id: 60n, note: 'text' }))).toThrow('another format');
    expect(() => decodeWith(orders, concat(header(4), OtherOrder.encode({ id: 'x' })))).toThrow(
      'schema 4 cannot be read as shop.Order',
    );
  });

  test('errors inside a value say where', () => {
    const bytes = concat(header(258), Uint8Array.of(14, 2, 0xff));
    expect(() => decodeWith(orders, bytes)).toThrow(expect.objectContaining({ code: 'utf8', path: 'note', offset: 6 }));
  });

  test('a value of another type is not written', () => {
    const writer = new Writer();
    writer.position = 3;
    expect(() => orders.write(writer, { id: 1, note: '' } as never)).toThrow(
      expect.objectContaining({ name: 'AvroEncodeError', path: 'id' }),
    );
    expect(writer.position).toBe(3);
  });
});

describe('several types', () => {
  const payments = confluent(
    [
      { branch: 'Order', codec: () => Order, id: 1 },
      { branch: 'Cash', codec: () => Cash, id: 2 },
    ],
    { writers: { 3: ORDER_1, 4: CASH_1, 5: JSON.stringify('string') } },
  );
  type Payment = { branch: 'Order'; value: Order } | { branch: 'Cash'; value: { readonly amount: bigint } };

  test('the id says which', () => {
    expectTypeOf(payments).toEqualTypeOf<Format<Payment>>();
    const cash: Payment = { branch: 'Cash', value: { amount: 3n } };
    expect(encodeWith(payments, cash)).toEqual(concat(header(2), Cash.encode({ amount: 3n })));
    expect(decodeWith(payments, encodeWith(payments, cash))).toEqual(cash);
    const order: Payment = { branch: 'Order', value };
    expect(decodeWith(payments, encodeWith(payments, order))).toEqual(order);
  });

  test('an older writer is for the type of its name', () => {
    expect(decodeWith(payments, concat(header(4), Cash1.encode({ amount: 9 })))).toEqual({
      branch: 'Cash',
      value: { amount: 9n },
    });
    expect(decodeWith(payments, concat(header(3), Order1.encode({ id: 9 })))).toMatchObject({ branch: 'Order' });
    expect(() => decodeWith(payments, concat(header(5), Uint8Array.of(0)))).toThrow(
      'schema 5 cannot be read as shop.Order or shop.Cash',
    );
  });

  test('errors say where', () => {
    expect(() => decodeWith(payments, concat(header(2)))).toThrow(
      expect.objectContaining({ code: 'truncated', path: 'value.amount', offset: 5 }),
    );
    expect(() => encodeWith(payments, { branch: 'Cash', value: { amount: 3 } } as never)).toThrow(
      expect.objectContaining({ path: 'value.amount' }),
    );
    for (const wrong of [null, 'x', {}, { branch: 'Card', value }, { branch: '__proto__', value }, value]) {
      expect(codeOf(() => encodeWith(payments, wrong as never))).toBe('branch');
    }
  });

  test('values that JavaScript tells apart are bare', () => {
    const string = primitiveCodec('string');
    const mixed = confluent([
      { codec: () => Order, id: 1 },
      { codec: () => string, id: 2 },
    ]);
    expectTypeOf(mixed).toEqualTypeOf<Format<Order | string>>();
    expect(encodeWith(mixed, 'x')).toEqual(concat(header(2), string.encode('x')));
    for (const each of [value, 'x']) expect(decodeWith(mixed, encodeWith(mixed, each))).toEqual(each);
    expect(codeOf(() => encodeWith(mixed, 7 as never))).toBe('branch');
  });

  test('hostile bytes', () => {
    survivesHostileBytes(payments, [
      encodeWith(payments, { branch: 'Order', value }),
      concat(header(4), Uint8Array.of(2)),
    ]);
  });
});

test('hostile bytes', () => {
  survivesHostileBytes(orders, [encodeWith(orders, value), concat(header(3), Order1.encode({ id: 5 }))]);
});

test('the id of a record', () => {
  expect(confluentSchemaId(encodeWith(orders, value))).toBe(258);
  expect(confluentSchemaId(concat(Uint8Array.of(9), header(7)).subarray(1))).toBe(7);
  expect(confluentSchemaId(Uint8Array.of(0, 0, 0, 1))).toBeUndefined();
  expect(confluentSchemaId(Uint8Array.of(1, 0, 0, 0, 1))).toBeUndefined();
});
