import { expect, test } from 'vitest';
import { readStartFrom, readUntil } from '../../generator/run/position-flags.ts';

const value = (read: object): unknown => ('value' in read ? read.value : read);
const time = (text: string) => ({ timestamp: new Date(text) });

test.for([
  ['earliest', 'earliest'],
  ['group', 'group'],
  ['group:latest', { group: 'latest' }],
  ['2026-05-01T12:00:00Z', time('2026-05-01T12:00:00.000Z')],
  ['2026-05-01T12:00:00.5+02:00', time('2026-05-01T10:00:00.500Z')],
  ['2026-05-01', time('2026-05-01T00:00:00.000Z')],
  ['1777636800000', time('2026-05-01T12:00:00.000Z')],
  ['a:0=23', { offsets: { a: { 0: 23n } } }],
  ['a.b-c:0=23, a.b-c:10=0,d:1=7', { offsets: { 'a.b-c': { 0: 23n, 10: 0n }, d: { 1: 7n } } }],
] as const)('--start-from %s', ([text, expected]) => {
  expect(value(readStartFrom(text))).toEqual(expected);
});

test.for([
  ['middle', 'neither one of the words, nor a time'],
  ['group:none', 'neither one of the words'],
  ['2026', 'neither one of the words'],
  ['2026-05-01T12:00:00', 'without its zone'],
  ['2026-13-01', 'is no time'],
  ['a=23', "'a=23' is no topic:partition=offset"],
  ['a:0=-1', 'is no topic:partition=offset'],
  ['a:0=1,a:0=2', 'a:0 is there twice'],
  ['', 'neither one of the words'],
] as const)('--start-from %s is refused', ([text, reason]) => {
  expect(readStartFrom(text)).toEqual({ reason: expect.stringContaining(reason) });
});

test('--until takes no group', () => {
  expect(readUntil('latest')).toEqual({ value: 'latest' });
  expect(readUntil('group')).toEqual({ reason: expect.stringContaining("'group' is neither") });
  expect(value(readUntil('a:0=1'))).toEqual({ offsets: { a: { 0: 1n } } });
});

test('topics may be called as members of all objects are', () => {
  expect(value(readStartFrom('__proto__:7=5,constructor:7=6'))).toEqual({
    offsets: Object.fromEntries([
      ['__proto__', { 7: 5n }],
      ['constructor', { 7: 6n }],
    ]),
  });
  expect(Object.hasOwn(Object.prototype, 7)).toBe(false);
});
