import type { TypeMapping } from '@kgen/runtime/schema';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { TopicConfig } from '../../../generator/config/config.ts';
import { emitTopics } from '../../../generator/emit/topics/emit-topics.ts';
import { buildTopics } from '../../../generator/model/topics.ts';
import type { WriterSchemas } from '../../../generator/model/writer-schemas.ts';
import { millisOfIso } from '../../../runtime/src/format/timestamp.ts';
import { configOf, shopTypes } from '../../model/shop.ts';
import { airports, delays, flights } from '../jobs/flights.ts';

const options = { source: 'kgen.config.ts', importExtension: '.ts', out: 'src/generated' } as const;

function emit(
  topics: { readonly [id: string]: TopicConfig },
  mapping: TypeMapping = {},
  writers?: WriterSchemas,
): string {
  const result = buildTopics(configOf(topics, mapping), shopTypes(mapping), writers);
  expect(result.findings).toEqual([]);
  return emitTopics(result.topics, options);
}

/** The text of one option of the one topic. */
function option(name: string, topic: TopicConfig, mapping: TypeMapping = {}): string {
  const line = emit({ orders: topic }, mapping).match(new RegExp(`^  ${name}: (.*),$`, 'm'));
  return line?.[1] ?? expect.fail(`${name} is missing`);
}

const ORDER = 'shop.Order';
const CASH = 'shop.Cash';

describe('a page that people can read', () => {
  test('the flights example', async () => {
    await expect(emitTopics([flights, airports, delays], options)).toMatchFileSnapshot('golden/flights.txt');
  });

  test('everything that a topic can have', async () => {
    const writers: WriterSchemas = new Map([
      ['cash-1.avsc', `{"type":"record","name":"shop.Cash","doc":"it's","fields":[]}`],
      ['cash-2.avsc', '{"type":"record","name":"shop.Cash","fields":[{"name":"amount","type":"int"}]}'],
    ]);
    const text = emit(
      {
        orders: { value: ORDER, keyFrom: 'region.code', timestampFrom: 'at' },
        regional: { name: ['orders-eu', 'orders-us'], key: 'json', value: ORDER, partitioner: 'round-robin' },
        matching: { pattern: 'orders-(eu|us)', key: 'shop.Region', value: 'utf8', partitioner: 'fixed' },
        payments: {
          key: 'utf8',
          keyFrom: 'name',
          timestampFrom: 'maybeAt',
          value: { type: [ORDER, 'shop.Refund'], format: 'confluent', id: { [ORDER]: 7, 'shop.Refund': 8 } },
          partitioner: { field: 'id' },
        },
        mixed: { value: { type: [ORDER, 'string'], format: 'json' }, key: 'int64' },
        cash: { value: { type: CASH, format: 'confluent', id: { [CASH]: 9, 'cash-1.avsc': 3 } } },
        single: {
          value: { type: CASH, format: 'single-object', writers: ['cash-1.avsc', 'cash-2.avsc'] },
          keyFrom: 'amount',
          partitioner: { import: 'pick', from: './src/partition.ts' },
        },
        raw: {
          value: { type: 'long' },
          key: { type: [ORDER, CASH], format: 'confluent', id: { [ORDER]: 7, [CASH]: 9, 'cash-1.avsc': 3 } },
        },
      },
      {},
      writers,
    );
    await expect(text).toMatchFileSnapshot('golden/shop.txt');
  });

  test('nothing', () => {
    expect(emitTopics([], options)).not.toMatch(/import|const/);
  });
});

describe('keys', () => {
  test.each([
    [{ keyFrom: 'name' }, '(value) => value.name'],
    [{ keyFrom: 'nickname' }, '(value) => value.nickname'],
    [{ keyFrom: 'region.code' }, '(value) => value.region.code'],
    [{ keyFrom: 'origin.code' }, '(value) => value.origin?.code ?? null'],
    [{ keyFrom: '__proto__' }, '(value) => value.__proto__'],
    [{ keyFrom: 'id' }, '(value) => value.id'],
    [{ keyFrom: 'count', key: 'int64' }, '(value) => BigInt(value.count)'],
    [{ keyFrom: 'at' }, '(value) => BigInt(value.at.getTime())'],
    [{ keyFrom: 'maybeAt' }, '(value) => value.maybeAt === null ? null : BigInt(value.maybeAt.getTime())'],
  ])('%j', (change, expected) => {
    expect(option('keyFrom', { value: ORDER, ...change })).toBe(expected);
  });

  test('of longs that are numbers', () => {
    expect(option('keyFrom', { value: ORDER, keyFrom: 'id' }, { long: 'number' })).toBe('(value) => BigInt(value.id)');
  });
});

describe('times', () => {
  const at = new Date('2001-02-03T04:05:06.789Z');
  const millis = BigInt(at.getTime());
  const cases: readonly [string, TypeMapping, unknown, string][] = [
    ['at', {}, at, '(value) => BigInt(value.at.getTime())'],
    ['at', { logical: { 'timestamp-millis': 'bigint' } }, millis, '(value) => value.at'],
    ['at', { logical: { 'timestamp-millis': 'number' } }, Number(millis), '(value) => BigInt(value.at)'],
    ['at', { logical: { 'timestamp-millis': 'string' } }, at.toISOString(), '(value) => millisOfIso(value.at)'],
    ['maybeAt', {}, at, '(value) => value.maybeAt === null ? undefined : BigInt(value.maybeAt.getTime())'],
    ['maybeAt', { logical: { 'timestamp-millis': 'bigint' } }, millis, '(value) => value.maybeAt ?? undefined'],
    ['micros', {}, millis * 1000n + 999n, '(value) => value.micros / 1_000n'],
    [
      'micros',
      { logical: { 'timestamp-micros': 'number' } },
      Number(millis * 1000n + 999n),
      '(value) => BigInt(Math.trunc(value.micros / 1_000))',
    ],
    [
      'micros',
      { logical: { 'timestamp-micros': 'string' } },
      '2001-02-03T04:05:06.789999Z',
      '(value) => millisOfIso(value.micros)',
    ],
    ['micros', { logical: { 'timestamp-micros': 'base' } }, millis * 1000n, '(value) => value.micros / 1_000n'],
    [
      'micros',
      { long: 'number', logical: { 'timestamp-micros': 'base' } },
      Number(millis) * 1000,
      '(value) => BigInt(Math.trunc(value.micros / 1_000))',
    ],
    ['nanos', {}, millis * 1_000_000n + 999_999n, '(value) => value.nanos / 1_000_000n'],
    [
      'nanos',
      { logical: { 'timestamp-nanos': 'string' } },
      '2001-02-03T04:05:06.789999999Z',
      '(value) => millisOfIso(value.nanos)',
    ],
    ['id', {}, millis, '(value) => value.id'],
    ['id', { long: 'number' }, Number(millis), '(value) => BigInt(value.id)'],
  ];
  test.each(cases)('%s with %j', (timestampFrom, mapping, value, expected) => {
    const text = option('timestampFrom', { value: ORDER, timestampFrom }, mapping);
    expect(text).toBe(expected);
    const read = new Function('millisOfIso', `return ${text}`)(millisOfIso);
    expect(read({ [timestampFrom]: value })).toBe(millis);
    if (timestampFrom === 'maybeAt') expect(read({ maybeAt: null })).toBe(undefined);
  });
});

describe('imports', () => {
  test('an identifier that the file imports, or uses', () => {
    const text = emit({
      topic: { value: ORDER },
      avro: { value: ORDER },
      Order: { value: ORDER },
      value: { value: 'json', key: 'int64' },
    });
    expect(text).toContain('avro as avro2');
    expect(text).toContain('topic as topic2');
    expect(text).toContain('Order as Order2');
    expect(text).toContain("export const Order: Topic<Uint8Array, Order2, 'Order'> = /* @__PURE__ */ topic2({");
  });

  test.each([
    ['./src/pick.ts', "from '../pick.ts'"],
    ['./src/generated/../pick.ts', "from '../pick.ts'"],
    ['./pick.js', "from '../../pick.js'"],
    ['../shared/pick.mjs', "from '../../../shared/pick.mjs'"],
    ['@acme/partitions', "from '@acme/partitions'"],
  ])('a function from %s', (from, expected) => {
    expect(emit({ orders: { value: ORDER, partitioner: { import: 'pick', from } } })).toContain(
      `import { pick } ${expected};`,
    );
  });

  test('a writers function called like a topic', () => {
    const writers: WriterSchemas = new Map([['a.avsc', '{"type":"record","name":"Cash","fields":[]}']]);
    const value = { type: CASH, format: 'single-object', writers: ['a.avsc'] } as const;
    const text = emit({ orders: { value }, ordersWriters: { value: ORDER } }, {}, writers);
    expect(text).toContain('export function ordersWriters2(): readonly string[]');
    expect(text).toContain('{ writers: ordersWriters2 }');
  });
});

describe('hostile input', () => {
  test('a type whose file is called like the end of a comment', () => {
    const text = emit({ orders: { value: "*/ alert('x') /*" } });
    expect(text).toContain("value *\\/ alert('x') /* (avro). */");
    expect(text.replaceAll(/\/\*[\s\S]*?\*\//g, '')).not.toContain("alert('x')");
  });

  test('patterns are what they were, and nothing else', () => {
    const patterns = [
      'a/b',
      "it's",
      '"',
      '`$\\{process.exit()}`',
      "\\'",
      '\\\\',
      "\\\\'",
      '[/\'"]',
      'a|b',
      '*/'.replace('*', '\\*'),
      '\n',
      '\u2028',
      '/;alert(1)//',
      '\\/',
    ];
    for (const pattern of patterns) {
      const text = option('pattern', { value: ORDER, pattern });
      const printed: RegExp = new Function(`return ${text}`)();
      expect(text).not.toMatch(/['"`\n\u2028]/);
      for (const name of [...patterns, 'a', 'b', 'a/b', "'", '\\', "\\'", '/', 'ab']) {
        expect([pattern, name, printed.test(name)]).toEqual([pattern, name, new RegExp(`^(?:${pattern})$`).test(name)]);
      }
    }
  });

  test('any pattern at all', () => {
    const part = fc.oneof(
      fc.constantFrom("'", '"', '`', '\\', '/', '*', '[', ']', '(', ')', '$', '{', '\n', '.', '|', '?'),
      fc.string({ maxLength: 2 }),
    );
    const valid = fc
      .array(part, { minLength: 1, maxLength: 8 })
      .map((parts) => parts.join(''))
      .filter((pattern) => {
        try {
          return new RegExp(pattern) instanceof RegExp;
        } catch {
          return false;
        }
      });
    fc.assert(
      fc.property(valid, fc.string({ maxLength: 6 }), (pattern, name) => {
        const text = option('pattern', { value: ORDER, pattern });
        const printed: RegExp = new Function(`return ${text}`)();
        expect(text).not.toMatch(/['"`]/);
        const expected = new RegExp(`^(?:${pattern})$`);
        for (const each of [name, pattern, '']) expect(printed.test(each)).toBe(expected.test(each));
      }),
      { numRuns: 200 },
    );
  });

  test('writers with quotes in their schemas', () => {
    const schema = `{"type":"record","name":"shop.Cash","doc":"it's \\u2028 \\" \`\${1}","fields":[]}`;
    const writers: WriterSchemas = new Map([['a.avsc', schema]]);
    const text = emit(
      { orders: { value: { type: CASH, format: 'confluent', id: { [CASH]: 7, 'a.avsc': 3 } } } },
      {},
      writers,
    );
    const body = text.slice(text.indexOf('switch (id)'), text.lastIndexOf('}'));
    const read = new Function('id', body);
    expect(read(3)).toBe(schema);
    expect(read(4)).toBeUndefined();
  });
});
