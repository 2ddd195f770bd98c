import { runInNewContext } from 'node:vm';
import { type AvroEncodeError, Writer } from '@kgen/runtime';
import { afterAll, describe, expect, test } from 'vitest';
import { CompiledFolder } from '../support/compiled.ts';
import { interpretedCodec } from '../support/interpreted-codec.ts';

const folder = new CompiledFolder();
afterAll(() => folder.remove());

const record = (name: string, fields: { [name: string]: unknown }): object => ({
  type: 'record',
  name,
  fields: Object.entries(fields).map(([name, type]) => ({ name, type })),
});

class LongBytes extends Uint8Array {
  override get length(): number {
    return 100;
  }
}

class OddDate extends Date {
  override getTime(): number {
    return 1.5;
  }
}

class OtherItems extends Array<number> {
  override *[Symbol.iterator](): ArrayIterator<number> {
    yield* [1, 2, 3];
  }
}

/** Made anew for each use: what looks like something that it is not. */
const ODD: { readonly [name: string]: () => unknown } = {
  undefined: () => undefined,
  'a symbol': () => Symbol.iterator,
  'a function': () => () => 1,
  'a function with fields': () => Object.assign(() => 1, { a: 1 }),
  'a tagged function': () => Object.assign(() => 1, { branch: 'R', value: { a: 1 } }),
  'a String': () => new String('A'),
  'a Number': () => new Number(1),
  'bytes of a false length': () => new LongBytes(2),
  'bytes with a length of their own': () => Object.defineProperty(new Uint8Array(1), 'length', { value: 2 }),
  'bytes with fields': () => Object.assign(new Uint8Array(2), { a: 1 }),
  'a heir of bytes': () => Object.create(Uint8Array.prototype),
  'a proxy of bytes': () => new Proxy(new Uint8Array(2), {}),
  'clamped bytes': () => new Uint8ClampedArray(2),
  'bytes of another realm': () => runInNewContext('new Uint8Array(2)'),
  'a Date of a false time': () => new OddDate(0),
  'a Date with fields': () => Object.assign(new Date(0), { a: 1 }),
  'a heir of Date': () => Object.create(Date.prototype),
  'a proxy of a Date': () => new Proxy(new Date(0), {}),
  'a Date of another realm': () => runInNewContext('new Date(0)'),
  'an array of other items': () => OtherItems.of(7),
  'an array that iterates otherwise': () => Object.assign([1, 2], { *[Symbol.iterator]() {} }),
  'an array with holes': () => new Array(2),
  'an array with fields': () => Object.assign([1], { a: 1 }),
  'a tagged array': () => Object.assign([1], { branch: 'R', value: { a: 1 } }),
  'an array that is a proxy': () => new Proxy([1, 2], {}),
  'an array of another realm': () => runInNewContext('[1, 2]'),
  'an object like an array': () => ({ length: 1, 0: 1 }),
  'an object': () => ({ a: 1 }),
  'an object of another realm': () => runInNewContext('({ a: 1 })'),
  'an object without prototype': () => Object.assign(Object.create(null), { a: 1 }),
  'inherited fields': () => Object.create({ a: 1 }),
  'a symbol for a key': () => ({ a: 1, [Symbol.iterator]: 2 }),
  'a hidden field': () => Object.defineProperty({}, 'a', { value: 1 }),
  'a Map with fields': () => Object.assign(new Map(), { a: 1 }),
  'an own __proto__': () => JSON.parse('{ "__proto__": 1 }'),
  'a text': () => 'A',
  nothing: () => ({}),
};

const SCHEMAS: readonly unknown[] = [
  'int',
  'bytes',
  { type: 'fixed', name: 'F', size: 2 },
  { type: 'enum', name: 'E', symbols: ['A'] },
  { type: 'array', items: 'int' },
  { type: 'array', items: 'long' },
  { type: 'array', items: ['null', 'string'] },
  { type: 'map', values: 'int' },
  { type: 'long', logicalType: 'timestamp-millis' },
  { type: 'int', logicalType: 'date' },
  record('None', {}),
  record('R', { a: 'int' }),
  record('C', { constructor: record('Class', { name: 'string', x: ['null', 'int'] }) }),
  record('S', { constructor: record('Whole', { prototype: record('Nothing', {}) }) }),
  [record('R', { a: 'int' }), record('S', { a: 'int' })],
  ['null', record('R', { a: 'int' }), record('S', { a: 'int' })],
  ['null', record('R', { a: 'int' })],
  [record('R', { a: 'int' }), { type: 'array', items: 'int' }],
  ['bytes', record('R', { a: 'int' })],
  [{ type: 'long', logicalType: 'timestamp-millis' }, record('R', { a: 'int' })],
  ['null', { type: 'map', values: 'int' }],
];

describe('values that look like something else are refused, or written as they were checked', () => {
  test.each(SCHEMAS.map((schema) => [schema]))('%j', async (schema) => {
    const { codec } = await folder.load(schema, { mapping: { logical: { date: 'Date' } } });
    for (const [name, make] of Object.entries(ODD)) {
      const bytes = bytesOf(() => codec.encode(make()));
      expect(codec.is(make()), name).toBe(bytes !== undefined);
      if (bytes === undefined) continue;
      expect(codec.encode(codec.decode(bytes)), name).toEqual(bytes);
      expect(codec.encode(codec.fromAvroJson(codec.toAvroJson(make()))), name).toEqual(bytes);
    }
  });

  test('an array that grows while it is written', async () => {
    const { codec } = await folder.load({ type: 'array', items: record('R', { a: 'int' }) });
    const items: object[] = [];
    items.push({
      get a() {
        items.push({ a: 2 });
        return 1;
      },
    });
    expect(codec.decode(codec.encode(items))).toEqual([{ a: 1 }]);
  });

  test('memory that is not theirs does not come with bytes', async () => {
    const { codec } = await folder.load('bytes');
    expect(codec.encode(new LongBytes(2))).toEqual(new Uint8Array([4, 0, 0]));
    expect(codec.toAvroJson(new LongBytes(2))).toBe('"\\u0000\\u0000"');
  });
});

/** Undefined for what is refused. */
function bytesOf(encode: () => Uint8Array): Uint8Array | undefined {
  try {
    return encode();
  } catch (error) {
    if ((error as AvroEncodeError).name === 'AvroEncodeError') return undefined;
    throw error;
  }
}

test.each<[string, unknown]>([
  ['text', 'abc'],
  ['an array', [2]],
  ['numbers of 16 bits', new Uint16Array([258])],
  ['an object', { length: 1 }],
  ['null', null],
  ['a proxy', new Proxy(new Uint8Array(1), {})],
])('decode does not take %s for bytes', (_, bytes) => {
  const codec = interpretedCodec('int');
  expect(() => codec.decode(bytes as Uint8Array)).toThrow(TypeError);
});

test('the budget for items without bytes is that of a reader; the error says where the message broke', async () => {
  const { codec } = await folder.load({ type: 'array', items: 'null' });
  const { Reader } = await import('@kgen/runtime');
  const writer = new Writer();
  codec.write(writer, new Array(200_000).fill(null));
  const size = writer.position;
  codec.write(writer, new Array(200_000).fill(null));
  const reader = new Reader(writer.copy());
  codec.read(reader);
  expect(reader.position).toBe(size);
  expect(() => codec.read(reader)).toThrow(expect.objectContaining({ code: 'length', offset: 0 }));
});
