import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TypeMapping } from '@kgen/runtime/schema';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TopicConfig } from '../../generator/config/config.ts';
import { validateConfig } from '../../generator/config/validate.ts';
import type { TopicModel } from '../../generator/model/model.ts';
import { buildTopics, type TopicsResult } from '../../generator/model/topics.ts';
import { loadWriterSchemas, writersByType } from '../../generator/model/writer-schemas.ts';
import { configOf, shopTypes } from './shop.ts';

const types = shopTypes();

function build(topics: { readonly [id: string]: TopicConfig }, mapping: TypeMapping = {}): TopicsResult {
  const config = configOf(topics, mapping);
  // What these tests give is what the first check of a config lets through.
  expect(validateConfig(config, undefined)).toEqual([]);
  return buildTopics(config, Object.keys(mapping).length === 0 ? types : shopTypes(mapping));
}

/** The one topic of a config without findings. */
function one(topic: TopicConfig, mapping: TypeMapping = {}): TopicModel {
  const { topics, findings } = build({ orders: topic }, mapping);
  expect(findings).toEqual([]);
  return topics[0] ?? expect.fail('there is no topic');
}

/** Path below the topic, reason and hint of the one finding. */
function finding(topic: TopicConfig, mapping: TypeMapping = {}): string {
  const { topics, findings } = build({ orders: topic }, mapping);
  expect(topics).toEqual([]);
  expect(findings).toHaveLength(1);
  const { path, reason, hint } = findings[0] ?? expect.fail();
  expect(`${reason}${hint}`).not.toMatch(/\.$/);
  return `${path?.replace(/^topics\.orders\.?/, '')}: ${reason}. ${hint}`;
}

const ORDER = 'shop.Order';

describe('names', () => {
  test('the identifier, unless the config says another', () => {
    expect(one({ value: ORDER }).names).toEqual(['orders']);
    expect(one({ value: ORDER, name: 'shop.orders-v1' }).names).toEqual(['shop.orders-v1']);
    expect(one({ value: ORDER, name: ['a', 'b'] }).names).toEqual(['a', 'b']);
    expect(one({ value: ORDER, pattern: 'orders-.*' })).toMatchObject({ names: [], pattern: 'orders-.*' });
  });

  test.each([
    ['shop/orders', 'name: Kafka does not allow the name "shop/orders". Use ASCII letters'],
    ['..', "name: Kafka does not allow the name '..'. "],
    ['ö', 'name: Kafka does not allow the name "ö". '],
    ['a'.repeat(250), 'has 250 characters. Kafka allows 249'],
  ])('%s is not one', (name, expected) => {
    expect(finding({ value: ORDER, name })).toContain(expected);
  });

  test('a name in a list that is not one, or is there twice', () => {
    expect(finding({ value: ORDER, name: ['a', 'b c'] })).toContain('name[1]: Kafka does not allow the name "b c"');
    expect(finding({ value: ORDER, name: ['a', 'a'] })).toBe(
      "name[1]: the name 'a' is there twice. Remove one of them",
    );
  });

  test('249 characters are fine', () => {
    expect(one({ value: ORDER, name: 'a'.repeat(249) }).names).toHaveLength(1);
  });

  test('dots and underscores collide', () => {
    const { findings } = build({
      a: { value: ORDER, name: ['shop.orders', 'x'] },
      b: { value: ORDER, name: 'shop_orders' },
    });
    expect(findings).toEqual([
      {
        path: 'topics.b',
        reason: "Kafka does not hold 'shop_orders' beside 'shop.orders': its metrics cannot tell dots from underscores",
        hint: 'Rename one of them',
      },
    ]);
  });

  test.each(['my-topic', '1st', 'class', 'await', 'Date', 'a b', "x';alert(1);'", '', 'ö'])(
    '%j is no identifier',
    (id) => {
      const { topics, findings } = build({ [id]: { value: ORDER, name: 'orders' } });
      expect(topics).toEqual([]);
      expect(findings).toHaveLength(1);
      expect(findings[0]?.path).toMatch(/^topics\[/);
    },
  );

  test('a pattern that is none', () => {
    const config = configOf({ orders: { value: ORDER, pattern: 'orders-(' } });
    expect(buildTopics(config, types).findings).toMatchObject([{ path: 'topics.orders.pattern' }]);
  });
});

describe('formats', () => {
  test('plain ones by their names, types by theirs', () => {
    for (const kind of ['utf8', 'bytes', 'int32', 'int64', 'float64', 'json'] as const) {
      expect(one({ value: kind }).value).toEqual({ kind });
    }
    expect(one({ value: ORDER }).value).toMatchObject({ kind: 'avro', types: [{ type: { fullName: ORDER } }] });
    expect(one({ value: { type: ORDER, format: 'json' } }).value).toMatchObject({ kind: 'typed-json' });
    expect(one({ value: { type: ORDER, format: 'single-object' } }).value).toMatchObject({ kind: 'single-object' });
    expect(one({ value: { type: 'string' } }).value).toEqual({
      kind: 'avro',
      types: [{ type: { primitive: { kind: 'string', as: 'string' } } }],
    });
  });

  test('a primitive long is what the config makes of longs', () => {
    const { value } = one({ value: { type: 'long' } }, { long: 'number' });
    expect(value).toMatchObject({ types: [{ type: { primitive: { as: 'number' } } }] });
  });

  test.each([
    ['shop.Ordr', `value: there is no type "shop.Ordr". Did you mean 'shop.Order'?`],
    ['Refund', `value: there is no type "Refund". Did you mean 'shop.Refund'?`],
    ['Order', `value: there is no type "Order". Did you mean 'shop.Order' or 'old.Order'?`],
    ['utf-8', `value: there is no type "utf-8". Did you mean 'utf8'?`],
    ['xyz', 'value: there is no type "xyz". Give the full name of a type in your schemas'],
    [
      'string',
      "value: 'string' is a type of Avro's, not a format. Write 'utf8', or { type: 'string', format: 'avro' }",
    ],
    ['long', "Write 'int64'"],
    [
      'confluent',
      "value: format 'confluent' needs a type. Say of which type: { type: 'shop.Order', format: 'confluent' }",
    ],
  ])('%s is none', (value, expected) => {
    expect(finding({ value })).toContain(expected);
  });

  const typed: readonly [TopicConfig['value'], string][] = [
    [{ type: 'null' }, 'value.type: null is no type for data'],
    [{ type: 'utf8' }, "value.type: 'utf8' is a format, not a type. Write 'utf8' instead of the object"],
    [
      { type: [ORDER, 'shop.Refnd'], format: 'json' },
      'value.type[1]: there is no type "shop.Refnd". Did you mean \'shop.Refund\'?',
    ],
    [{ type: [ORDER, ORDER], format: 'json' }, "value.type[1]: type 'shop.Order' is there twice"],
    [
      { type: [ORDER, 'shop.Refund'] },
      "value.format: bytes in format 'avro' do not say which of the types they are of",
    ],
    [
      { type: ['either-order', 'string'], format: 'json' },
      'value.type[0]: either-order is a union, which cannot be one',
    ],
    [{ type: ORDER, id: 3 }, "value.id: format 'avro' has no ids"],
    [{ type: ORDER, format: 'avro', writers: ['a.avsc'] }, "value.writers: format 'avro' does not take a list"],
    [{ type: ORDER, format: 'confluent', id: 1, writers: ['a.avsc'] }, 'Give older schemas of format'],
    [
      { type: ORDER, format: 'confluent' },
      "value: format 'confluent' writes the schema's id, which is not known. Give `id`, the number",
    ],
    [{ type: [ORDER, 'shop.Refund'], format: 'confluent', id: 1 }, 'value.id: one id cannot stand for several types'],
    [
      { type: [ORDER, 'shop.Refund'], format: 'confluent', id: { [ORDER]: 1 } },
      "value.id: there is no id for shop.Refund. Add 'shop.Refund'",
    ],
    [
      { type: ORDER, format: 'confluent', id: { [ORDER]: 1, 'shop.Refund': 2 } },
      `value.id["shop.Refund"]: "shop.Refund" is not one of the topic's types`,
    ],
    [
      { type: [ORDER, 'shop.Refund'], format: 'confluent', id: { [ORDER]: 1, 'shop.Refund': 1 } },
      'id 1 is that of shop.Order already',
    ],
    [
      { type: ORDER, format: 'confluent', id: { [ORDER]: 1, 'old.avsc': 2 } },
      'value.id["old.avsc"]: the file was not read',
    ],
  ];
  test.each(typed)('%j', (value, expected) => {
    expect(finding({ value })).toContain(expected);
  });

  test('confluent ids', () => {
    expect(one({ value: { type: ORDER, format: 'confluent', id: 7 } }).value).toMatchObject({ types: [{ id: 7 }] });
    const several = {
      type: [ORDER, 'shop.Refund'],
      format: 'confluent',
      id: { 'shop.Refund': 8, [ORDER]: 7 },
    } as const;
    expect(one({ value: several }).value).toMatchObject({ types: [{ id: 7 }, { id: 8 }] });
  });

  test('a key is wrong as a value is', () => {
    expect(finding({ key: 'shop.Regon', value: ORDER })).toContain(
      'key: there is no type "shop.Regon". Did you mean \'shop.Region\'?',
    );
  });
});

describe('older writers', () => {
  let root = '';
  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'kgen-writers-'));
    const schema = { type: 'record', name: 'shop.Order', doc: 'x', fields: [{ name: 'id', type: 'int' }] };
    writeFileSync(join(root, 'order-1.avsc'), JSON.stringify(schema));
    writeFileSync(
      join(root, 'broken.avsc'),
      '{ "type": "record", "name": "shop.Order", "fields": [{ "name": "id", "type": "itn" }] }',
    );
    writeFileSync(join(root, 'text.avsc'), 'no JSON');
    writeFileSync(join(root, 'other.avsc'), '{ "type": "record", "name": "shop.Other", "fields": [] }');
    writeFileSync(join(root, 'cash-1.avsc'), '{ "type": "record", "name": "shop.Cash", "fields": [] }');
    const amount = { name: 'amount', type: 'long', default: 0 };
    writeFileSync(join(root, 'cash-now.avsc'), JSON.stringify({ type: 'record', name: 'shop.Cash', fields: [amount] }));
  });
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  async function load(value: TopicConfig['value'], id = 'orders'): Promise<TopicsResult> {
    const config = configOf({ [id]: { value } });
    return buildTopics(config, types, await loadWriterSchemas(config, root));
  }

  test('are read from their files', async () => {
    const normalized = '{"type":"record","name":"shop.Order","fields":[{"name":"id","type":"int"}]}';
    const confluent = await load({ type: 'old.Order', format: 'confluent', id: { 'old.Order': 7, 'order-1.avsc': 3 } });
    expect(confluent.findings).toEqual([]);
    expect(confluent.topics[0]?.value).toMatchObject({
      types: [{ id: 7 }],
      writers: { functionName: 'ordersWriters', schemas: [{ schema: normalized, id: 3 }] },
    });
    const single = await load({ type: 'old.Order', format: 'single-object', writers: ['order-1.avsc'] });
    expect(single.topics[0]?.value).toMatchObject({ writers: { schemas: [{ schema: normalized }] } });
  });

  test('are compiled for the type that reads them, each once', async () => {
    const writers = await load({
      type: ['old.Order', 'shop.Cash'],
      format: 'single-object',
      writers: ['cash-1.avsc', 'order-1.avsc', 'cash-1.avsc', 'cash-now.avsc'],
    });
    expect(writers.findings).toEqual([]);
    expect([...writersByType(writers.topics)]).toEqual([
      ['shop.Cash', ['{"type":"record","name":"shop.Cash","fields":[]}']],
      ['old.Order', ['{"type":"record","name":"shop.Order","fields":[{"name":"id","type":"int"}]}']],
    ]);
  });

  test.each([
    ['missing.avsc', '"missing.avsc" cannot be read'],
    ['text.avsc', '"text.avsc" is not a self-contained schema'],
    ['broken.avsc', '"broken.avsc" is not a self-contained schema: '],
    ['other.avsc', 'no data of this schema can be read as shop.Order: '],
  ])('%s is a finding', async (file, reason) => {
    const confluent = await load({ type: ORDER, format: 'confluent', id: { [ORDER]: 7, [file]: 3 } });
    expect(confluent.findings).toHaveLength(1);
    expect(confluent.findings[0]).toMatchObject({ path: `topics.orders.value.id[${JSON.stringify(file)}]` });
    expect(confluent.findings[0]?.reason).toContain(reason);
    const single = await load({ type: ORDER, format: 'single-object', writers: [file] });
    expect(single.findings).toMatchObject([{ path: 'topics.orders.value.writers[0]' }]);
  });
});

describe('keyFrom', () => {
  test.each([
    ['name', 'utf8'],
    ['nickname', 'utf8'],
    ['uuid', 'utf8'],
    ['channel', 'utf8'],
    ['amount', 'utf8'],
    ['day', 'utf8'],
    ['count', 'int32'],
    ['id', 'int64'],
    ['at', 'int64'],
    ['micros', 'int64'],
    ['price', 'float64'],
    ['weight', 'float64'],
    ['raw', 'bytes'],
    ['hash', 'bytes'],
    ['region.code', 'utf8'],
    ['origin.code', 'utf8'],
    ['__proto__', 'utf8'],
  ])('%s makes a key in %s, said or not', (keyFrom, kind) => {
    expect(one({ value: ORDER, keyFrom }).key).toEqual({ kind });
    expect(one({ value: ORDER, keyFrom, key: kind }).keyFrom?.steps.map(({ name }) => name)).toEqual(
      keyFrom.split('.'),
    );
  });

  test('an int fits wider numbers', () => {
    for (const key of ['int64', 'float64'])
      expect(one({ value: ORDER, keyFrom: 'count', key }).key).toEqual({ kind: key });
  });

  test('knows where a null may stand', () => {
    expect(one({ value: ORDER, keyFrom: 'origin.code' }).keyFrom?.steps).toEqual([
      { name: 'origin', nullable: true },
      { name: 'code', nullable: false },
    ]);
  });

  test('a typed key takes a field of its type', () => {
    expect(one({ value: ORDER, keyFrom: 'region', key: 'shop.Region' }).key).toMatchObject({ kind: 'avro' });
    expect(one({ value: ORDER, keyFrom: 'origin', key: 'shop.Region' }).key).toMatchObject({ kind: 'avro' });
    expect(one({ value: ORDER, keyFrom: 'name', key: { type: 'string' } }).key).toMatchObject({ kind: 'avro' });
    expect(one({ value: ORDER, keyFrom: 'name', key: 'json' }).key).toEqual({ kind: 'json' });
  });

  test('without keyFrom and key, keys are bytes', () => {
    expect(one({ value: ORDER }).key).toEqual({ kind: 'bytes' });
  });

  test.each([
    ['nam', 'utf8', 'keyFrom: shop.Order has no field "nam". Did you mean \'name\'?'],
    ['name.first', 'utf8', "keyFrom: shop.Order.name is of type string, which has no field 'first'"],
    ['tags.first', 'utf8', "keyFrom: shop.Order.tags is an array, which has no field 'first'"],
    ['labels.x', 'utf8', 'keyFrom: shop.Order.labels is a map'],
    ['region.cod', 'utf8', 'keyFrom: shop.Region has no field "cod". Did you mean \'code\'?'],
    ['either', 'utf8', 'keyFrom: shop.Order.either is a union. Choose a field of one type'],
    ['tagged', 'int32', 'keyFrom: shop.Order.tagged is a union'],
    [
      'name',
      'int32',
      "keyFrom: the field is of type string, which does not fit a key in format 'int32'. Choose another field, or make the key 'utf8'",
    ],
    ['id', 'utf8', "or make the key 'int64'"],
    ['id', 'int32', "or make the key 'int64'"],
    ['price', 'int64', "or make the key 'float64'"],
    ['paid', 'utf8', 'keyFrom: the field is of type boolean'],
    ['region', 'utf8', 'keyFrom: the field is the record shop.Region'],
    ['raw', 'json', 'keyFrom: the field is of type bytes'],
    ['at', 'json', 'timestamp-millis'],
    ['region', 'old.Order', 'keyFrom: the field is the record shop.Region, but the key the record old.Order'],
  ])('%s does not fit %s', (keyFrom, key, expected) => {
    expect(finding({ value: ORDER, keyFrom, key })).toContain(expected);
  });

  test('a field that no plain format holds needs a key', () => {
    expect(finding({ value: ORDER, keyFrom: 'region' })).toContain(
      'key: no plain format holds the field that keyFrom names',
    );
  });

  test('a value without fields', () => {
    expect(finding({ value: 'utf8', keyFrom: 'x' })).toBe(
      "keyFrom: a value in format 'utf8' has no fields. Give the value an Avro type, or remove the option",
    );
    expect(finding({ value: { type: 'string' }, keyFrom: 'x' })).toContain('keyFrom: string is of type string');
  });

  test('of a decimal that is a bigint, and of one that is text', () => {
    expect(finding({ value: ORDER, keyFrom: 'amount', key: 'int64' }, { logical: { decimal: 'bigint' } })).toContain(
      'decimal',
    );
  });
});

describe('several types', () => {
  const value = { type: [ORDER, 'shop.Refund'], format: 'single-object' } as const;

  test('each has the field; it may be null in one of them', () => {
    expect(one({ value, keyFrom: 'id' }).keyFrom).toMatchObject({ inBranch: true, steps: [{ nullable: false }] });
    expect(one({ value, keyFrom: 'name' }).keyFrom).toMatchObject({ steps: [{ name: 'name', nullable: true }] });
    expect(one({ value, timestampFrom: 'maybeAt' }).timestampFrom).toMatchObject({ steps: [{ nullable: true }] });
  });

  test('it is missing, or of another type, in one of them', () => {
    expect(finding({ value, keyFrom: 'price' })).toContain('keyFrom: shop.Refund has no field "price"');
    expect(finding({ value, keyFrom: 'count' })).toContain(
      "keyFrom: field 'count' is of type int in one of the topic's types, of type string in shop.Refund. Choose a field that is alike",
    );
  });

  test('one of them is no record', () => {
    expect(finding({ value: { type: [ORDER, 'string'], format: 'json' }, keyFrom: 'id' })).toContain(
      'string is of type string',
    );
  });
});

describe('timestampFrom', () => {
  test.each(['at', 'maybeAt', 'micros', 'nanos', 'id'])('%s is a time', (timestampFrom) => {
    expect(one({ value: ORDER, timestampFrom }).timestampFrom).toMatchObject({ steps: [{ name: timestampFrom }] });
  });

  test.each([
    ['local', 'a time without a zone'],
    ['time', 'not a point in time'],
    ['day', 'not a point in time'],
    ['count', 'not a point in time'],
    ['name', 'not a point in time'],
    ['region', 'not a point in time'],
    ['att', "Did you mean 'at'?"],
  ])('%s is none', (timestampFrom, expected) => {
    expect(finding({ value: ORDER, timestampFrom })).toContain(`timestampFrom: `);
    expect(finding({ value: ORDER, timestampFrom })).toContain(expected);
  });

  test('a unit counts where the config reads the base type', () => {
    const base = { logical: { 'timestamp-nanos': 'base', 'local-timestamp-millis': 'base' } } as const;
    one({ value: ORDER, timestampFrom: 'nanos' }, base);
    expect(finding({ value: ORDER, timestampFrom: 'local' }, base)).toContain('timestampFrom');
    expect(finding({ value: ORDER, timestampFrom: 'nanos' }, { ...base, long: 'number' })).toContain(
      'not a point in time',
    );
  });
});

describe('formats of your own', () => {
  const from = './src/formats.ts';

  test('are what a module exports', () => {
    expect(one({ key: { import: 'pointKey', from }, value: { import: 'point', from } })).toMatchObject({
      key: { kind: 'own', name: 'pointKey', from, path: '../formats.ts' },
      value: { kind: 'own', name: 'point', from, path: '../formats.ts' },
    });
  });

  test.each([
    [{ import: 'a-b', from }, 'value.import: "a-b" cannot be imported by its name. Export the format by a name'],
    [{ import: 'point', from: 'src/formats.ts' }, "value.from: 'src/formats.ts' would be a package. Write './src/"],
    [{ import: 'point', from: './formats' }, "value.from: './formats' has no extension. Name the file: './formats.ts'"],
  ])('%j is none', (value, expected) => {
    expect(finding({ value })).toContain(expected);
  });

  test('hold nothing that kgen knows a field of', () => {
    expect(finding({ value: { import: 'point', from }, keyFrom: 'x', key: 'utf8' })).toBe(
      'keyFrom: kgen does not know what the values of a format of your own hold. ' +
        'Remove the option: keys and times can be given where records are emitted',
    );
  });
});

describe('tombstones', () => {
  test('are as the config says', () => {
    expect(one({ value: ORDER }).tombstones).toBeUndefined();
    expect(one({ value: ORDER, tombstones: false }).tombstones).toBeUndefined();
    expect(one({ value: ORDER, tombstones: true }).tombstones).toBe(true);
  });

  test('are refused where a field of the value says which partition', () => {
    expect(finding({ value: ORDER, tombstones: true, partitioner: { field: 'name' } })).toBe(
      'tombstones: a tombstone has no field, and would land in another partition than its record. ' +
        'Remove it, or partition by the key: remove `partitioner`',
    );
  });
});

describe('partitioners', () => {
  test('by name, field, function', () => {
    expect(one({ value: ORDER }).partitioner).toEqual({ kind: 'murmur2' });
    expect(one({ value: ORDER, partitioner: 'fixed' }).partitioner).toEqual({ kind: 'fixed' });
    expect(one({ value: ORDER, partitioner: 'round-robin' }).partitioner).toEqual({ kind: 'round-robin' });
    expect(one({ value: ORDER, partitioner: 'sticky' }).partitioner).toEqual({ kind: 'sticky' });
    expect(one({ value: ORDER, partitioner: { field: 'origin.code' } }).partitioner).toMatchObject({
      kind: 'field',
      format: 'utf8',
    });
    for (const [from, path] of [
      ['./src/pick.ts', '../pick.ts'],
      ['./src/generated/../pick.ts', '../pick.ts'],
      ['../shared/pick.js', '../../../shared/pick.js'],
      ['@acme/partitions', '@acme/partitions'],
      ['partitions/eu', 'partitions/eu'],
    ] as const) {
      const partitioner = { import: 'pick', from };
      expect(one({ value: ORDER, partitioner }).partitioner).toEqual({ kind: 'function', name: 'pick', from, path });
    }
  });

  test.each([
    [{ field: 'region' }, 'partitioner.field: the field is the record shop.Region, which has no bytes to hash'],
    [{ field: 'nme' }, 'partitioner.field: shop.Order has no field "nme". Did you mean \'name\'?'],
    [{ import: 'default', from: './a.ts' }, 'partitioner.import: "default" cannot be imported by its name'],
    [{ import: 'a }; alert(1); {', from: './a.ts' }, 'partitioner.import'],
    [{ import: 'pick', from: './pick' }, "partitioner.from: './pick' has no extension. Name the file: './pick.ts'"],
    [{ import: 'pick', from: "./a'; alert(1); '.ts" }, 'partitioner.from'],
    [{ import: 'pick', from: './a\n.ts' }, 'partitioner.from'],
    [{ import: 'pick', from: '/etc/pick.ts' }, 'partitioner.from'],
    [
      { import: 'pick', from: 'src/pick.ts' },
      "partitioner.from: 'src/pick.ts' would be a package. Write './src/pick.ts' for a file relative to the config",
    ],
  ])('%j is a finding', (partitioner, expected) => {
    expect(finding({ value: ORDER, partitioner })).toContain(expected);
  });
});

test('all that is wrong is said at once', () => {
  const { topics, findings } = build({
    'bad id': { value: 'shop.Ordr' },
    orders: {
      value: ORDER,
      key: 'int32',
      keyFrom: 'name',
      timestampFrom: 'day',
      name: 'a b',
      partitioner: { field: 'tags' },
    },
    fine: { value: ORDER },
  });
  expect(topics.map(({ id }) => id)).toEqual(['fine']);
  expect(findings.map(({ path }) => path)).toEqual([
    'topics["bad id"]',
    'topics["bad id"].value',
    'topics.orders.name',
    'topics.orders.partitioner.field',
    'topics.orders.timestampFrom',
    'topics.orders.keyFrom',
  ]);
});
