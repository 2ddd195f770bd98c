import { expect, test } from 'vitest';
import {
  parseStoreRecord,
  type StoreFacts,
  type StoreRecord,
  uselessness,
} from '../../../runtime/src/state/local/store-record.ts';

const HOUR = 3_600_000;
const record: StoreRecord = {
  version: 1,
  changelog: 'topic-1',
  checkpoint: 7,
  producerId: 3,
  epoch: 2,
  position: 100,
  savedAt: 50 * HOUR,
};
const facts: StoreFacts = {
  changelog: 'topic-1',
  start: 20,
  end: 200,
  committed: { checkpoint: 7, producerId: 3, epoch: 2 },
  now: 51 * HOUR,
  tombstones: 24 * HOUR,
};
const later = { checkpoint: 9, producerId: 4, epoch: 0 };

test.each([
  ['is of the last checkpoint', {}, {}, undefined],
  ['is of an earlier checkpoint', {}, { committed: later }, undefined],
  ['ends where the log does', { position: 200 }, {}, undefined],
  ['begins where the log does', { position: 20 }, {}, undefined],
  ['is of another changelog', {}, { changelog: 'topic-2' }, 'another changelog'],
  ['is of a checkpoint that the log does not have', { checkpoint: 8 }, {}, 'ahead of the log'],
  [
    'is of a checkpoint that another made in its place',
    {},
    { committed: { ...later, checkpoint: 7 } },
    'ahead of the log',
  ],
  ['is of a checkpoint of another epoch', { epoch: 1 }, {}, 'ahead of the log'],
  ['is of a group that knows nothing any more', {}, { committed: undefined }, 'ahead of the log'],
  ['was passed by the start of the log', { position: 19 }, {}, 'below the start of the log'],
  ['is behind the end of the log', { position: 201 }, {}, 'beyond the end of the log'],
  ['may have missed tombstones', {}, { committed: later, now: 62 * HOUR + 1 }, 'too old'],
  ['just has not', {}, { committed: later, now: 62 * HOUR }, undefined],
  ['is old, and nothing came after it', {}, { now: 1000 * HOUR }, undefined],
] as const)('a store that %s', (_, of, log, why) => {
  expect(uselessness({ ...record, ...of }, { ...facts, ...log })).toBe(why);
});

test('a store without a record, or with another kind of one, is empty', () => {
  expect(parseStoreRecord(Buffer.from(JSON.stringify(record)))).toEqual(record);
  for (const text of ['', '{', '{"version":2}']) expect(parseStoreRecord(Buffer.from(text))).toBe(undefined);
  expect(parseStoreRecord(undefined)).toBe(undefined);
  expect(uselessness(undefined, facts)).toBe('empty');
});
