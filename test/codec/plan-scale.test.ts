import {
  type AvroType,
  interpretTraced,
  MinimumSizes,
  PlainPlans,
  parseSchema,
  planRead,
  type RecordType,
  RecursiveRecords,
  readSchemas,
} from '@kgen/runtime/schema';
import { describe, expect, test } from 'vitest';

function typesOf(...schemas: readonly object[]): readonly RecordType[] {
  const { roots, problems } = readSchemas(
    schemas.map((schema, index) => ({ source: `#${index}`, schema: JSON.parse(JSON.stringify(schema)) })),
  );
  expect(problems).toEqual([]);
  return roots.map((type) => {
    if (type.kind !== 'record') throw new Error(type.kind);
    return type;
  });
}

const record = (name: string, fields: { [name: string]: unknown }): object => ({
  type: 'record',
  name,
  fields: Object.entries(fields).map(([name, type]) => ({ name, type })),
});

describe('what is found out once about many types is what is found out about each', () => {
  const types = typesOf(
    record('A', { b: ['B', 'C'], x: 'int' }),
    record('B', { a: 'A', ten: { type: 'fixed', name: 'Ten', size: 10 } }),
    record('C', { d: 'double', e: ['null', 'E'] }),
    record('E', { items: { type: 'array', items: 'E' } }),
    record('Never', { x: 'int', again: 'Never' }),
    record('Alone', { e: 'E', text: 'string' }),
  );
  const orders = [types, [...types].reverse()];

  test.each(orders.map((order) => [order.map(({ name }) => name).join(' '), order]))('%s', (_, order) => {
    const sizes = new MinimumSizes();
    const recursive = new RecursiveRecords();
    const plans = new PlainPlans();
    const found = order.map((type) => {
      const plan = plans.of(type);
      if (plan.op !== 'record') throw new Error(plan.op);
      expect(plan.recursive, type.name).toBe(recursive.has(type));
      return [type.name, sizes.of(type), plan.recursive];
    });
    expect(new Map(found.map(([name, ...facts]) => [name, facts]))).toEqual(
      new Map<string, unknown[]>([
        // The union's index, C, the int.
        ['A', [1 + 9 + 1, true]],
        ['B', [11 + 10, true]],
        ['C', [8 + 1, false]],
        ['E', [1, true]],
        ['Never', [expect.any(Number), true]],
        ['Alone', [2, false]],
      ]),
    );
  });

  test('as planning each by itself', () => {
    const plans = new PlainPlans();
    for (const type of types) expect(plans.of(type)).toEqual(planRead(type, type));
  });
});

describe('no time in the square of the number of types', () => {
  test('types that all lead to each other', () => {
    const count = 700;
    const types = typesOf(
      ...Array.from({ length: count }, (_, i) =>
        record(`R${i}`, {
          next: ['null', `R${(i + 1) % count}`],
          many: { type: 'array', items: `R${(i * 7 + 3) % count}` },
        }),
      ),
    );
    const plans = new PlainPlans();
    for (const type of types) expect(plans.of(type)).toMatchObject({ op: 'record', recursive: true });
  });

  test('a writer with 20,000 fields to skip, each of which may hold the whole', () => {
    const skipped = Array.from({ length: 20_000 }, (_, i) => [`f${i}`, { type: 'array', items: ['null', 'W'] }]);
    const writer = parseSchema(JSON.stringify(record('W', { ...Object.fromEntries(skipped), z: 'int' })));
    const reader: AvroType = parseSchema(JSON.stringify(record('W', { z: 'int' })));
    expect(interpretTraced(planRead(writer, reader)).trace.path).toBe('');
  });
});
