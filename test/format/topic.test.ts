import type { RawRecord, TypedRecord } from '@kgen/runtime';
import { avro, int64, json, murmur2, topic, utf8 } from '@kgen/runtime/codegen/v1';
import { describe, expect, expectTypeOf, test } from 'vitest';
import { Order } from './shop.ts';

const value: Order = { id: 7n, note: 'x' };
const orders = topic({
  id: 'orders',
  names: ['orders'],
  key: int64,
  value: avro(() => Order),
  keyFrom: (order) => (order.id === 0n ? null : order.id),
  timestampFrom: (order) => (order.note === '' ? undefined : order.id * 1000n),
  partitioner: murmur2,
});
const deletable = topic({
  id: 'deletable',
  names: ['deletable'],
  key: int64,
  value: avro(() => Order),
  timestampFrom: (order) => order.id,
  tombstones: true,
  partitioner: murmur2,
});
const regional = topic({
  id: 'regional',
  names: ['orders-eu', 'orders-us'],
  key: utf8,
  value: avro(() => Order),
  partitioner: murmur2,
});
const matching = topic({
  id: 'matching',
  pattern: /^(?:orders-.*)$/,
  key: utf8,
  value: avro(() => Order),
  partitioner: murmur2,
});

const key7 = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 7);
const raw = (change: Partial<RawRecord>): RawRecord => ({
  topic: 'orders',
  partition: 3,
  offset: 42n,
  timestamp: 5n,
  key: key7,
  value: Order.encode(value),
  headers: [['trace', Uint8Array.of(1)]],
  ...change,
});

describe('deserialize', () => {
  test('gives key and value, and what came with them', () => {
    const record = orders.deserialize(raw({}));
    expectTypeOf(record).toEqualTypeOf<TypedRecord<bigint, Order>>();
    expect(record).toEqual({ ...raw({}), key: 7n, value });
  });

  test('null stays null: no key, a tombstone', () => {
    expect(orders.deserialize(raw({ key: null }))).toMatchObject({ key: null, value });
    expect(orders.deserialize(raw({ value: null }))).toMatchObject({ key: 7n, value: null });
  });

  test('errors name part, path, topic, partition and offset', () => {
    const broken = (change: Partial<RawRecord>) => () => orders.deserialize(raw(change));
    expect(broken({ key: Uint8Array.of(1) })).toThrow(
      expect.objectContaining({ name: 'AvroDecodeError', code: 'truncated', path: 'key', offset: 1 }),
    );
    const utf8Error = broken({ value: Uint8Array.of(14, 2, 0xff) });
    expect(utf8Error).toThrow(expect.objectContaining({ code: 'utf8', path: 'value.note', offset: 1 }));
    expect(utf8Error).toThrow(/^value\.note: .*, in topic orders, partition 3, offset 42 \(byte 1\)$/);
    expect(broken({ value: new Uint8Array(0) })).toThrow(expect.objectContaining({ path: 'value.id' }));
  });

  test('a record larger than the shared memory', () => {
    const large = { id: 1n, note: 'é'.repeat(40_000) };
    expect(orders.deserialize(raw({ value: Order.encode(large) })).value).toEqual(large);
  });
});

describe('serialize', () => {
  test('gives a record that any client can send', () => {
    expect(orders.serialize(7n, value)).toEqual({
      topic: 'orders',
      key: key7,
      value: Order.encode(value),
      timestamp: 7000n,
      headers: [],
    });
  });

  test('a tombstone has no value, and no time but a given one', () => {
    expect(deletable.serialize(7n, null)).toMatchObject({ key: key7, value: null, timestamp: undefined });
    expect(deletable.serialize(7n, null, { timestamp: 1n })).toMatchObject({ timestamp: 1n });
    expect(deletable.serialize(null, null)).toMatchObject({ key: null, value: null });
    expect(deletable.serialize(7n, value).value).toEqual(Order.encode(value));
  });

  test('a topic with the times of brokers gives none but a given one', () => {
    const dated = topic({
      id: 'dated',
      names: ['dated'],
      key: int64,
      value: avro(() => Order),
      timestampFrom: (order) => order.id,
      timestamps: 'broker',
      partitioner: murmur2,
    });
    expect(dated.serialize(7n, value).timestamp).toBeUndefined();
    expect(dated.serialize(7n, value, { timestamp: 1n }).timestamp).toBe(1n);
  });

  test('a topic without tombstones refuses one, unless null is one of its values', () => {
    // @ts-expect-error: it has none
    const refused = (): unknown => orders.serialize(7n, null);
    expect(refused).toThrow(
      expect.objectContaining({ code: 'tombstone', message: expect.stringContaining('`tombstones: true`') }),
    );
    const anything = topic({ id: 'anything', names: ['anything'], key: utf8, value: json, partitioner: murmur2 });
    expect(anything.serialize('a', null).value).toEqual(new Uint8Array(Buffer.from('null')));
  });

  test('headers and time as given', () => {
    const headers = [['a', Uint8Array.of(1)] as const, ['a', null] as const];
    expect(orders.serialize(7n, value, { headers, timestamp: 0n })).toMatchObject({ headers, timestamp: 0n });
  });

  test('the key comes from the value', () => {
    expect(orders.serializeValue(value)).toEqual(orders.serialize(7n, value));
    expect(orders.serializeValue({ id: 0n, note: '' })).toMatchObject({ key: null, timestamp: undefined });
    expect(orders.keyFrom(value)).toBe(7n);
  });

  test('what came out goes in', () => {
    const sent = orders.serializeValue(value);
    const record = orders.deserialize(raw({ key: sent.key, value: sent.value }));
    expect(record).toMatchObject({ key: 7n, value });
  });

  test('errors name part, path and topic; a wrong value is found before its key is taken', () => {
    expect(() => orders.serialize('7' as never, value)).toThrow(
      expect.objectContaining({ name: 'AvroEncodeError', code: 'type', path: 'key' }),
    );
    const call = () => orders.serializeValue({ id: 7n } as never);
    expect(call).toThrow(expect.objectContaining({ path: 'value.note' }));
    expect(call).toThrow(/^value\.note: .*, for topic orders$/);
    expect(() => orders.serializeValue(undefined as never)).toThrow(expect.objectContaining({ path: 'value' }));
  });

  test('a time before 1970 is refused', () => {
    const expected = expect.objectContaining({ name: 'TopicError', code: 'timestamp', topic: 'orders' });
    expect(() => orders.serialize(7n, value, { timestamp: -1n })).toThrow(expected);
    expect(() => orders.serializeValue({ id: -1n, note: 'x' })).toThrow(expected);
  });

  test('and one of which milliseconds are not exact', () => {
    const far = (timestamp: bigint): unknown => orders.serialize(7n, value, { timestamp });
    expect(() => far(2n ** 63n)).toThrow('a record of 9223372036854775808 ms: times end at 9007199254740991');
    expect(far(2n ** 53n - 1n)).toMatchObject({ timestamp: 2n ** 53n - 1n });
  });
});

describe('which topic', () => {
  test('several names: it is said, and one of them', () => {
    expect(regional.serialize('k', value, { topic: 'orders-us' }).topic).toBe('orders-us');
    expect(() => regional.serialize('k', value, {} as never)).toThrow(
      'topic regional: say which topic, by the option `topic`: orders-eu, orders-us',
    );
    expect(() => regional.serialize('k', value, { topic: 'orders' as never })).toThrow(
      expect.objectContaining({ name: 'TopicError', code: 'topic-unknown', topic: 'regional' }),
    );
  });

  test('a pattern: it is said, and matches as a whole', () => {
    expect(matching.names).toEqual([]);
    expect(matching.serialize('k', value, { topic: 'orders-7' }).topic).toBe('orders-7');
    for (const name of ['orders', 'my-orders-7', '']) {
      expect(() => matching.serialize('k', value, { topic: name })).toThrow(
        expect.objectContaining({ code: 'topic-unknown' }),
      );
    }
    expect(() => matching.serialize('k', value, {} as never)).toThrow(
      expect.objectContaining({ code: 'topic-missing' }),
    );
  });

  test('one name: another is refused', () => {
    expect(orders.serialize(7n, value, { topic: 'orders' }).topic).toBe('orders');
    expect(() => orders.serialize(7n, value, { topic: 'order' as never })).toThrow(
      'topic orders: "order" is not one of its names: declared are orders',
    );
  });
});
