import { choosePartition, encodeWith, type PartitionInput, TopicError } from '@kgen/runtime';
import { byField, fixed, int64, murmur2, roundRobin, sticky, utf8 } from '@kgen/runtime/codegen/v1';
import { describe, expect, test } from 'vitest';
import { javaClient } from './java-client.ts';

const input = <V>(change: Partial<PartitionInput<V>>): PartitionInput<V> => ({
  topic: 'delays',
  key: null,
  value: null,
  partitions: 12,
  task: 0,
  sequence: 0,
  ...change,
});

describe('murmur2', () => {
  test("is Java's, for each of its keys", () => {
    expect(javaClient.hashes.length).toBeGreaterThan(200);
    for (const [hex, , of1, of12, of1000] of javaClient.hashes) {
      const key = Buffer.from(hex, 'hex');
      const partitions = [1, 12, 1000].map((count) => murmur2(input({ key, partitions: count })));
      expect({ hex, partitions }).toEqual({ hex, partitions: [of1, of12, of1000] });
    }
  });

  test('reads nothing outside a key that is a view', () => {
    for (const [hex, , , , of1000] of javaClient.hashes) {
      const chunk = Buffer.from(`ff${hex}ffffff`, 'hex');
      expect(murmur2(input({ key: chunk.subarray(1, -3), partitions: 1000 }))).toBe(of1000);
    }
  });

  test('spreads records without a key', () => {
    const chosen = Array.from({ length: 24 }, (_, sequence) => murmur2(input({ sequence })));
    expect(new Set(chosen).size).toBe(12);
  });
});

describe('round-robin', () => {
  test('takes one partition after the other, from the task on', () => {
    const chosen = [0, 1, 2, 3].map((sequence) => roundRobin(input({ task: 2, sequence, partitions: 3 })));
    expect(chosen).toEqual([2, 0, 1, 2]);
  });

  test('tasks do not disturb each other, and a replay chooses the same', () => {
    const first = [0, 1].map((sequence) => roundRobin(input({ task: 5, sequence })));
    for (let sequence = 0; sequence < 9; sequence++) roundRobin(input({ task: 1, sequence }));
    expect([0, 1].map((sequence) => roundRobin(input({ task: 5, sequence })))).toEqual(first);
  });
});

test('sticky: the next partition with each batch, from the task on, whatever the key is', () => {
  const chosen = [0, 0, 1, 1, 2].map((batch, sequence) =>
    sticky(input({ task: 2, sequence, batch, partitions: 3, key: Uint8Array.of(sequence) })),
  );
  expect(chosen).toEqual([2, 2, 0, 0, 1]);
  expect(sticky(input({ task: 5 }))).toBe(5);
});

test('fixed: the task, modulo the partitions', () => {
  expect([0, 1, 4, 5, 13].map((task) => fixed(input({ task, partitions: 4 })))).toEqual([0, 1, 0, 1, 1]);
});

describe('by field', () => {
  interface Order {
    readonly country: string | null;
    readonly serial: bigint;
  }
  const byCountry = byField((value: Order) => value.country, utf8);

  test('is murmur2 of the encoded field, whatever the key', () => {
    const value = { country: 'AT', serial: 1n };
    const expected = murmur2(input({ key: encodeWith(utf8, 'AT') }));
    expect(byCountry(input({ value, key: Uint8Array.of(1, 2, 3) }))).toBe(expected);
    const bySerial = byField((order: Order) => order.serial, int64);
    expect(bySerial(input({ value }))).toBe(murmur2(input({ key: encodeWith(int64, 1n) })));
  });

  test('a field that is null goes round', () => {
    const chosen = [0, 1, 2].map((sequence) => byCountry(input({ value: { country: null, serial: 1n }, sequence })));
    expect(chosen).toEqual([0, 1, 2]);
  });

  test('a tombstone is refused', () => {
    const call = (): number => byCountry(input({ key: Uint8Array.of(1) }));
    expect(call).toThrow(TopicError);
    expect(call).toThrow('topic delays: a record without a value');
  });
});

describe("a user's own function", () => {
  const choose = (partition: unknown): number =>
    choosePartition({ partitioner: () => partition as number }, input({ partitions: 3 }));

  test.each([0, 1, 2])('%s is a partition', (partition) => {
    expect(choose(partition)).toBe(partition);
  });

  test.each([3, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 1n, '1', undefined])('%s is not', (partition) => {
    expect(() => choose(partition)).toThrow(
      expect.objectContaining({ name: 'TopicError', code: 'partition', topic: 'delays' }),
    );
  });

  test('the error names topic and choice', () => {
    expect(() => choose(7)).toThrow('topic delays: the partitioner chose 7; it must return an integer from 0 to 2');
  });
});
