import { deepStrictEqual } from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type AnyTopic, choosePartition, type KeyedTopic, type Topic } from '@kgen/runtime';
import { parseSchema } from '@kgen/runtime/schema';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Config } from '../../generator/config/config.ts';
import { generate } from '../../generator/generate.ts';
import { anyValue } from '../support/arbitraries.ts';
import { interpretedCodec } from '../support/interpreted-codec.ts';

// Config and schemas to bytes in a record and back: generated files as a user's program loads them.

const REGION = { type: 'record', name: 'shop.Region', fields: [{ name: 'code', type: 'string' }] };
const ORDER = {
  type: 'record',
  name: 'shop.Order',
  fields: [
    { name: 'id', type: 'long' },
    { name: 'at', type: { type: 'long', logicalType: 'timestamp-micros' } },
    { name: 'note', type: 'string', default: '-' },
    { name: 'region', type: ['null', 'shop.Region'], default: null },
    { name: 'raw', type: ['bytes', 'string'], default: '' },
  ],
};
const CASH = {
  type: 'record',
  name: 'shop.Cash',
  fields: [
    { name: 'id', type: 'long' },
    { name: 'sum', type: 'double' },
  ],
};
const OLD = {
  type: 'record',
  name: 'shop.Order',
  fields: [
    { name: 'at', type: 'long' },
    { name: 'id', type: 'int' },
  ],
};

const config: Config = {
  schemas: ['schemas/*.avsc'],
  out: 'generated',
  importExtension: '.ts',
  topics: {
    bare: { value: 'shop.Order', keyFrom: 'id', timestampFrom: 'at' },
    confluent: {
      key: 'utf8',
      keyFrom: 'region.code',
      value: { type: 'shop.Order', format: 'confluent', id: { 'shop.Order': 7, 'history/order-1.avsc': 3 } },
      partitioner: { import: 'byNote', from: './partition.ts' },
    },
    single: {
      key: 'shop.Region',
      keyFrom: 'region',
      value: { type: 'shop.Order', format: 'single-object', writers: ['history/order-1.avsc'] },
    },
    text: {
      name: ['text-eu', 'text-us'],
      key: { type: 'long' },
      value: { type: 'shop.Order', format: 'json' },
      tombstones: true,
    },
    payments: {
      value: { type: ['shop.Order', 'shop.Cash'], format: 'confluent', id: { 'shop.Order': 7, 'shop.Cash': 8 } },
      keyFrom: 'id',
      partitioner: { field: 'id' },
    },
  },
};

interface Order {
  readonly id: bigint;
  readonly at: bigint;
  readonly note: string;
  readonly region: { readonly code: string } | null;
  readonly raw: Uint8Array | string;
}

interface Topics {
  readonly bare: KeyedTopic<bigint, Order, 'bare'>;
  readonly confluent: KeyedTopic<string, Order, 'confluent'>;
  readonly single: KeyedTopic<{ readonly code: string }, Order, 'single'>;
  readonly text: Topic<bigint, Order, 'text-eu' | 'text-us', null>;
  readonly payments: KeyedTopic<bigint, { branch: string; value: unknown }, 'payments'>;
}

const root = mkdtempSync(join(tmpdir(), 'kgen-topics-'));
let topics: Topics;
let texts: { readonly [path: string]: string } = {};

beforeAll(async () => {
  const repository = join(import.meta.dirname, '..', '..');
  mkdirSync(join(root, 'node_modules', '@kgen'), { recursive: true });
  symlinkSync(join(repository, 'runtime'), join(root, 'node_modules', '@kgen', 'runtime'));
  const files: { [path: string]: string } = {
    'package.json': '{ "type": "module" }',
    'schemas/shop.avsc': JSON.stringify([REGION, ORDER, CASH]),
    'history/order-1.avsc': JSON.stringify(OLD),
    'partition.ts': `import * as topics from './generated/topics.ts';
export const byNote = ({ value, partitions }) => (value?.note.length ?? Object.keys(topics).length) % partitions;
`,
  };
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  for (const [path, text] of Object.entries(files)) write(path, text);
  const generation = await generate({ config, root, file: 'kgen.config.ts' });
  expect(generation.findings).toEqual([]);
  for (const { path, text } of generation.files) write(path, text);
  texts = Object.fromEntries(generation.files.map(({ path, text }) => [path, text]));
  topics = await import(/* @vite-ignore */ pathToFileURL(join(root, 'generated/topics.ts')).href);
});

afterAll(() => rmSync(root, { recursive: true, force: true }));

const order: Order = { id: 5n, at: 1_700_000_000_123_456n, note: 'x', region: { code: 'AT' }, raw: 'r' };
const received = { topic: 't', partition: 0, offset: 1n, timestamp: 2n, headers: [] };

describe('generated topics', () => {
  test('any order comes back, in each format', () => {
    const type = parseSchema(
      JSON.stringify({
        ...ORDER,
        fields: ORDER.fields.map((field) => (field.name === 'region' ? { ...field, type: ['null', REGION] } : field)),
      }),
    );
    fc.assert(
      fc.property(anyValue(type) as fc.Arbitrary<Order>, (value) => {
        for (const topic of [topics.bare, topics.confluent, topics.single, topics.text] as readonly AnyTopic[]) {
          const sent = topic.serialize(null, value, { topic: topic.names[0], timestamp: 0n });
          deepStrictEqual(topic.deserialize({ ...received, key: null, value: sent.value }).value, value);
        }
      }),
      { numRuns: 100 },
    );
  });

  test('keys and times come from the value', () => {
    expect(topics.bare.serializeValue(order)).toMatchObject({
      key: Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 5),
      timestamp: 1_700_000_000_123n,
    });
    expect(topics.confluent.serializeValue(order).key).toEqual(new Uint8Array(Buffer.from('AT')));
    expect(topics.confluent.serializeValue({ ...order, region: null }).key).toBeNull();
    expect(topics.single.serializeValue(order).key).toEqual(Uint8Array.of(4, 0x41, 0x54));
    expect(topics.text.serialize(5n, null, { topic: 'text-us' })).toMatchObject({
      topic: 'text-us',
      key: Uint8Array.of(10),
    });
    expect(topics.payments.serializeValue({ branch: 'Cash', value: { id: 6n, sum: 1 } }).key).toEqual(
      Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 6),
    );
  });

  test('older writers are read, by compiled readers', () => {
    const expected = { id: 9n, at: 4n, note: '-', region: null, raw: new Uint8Array(0) };
    const old = interpretedCodec<{ at: bigint; id: number }>(OLD);
    const bytes = old.encode({ at: 4n, id: 9 });
    const confluent = Buffer.concat([Uint8Array.of(0, 0, 0, 0, 3), bytes]);
    expect(topics.confluent.deserialize({ ...received, key: null, value: confluent }).value).toEqual(expected);
    const header = Buffer.alloc(10);
    header.writeUInt16BE(0xc301);
    header.writeBigUInt64LE(old.fingerprint, 2);
    const single = Buffer.concat([header, bytes]);
    expect(topics.single.deserialize({ ...received, key: null, value: single }).value).toEqual(expected);
    expect(texts['generated/types/shop/order.ts']).toMatch(/function readOrderBefore\b/);
  });

  test('several types in one topic', () => {
    for (const payment of [
      { branch: 'Order', value: order },
      { branch: 'Cash', value: { id: 6n, sum: 0.5 } },
    ]) {
      const { key, value } = topics.payments.serializeValue(payment);
      expect(topics.payments.deserialize({ ...received, key, value }).value).toEqual(payment);
    }
  });

  test('JSON is what people would write', () => {
    const { value } = topics.text.serialize(5n, { ...order, raw: Uint8Array.of(1, 2) }, { topic: 'text-eu' });
    expect(Buffer.from(value ?? []).toString()).toBe(
      '{"id":5,"at":1700000000123456,"note":"x","region":{"code":"AT"},"raw":{"branch":"bytes","value":"AQI="}}',
    );
  });

  test('partitions', () => {
    const input = { topic: 't', key: null, partitions: 4, task: 0, sequence: 0 };
    expect(choosePartition(topics.confluent, { ...input, value: { ...order, note: 'abc' } })).toBe(3);
    const key = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 5);
    expect(choosePartition(topics.payments, { ...input, value: { branch: 'Order', value: order } })).toBe(
      choosePartition(topics.bare, { ...input, key, value: order }),
    );
  });
});
