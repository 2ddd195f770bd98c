import { decodeWith, encodeWith, Writer } from '@kgen/runtime';
import { avro, singleObject } from '@kgen/runtime/codegen/v1';
import { describe, expect, test, vi } from 'vitest';
import { codeOf, inChunk, survivesHostileBytes } from './hostile.ts';
import { CASH_1, Cash, Cash1, concat, ORDER_1, ORDER_OTHER, Order, Order1, OtherOrder } from './shop.ts';

const value: Order = { id: 7n, note: 'x' };
const marked = (fingerprint: bigint, ...parts: readonly Uint8Array[]): Uint8Array => {
  const header = new Uint8Array(10);
  header.set([0xc3, 0x01]);
  new DataView(header.buffer).setBigUint64(2, fingerprint, true);
  return concat(header, ...parts);
};
const orders = singleObject(() => Order, { writers: [ORDER_1, ORDER_OTHER] });

describe('one type', () => {
  test('is C3 01, the fingerprint in little-endian order, Avro', () => {
    expect(encodeWith(orders, value)).toEqual(marked(Order.fingerprint, Order.encode(value)));
    expect(decodeWith(orders, encodeWith(orders, value))).toEqual(value);
    const reader = inChunk(encodeWith(orders, value));
    expect(orders.read(reader)).toEqual(value);
    expect(reader.position).toBe(reader.end);
  });

  test('an older writer is resolved', () => {
    const old = marked(Order1.fingerprint, Order1.encode({ id: 5 }));
    expect(decodeWith(orders, old)).toEqual({ id: 5n, note: '-' });
    const reader = inChunk(old);
    expect(orders.read(reader)).toEqual({ id: 5n, note: '-' });
    expect(reader.position).toBe(reader.end);
  });

  test('codec and writers are asked for when they are needed, once', () => {
    const codec = vi.fn(() => Order);
    const writers = vi.fn(() => [ORDER_1]);
    const lazy = singleObject(codec, { writers });
    expect(codec).not.toHaveBeenCalled();
    expect(writers).not.toHaveBeenCalled();
    const old = marked(Order1.fingerprint, Order1.encode({ id: 5 }));
    for (let i = 0; i < 3; i++) expect(decodeWith(lazy, old)).toEqual({ id: 5n, note: '-' });
    expect(codec).toHaveBeenCalledTimes(1);
    expect(writers).toHaveBeenCalledTimes(1);
  });
});

describe('what is refused', () => {
  const cases: readonly [string, Uint8Array, string, number][] = [
    ['nothing', new Uint8Array(0), 'format', 0],
    ['half a header', Uint8Array.of(0xc3, 1, 2, 3), 'format', 0],
    ['another marker', concat(Uint8Array.of(0xc3, 2), marked(Order.fingerprint).subarray(2)), 'format', 0],
    ['an unknown fingerprint', marked(1n, Order.encode(value)), 'format', 0],
    ['the fingerprint in the other order', marked(BigInt.asUintN(64, ~Order.fingerprint)), 'format', 0],
    [
      'a writer whose data cannot be read',
      marked(OtherOrder.fingerprint, OtherOrder.encode({ id: '' })),
      'unresolvable',
      10,
    ],
    ['a header alone', marked(Order.fingerprint), 'truncated', 10],
    ['a byte too many', marked(Order.fingerprint, Order.encode(value), Uint8Array.of(0)), 'trailing-bytes', 13],
  ];
  test.each(cases)('%s', (_name, bytes, code, offset) => {
    const expected = expect.objectContaining({ name: 'AvroDecodeError', code, offset });
    expect(() => decodeWith(orders, bytes)).toThrow(expected);
    expect(() => orders.read(inChunk(bytes))).toThrow(expected);
  });

  test('the error names the fingerprint, and says what to do', () => {
    expect(() => decodeWith(orders, marked(0xabcn))).toThrow(
      "no known schema has the fingerprint 0000000000000abc. Add the writer's schema to the topic's writers",
    );
  });

  test('a value of another type is not written', () => {
    const writer = new Writer();
    writer.position = 3;
    expect(() => orders.write(writer, { id: 1, note: '' } as never)).toThrow(expect.objectContaining({ path: 'id' }));
    expect(writer.position).toBe(3);
  });
});

describe('several types', () => {
  const payments = singleObject(
    [
      { branch: 'Order', codec: () => Order },
      { branch: 'Cash', codec: () => Cash },
    ],
    { writers: [CASH_1] },
  );

  test('the fingerprint says which', () => {
    const cash = { branch: 'Cash', value: { amount: 3n } } as const;
    expect(encodeWith(payments, cash)).toEqual(marked(Cash.fingerprint, Cash.encode(cash.value)));
    for (const each of [cash, { branch: 'Order', value } as const]) {
      expect(decodeWith(payments, encodeWith(payments, each))).toEqual(each);
    }
    expect(decodeWith(payments, marked(Cash1.fingerprint, Cash1.encode({ amount: 9 })))).toEqual({
      branch: 'Cash',
      value: { amount: 9n },
    });
  });

  test('errors say where', () => {
    expect(() => decodeWith(payments, marked(Cash.fingerprint))).toThrow(
      expect.objectContaining({ path: 'value.amount', offset: 10 }),
    );
    expect(codeOf(() => encodeWith(payments, { branch: 'Card', value } as never))).toBe('branch');
  });
});

test('hostile bytes', () => {
  survivesHostileBytes(orders, [
    encodeWith(orders, value),
    marked(Order1.fingerprint, Order1.encode({ id: 5 })),
    marked(OtherOrder.fingerprint, OtherOrder.encode({ id: 'x' })),
  ]);
});

describe('avro', () => {
  const bare = avro(() => Order);

  test('is Avro alone', () => {
    expect(encodeWith(bare, value)).toEqual(Order.encode(value));
    expect(decodeWith(bare, Order.encode(value))).toEqual(value);
    const reader = inChunk(Order.encode(value));
    expect(bare.read(reader)).toEqual(value);
    expect(reader.position).toBe(reader.end);
  });

  test('is the whole of it', () => {
    const bytes = concat(Order.encode(value), Uint8Array.of(1, 2));
    const expected = expect.objectContaining({ code: 'trailing-bytes', offset: 3 });
    expect(() => decodeWith(bare, bytes)).toThrow(expected);
    expect(() => bare.read(inChunk(bytes))).toThrow(expected);
    expect(() => bare.read(inChunk(bytes))).toThrow('2 bytes are left after the value');
  });

  test('hostile bytes', () => {
    survivesHostileBytes(bare, [Order.encode(value)]);
  });
});
