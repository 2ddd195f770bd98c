import { beforeAll, describe, expect, test } from 'vitest';
import type { TopicConfig } from '../../generator/config/config.ts';
import { emitTopics } from '../../generator/emit/topics/emit-topics.ts';
import { buildTopics } from '../../generator/model/topics.ts';
import { configOf, shopTypes } from '../model/shop.ts';
import { type Diagnostic, typeCheck } from './project.ts';

const ORDER = 'shop.Order';
const several = { type: [ORDER, 'shop.Refund'], format: 'confluent', id: { [ORDER]: 7, 'shop.Refund': 8 } } as const;

/** Keys, times and partitioners of every kind: all of them must compile under the strictest flags. */
const topics: { readonly [id: string]: TopicConfig } = {
  orders: { value: ORDER, keyFrom: 'name', timestampFrom: 'at' },
  plain: { key: 'int64', value: { type: ORDER, format: 'json' } },
  regional: { name: ['orders-eu', 'orders-us'], key: 'utf8', value: ORDER, keyFrom: 'origin.code' },
  matching: { pattern: 'orders-.*', key: 'utf8', value: ORDER },
  payments: { value: several, keyFrom: 'name', timestampFrom: 'maybeAt', partitioner: { field: 'id' } },
  mixed: { value: { type: [ORDER, 'string'], format: 'json' }, key: 'json', partitioner: 'round-robin' },
  untyped: { value: 'json', key: 'bytes', partitioner: 'fixed' },
  primitive: { value: { type: 'long' }, key: { type: 'string' } },
  ...Object.fromEntries(
    [
      'nickname',
      'uuid',
      'channel',
      'amount',
      'day',
      'count',
      'id',
      'at',
      'maybeAt',
      'micros',
      'price',
      'raw',
      'hash',
    ].map((field) => [`by_${field}`, { value: ORDER, keyFrom: field, partitioner: { field } }]),
  ),
  ...Object.fromEntries(
    ['maybeAt', 'micros', 'nanos', 'id'].map((field) => [`at_${field}`, { value: ORDER, timestampFrom: field }]),
  ),
  typedKey: { key: 'shop.Region', value: ORDER, keyFrom: 'origin' },
  enumAsJson: { key: 'json', value: ORDER, keyFrom: 'channel' },
  deletable: { value: ORDER, keyFrom: 'name', tombstones: true, timestamps: 'broker', partitioner: 'sticky' },
  points: {
    key: { import: 'pointKey', from: './src/formats.ts' },
    value: { import: 'point', from: './src/formats.ts' },
  },
  widened: { key: 'float64', value: ORDER, keyFrom: 'count' },
};

const FORMATS = `import { defineFormat, type Format } from '@kgen/runtime';

export interface Point { readonly x: number; readonly y: number }
export const point: Format<Point> = defineFormat({
  name: 'point',
  decode: (bytes): Point => JSON.parse(new TextDecoder().decode(bytes)),
  encode: (value) => new TextEncoder().encode(JSON.stringify(value)),
});
export const pointKey: Format<number> = defineFormat({ name: 'key', decode: (bytes) => bytes.length, encode: (value) => new Uint8Array(value) });
`;

const interfaces: { readonly [name: string]: string } = {
  Region: '  code: string;',
  Order: [
    '  id: bigint;\n  count: number;\n  price: number;\n  weight: number;\n  paid: boolean;\n  raw: Uint8Array;\n  name: string;',
    "  nickname: string | null;\n  uuid: string;\n  amount: string;\n  channel: 'WEB' | 'STORE';\n  hash: Uint8Array;",
    "  region: import('./region.ts').Region;\n  origin: import('./region.ts').Region | null;\n  day: string;\n  at: Date;",
    '  maybeAt: Date | null;\n  micros: bigint;\n  nanos: bigint;',
  ].join('\n'),
  Refund: '  id: bigint;\n  count: string;\n  name: string | null;\n  maybeAt: Date;',
};

function generated(): { readonly [path: string]: string } {
  const built = buildTopics(configOf(topics), shopTypes());
  expect(built.findings).toEqual([]);
  const types = Object.entries(interfaces).map(([name, fields]) => [
    `src/generated/types/shop/${name.toLowerCase()}.ts`,
    `import type { RecordCodec } from '@kgen/runtime';\n\nexport interface ${name} {\n${fields}\n}\n\nexport declare const ${name}: RecordCodec<${name}>;\n`,
  ]);
  const text = emitTopics(built.topics, { source: 'kgen.config.ts', importExtension: '.ts' });
  return { ...Object.fromEntries(types), 'src/generated/topics.ts': text, 'src/formats.ts': FORMATS };
}

const HEAD = `import type { AnyTopic, Json } from '@kgen/runtime';
import * as topics from './generated/topics.ts';
import type { Order } from './generated/types/shop/order.ts';
import type { Refund } from './generated/types/shop/refund.ts';

export declare const order: Order;
export declare const refund: Refund;
export declare const anything: Json;
`;

/** What users write, and what the compiler says first: where it points, and its message. */
const mistakes: readonly { readonly code: string; readonly at: string; readonly message: string }[] = [
  {
    code: 'topics.orders.serialize(7n, order);',
    at: '7n',
    message: "Argument of type 'bigint' is not assignable to parameter of type 'string'.",
  },
  {
    code: "topics.orders.serialize('k', refund);",
    at: 'refund',
    message:
      "Type 'Refund' is missing the following properties from type 'Order': price, weight, paid, raw, and 11 more.",
  },
  {
    code: 'topics.orders.serializeValue(null);',
    at: 'null',
    message: "Argument of type 'null' is not assignable to parameter of type 'Order'.",
  },
  {
    code: "topics.orders.serializeValue(order, { topic: 'order' });",
    at: 'topic',
    message: `Type '"order"' is not assignable to type '"orders"'.`,
  },
  {
    code: 'topics.plain.serializeValue(order);',
    at: 'serializeValue',
    message: "Property 'serializeValue' does not exist on type 'Topic<bigint, Order, \"plain\", never>'.",
  },
  {
    code: "topics.regional.serialize('k', order);",
    at: 'serialize',
    message: 'Expected 3 arguments, but got 2.',
  },
  { code: 'topics.regional.serializeValue(order);', at: 'serializeValue', message: 'Expected 2 arguments, but got 1.' },
  {
    code: "topics.regional.serializeValue(order, { topic: 'orders' });",
    at: 'topic',
    message: `Type '"orders"' is not assignable to type '"orders-eu" | "orders-us"'.`,
  },
  { code: "topics.matching.serialize('k', order);", at: 'serialize', message: 'Expected 3 arguments, but got 2.' },
  {
    code: 'topics.payments.serializeValue(order);',
    at: 'order',
    message:
      'Argument of type \'Order\' is not assignable to parameter of type \'{ branch: "Order"; value: Order; } | { branch: "Refund"; value: Refund; }\'.',
  },
  {
    code: "topics.payments.serializeValue({ branch: 'Order', value: refund });",
    at: '{',
    message:
      'Argument of type \'{ branch: "Order"; value: Refund; }\' is not assignable to parameter of type \'{ branch: "Order"; value: Order; } | { branch: "Refund"; value: Refund; }\'.',
  },
  {
    code: 'topics.untyped.serialize(null, { when: new Date() });',
    at: '{',
    message: "Argument of type '{ when: Date; }' is not assignable to parameter of type 'Json'.",
  },
  {
    code: "topics.points.serialize('k', { x: 1, y: 2 });",
    at: "'",
    message: "Argument of type 'string' is not assignable to parameter of type 'number'.",
  },
  {
    code: 'topics.points.serialize(1, { x: 1 });',
    at: '{',
    message: "Property 'y' is missing in type '{ x: number; }' but required in type 'Point'.",
  },
  {
    code: "topics.orders.serialize('k', null);",
    at: 'null',
    message: "Argument of type 'null' is not assignable to parameter of type 'Order'.",
  },
  {
    code: 'export const name: string = topics.orders.deserialize(null!).value.name;',
    at: 'topics',
    message: "Object is possibly 'null'.",
  },
  {
    code: "topics.orders.serialize('k', order, { timestamp: 5 });",
    at: 'timestamp',
    message: "Type 'number' is not assignable to type 'bigint'.",
  },
];

/** What users may write. */
const fine = `
export const all: readonly AnyTopic[] = Object.values(topics);
topics.orders.serialize('k', order);
topics.orders.serialize(null, order, { topic: 'orders', timestamp: 5n, headers: [['a', null]] });
topics.deletable.serialize('k', null);
topics.points.serialize(1, { x: 1, y: 2 });
topics.points.deserialize(null!).value satisfies { readonly x: number } | null;
topics.deletable.serialize('k', order);
topics.deletable.serializeValue(order);
topics.orders.serializeValue(order, undefined);
topics.regional.serializeValue(order, { topic: 'orders-us' });
topics.matching.serialize('k', order, { topic: \`orders-\${order.name}\` });
topics.payments.serializeValue({ branch: 'Refund', value: refund });
topics.mixed.serialize(['any', { json: 1n }], 'text');
topics.mixed.serialize(anything, order);
topics.untyped.serialize(null, { a: [1, 'x', null, { b: true }] });
topics.primitive.serialize('k', 5n);
const payment = topics.payments.deserialize(null!).value;
if (payment?.branch === 'Refund') payment.value.count satisfies string;
`;

let found: readonly Diagnostic[] = [];
const lines = [HEAD, fine, ...mistakes.map(({ code }) => code)].join('\n').split('\n');

beforeAll(() => {
  found = typeCheck({ ...generated(), 'src/user.ts': `${lines.join('\n')}\n` });
}, 60_000);

describe('typed topics', () => {
  test('what is generated compiles under the strictest flags', () => {
    expect(found.filter(({ file }) => file !== 'src/user.ts')).toEqual([]);
  });

  test('what is right compiles', () => {
    const first = lines.length - mistakes.length;
    expect(found.filter(({ file, line }) => file === 'src/user.ts' && line <= first)).toEqual([]);
  });

  test.each(mistakes)('$code', ({ code, at, message }) => {
    const line = lines.indexOf(code) + 1;
    const diagnostics = found.filter((diagnostic) => diagnostic.file === 'src/user.ts' && diagnostic.line === line);
    expect(diagnostics.map((diagnostic) => ({ at: diagnostic.at, message: diagnostic.message }))).toEqual([
      { at, message },
    ]);
  });
});
