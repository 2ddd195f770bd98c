import { changedMeanings, parseSchema } from '@kgen/runtime/schema';
import { expect, test } from 'vitest';

const of = (base: string, logicalType: string, more: object = {}): object => ({ type: base, logicalType, ...more });
const record = (...fields: readonly (readonly [string, unknown])[]): object => ({
  type: 'record',
  name: 'shop.Order',
  fields: fields.map(([name, type]) => ({ name, type })),
});
const changes = (writer: unknown, reader: unknown): readonly string[] =>
  changedMeanings(parseSchema(JSON.stringify(writer)), parseSchema(JSON.stringify(reader))).map(
    ({ kind, path, reason }) => `${kind} ${path}: ${reason}`,
  );

const MILLIS = of('long', 'timestamp-millis');
const MICROS = of('long', 'timestamp-micros');

test.each([
  [MILLIS, MICROS, 'value : the writer has timestamp-millis, the reader timestamp-micros'],
  [MILLIS, 'long', 'value : the writer has timestamp-millis, the reader a long without a logical type'],
  ['long', MILLIS, 'value : the writer has a long without a logical type, the reader timestamp-millis'],
  [of('int', 'date'), 'int', 'value : the writer has date, the reader an int without a logical type'],
  // Promoted as well.
  [of('int', 'time-millis'), of('long', 'time-micros'), 'value : the writer has time-millis, the reader time-micros'],
  [of('int', 'date'), 'double', 'value : the writer has date, the reader a double without a logical type'],
  [
    of('bytes', 'decimal', { precision: 4 }),
    'string',
    'value : the writer has decimal, the reader a string without a logical type',
  ],
  [
    MILLIS,
    of('long', 'local-timestamp-millis'),
    'value : the writer has timestamp-millis, the reader local-timestamp-millis',
  ],
  ['string', of('string', 'uuid'), 'range : the writer has any string, the reader uuid'],
  [
    of('bytes', 'decimal', { precision: 6, scale: 2 }),
    of('bytes', 'decimal', { precision: 4, scale: 2 }),
    "range : the writer's decimal has precision 6, the reader's 4",
  ],
])('%j read as %j', (writer, reader, said) => {
  expect(changes(writer, reader)).toEqual([said]);
});

test.each([
  [MILLIS, MILLIS],
  [of('bytes', 'decimal', { precision: 4, scale: 2 }), of('bytes', 'decimal', { precision: 6, scale: 2 })],
  [of('string', 'uuid'), 'string'],
  // An incompatibility, and no change of meaning.
  [of('bytes', 'decimal', { precision: 4, scale: 2 }), of('bytes', 'decimal', { precision: 4, scale: 1 })],
  // Unknown, and one that does not fit its base: both mean nothing.
  [of('long', 'money'), 'long'],
  [of('string', 'timestamp-millis'), 'string'],
])('%j read as %j is the same', (writer, reader) => {
  expect(changes(writer, reader)).toEqual([]);
});

test('each place is told, in lists, maps, unions and records that lack a field', () => {
  const items = (type: unknown): object => ({ type: 'array', items: type });
  const before = record(['at', ['null', MILLIS]], ['log', items({ type: 'map', values: MILLIS })], ['gone', MILLIS]);
  const now = record(['at', [MICROS, 'null']], ['log', items({ type: 'map', values: MICROS })], ['added', 'string']);
  const said = 'the writer has timestamp-millis, the reader timestamp-micros';
  expect(changes(before, now)).toEqual([`value at: ${said}`, `value log[]{}: ${said}`]);
});

test('recursive schemas end', () => {
  const tree = (at: object): object => record(['at', at], ['children', { type: 'array', items: 'shop.Order' }]);
  expect(changes(tree(MILLIS), tree(MICROS))).toHaveLength(1);
});
