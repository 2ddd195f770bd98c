import { isJobError, run } from '@kgen/runtime';
import { memoryLog } from '@kgen/runtime/memory';
import { type SavepointStartOptions, savepoint } from '@kgen/runtime/savepoints';
import { describe, expect, test } from 'vitest';
import { cartJob } from './cart-job.ts';
import { emitted, files, more, quiet } from './harness.ts';
import { type Made, makeSavepoint } from './hostile-file.ts';

const { next: newFile } = files();

/** What comes of a start from a file like that: what is refused, or `started`. */
async function outcome(made: Made, options: SavepointStartOptions = {}) {
  const log = memoryLog({ topics: { orders: 1, totals: 1, others: 1 } });
  const file = await makeSavepoint(newFile(), log, made);
  const said = await run(cartJob(), {
    log,
    ...quiet,
    restart: { strategy: 'none' },
    from: savepoint(file, options),
  }).then(
    () => 'started',
    (error: unknown) => {
      if (!isJobError(error)) throw error;
      return `${error.code}: ${error.message}`;
    },
  );
  return { said, log, file, changelog: (await log.topics(['cart-changelog'])).size > 0 };
}

test('a file that is made by hand is one that jobs start from', async () => {
  const { said, log } = await outcome({
    items: [
      ['ann', 1],
      ['ann', 0],
      ['bob', 0],
    ],
  });
  expect(said).toBe('started');
  more(log, 20, 1);
  await run(cartJob(), { log, ...quiet });
  expect(emitted(log, 'totals')).toHaveLength(20);
});

test('a list that lacks items is no state to go on from', async () => {
  const items = ['ann', 'bob', 'eve'].map((key) => [key, key === 'ann' ? 2 : 0] as const);
  const { said } = await outcome({ items });
  expect(said).toContain('list amounts with an item 2, and 1 in all');
});

describe('refused, and nothing touched:', () => {
  const cases: readonly (readonly [string, Made, RegExp])[] = [
    ['an id that is none', { info: { id: 'other' } }, /JOB_SAVEPOINT: .*parts of it are missing/],
    ['an id without end', { info: { id: 'a'.repeat(100_000) } }, /JOB_SAVEPOINT: .*parts of it are missing/],
    ['a group that Kafka has not', { info: { group: '' } }, /JOB_SAVEPOINT: .*parts of it are missing/],
    ['a savepoint of another job, by its inputs', { topic: 'others' }, /JOB_SAVEPOINT: .*(others).*orders/],
    ['a checkpoint after which no other comes', { task: { checkpoint: Number.MAX_SAFE_INTEGER } }, /JOB_SAVEPOINT/],
    ['a task twice', { more: [{}] }, /JOB_SAVEPOINT: .*task 0 twice/],
    [
      'an item of a list without those before it',
      { items: [['ann', 0x7fffffff]] },
      /JOB_SAVEPOINT: .*list amounts has an item 2147483647, and 1 items in all/,
    ],
    [
      'a schema nested without end',
      {
        schema: (text) =>
          text.replace('"int"', `${'{"type":"array","items":'.repeat(20_000)}"int"${'}'.repeat(20_000)}`),
      },
      /JOB_SAVEPOINT/,
    ],
  ];
  test.for(cases)('%s', async ([, made, message]) => {
    const { said, changelog } = await outcome(made);
    expect(said).toMatch(message);
    expect(changelog).toBe(false);
  });
});
