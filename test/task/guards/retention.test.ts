import { type JobLog, run } from '@kgen/runtime';
import { type MemoryLog, memoryLog } from '@kgen/runtime/memory';
import { describe, expect, test } from 'vitest';
import type { Log } from '../../../runtime/src/log/port.ts';
import { parseOffsetMetadata } from '../../../runtime/src/task/checkpoint/checkpoint-record.ts';
import { lasting } from '../../../runtime/src/task/guards/lasting.ts';
import { type Clock, systemClock } from '../../../runtime/src/time/clock.ts';
import { copyJob, someWords } from '../copy-job.ts';

const DAY = 86_400_000;

/** A log whose topics keep records for so long, and a clock that may be set ahead. */
function world(age: number): {
  readonly memory: MemoryLog;
  readonly log: Log;
  readonly clock: Clock;
  pass(ms: number): void;
} {
  let ahead = 0;
  const clock: Clock = { ...systemClock, now: () => systemClock.now() + ahead };
  const memory = memoryLog({ topics: { words: 1, copies: 1 }, clock });
  const topicSettings: Log['topicSettings'] = async (topic) => ({ ...(await memory.topicSettings(topic)), age });
  return {
    memory,
    log: { ...memory, topicSettings },
    clock,
    pass(ms) {
      ahead += ms;
    },
  };
}

function warnings(): { readonly logger: JobLog; readonly said: string[] } {
  const said: string[] = [];
  const none = (): void => undefined;
  return {
    said,
    logger: { debug: none, info: none, error: none, warn: (_, message) => void said.push(message ?? '') },
  };
}

const OPTIONS = { until: 'latest', instance: 'a' } as const;

test('offsets are committed with the time of their checkpoint', async () => {
  const { memory, log, clock } = world(DAY);
  someWords(memory, 3);
  const before = clock.now();
  await run(copyJob(), { ...OPTIONS, log, clock, logger: false });
  const [offset] = await memory.committedOffsets('copy', [{ topic: 'words', partition: 0 }]);
  const at = parseOffsetMetadata(offset?.metadata ?? '')?.at ?? 0;
  expect(at).toBeGreaterThanOrEqual(Math.floor(before));
  expect(at).toBeLessThanOrEqual(clock.now());
  expect(offset?.metadata.length).toBeLessThan(200);
});

describe('a job that was down', () => {
  test('for longer than its input keeps records says so, with both times', async () => {
    const { memory, log, clock, pass } = world(7 * DAY);
    someWords(memory, 10);
    await run(copyJob(), { ...OPTIONS, log, clock, logger: false });
    pass(9 * DAY);
    someWords(memory, 10, 10);
    memory.deleteRecords({ topic: 'words', partition: 0 }, 15);
    await expect(run(copyJob(), { ...OPTIONS, log, clock, logger: false })).rejects.toMatchObject({
      code: 'JOB_RECORDS_LOST',
      message: expect.stringContaining(
        'records up to 15 are gone. The last checkpoint was 9 days ago, and words keeps records for 7 days ' +
          '(retention.ms=604800000): raise that above how long the job may be down. Records are lost.',
      ),
    });
  });

  test('for less than that does not blame it', async () => {
    const { memory, log, clock, pass } = world(7 * DAY);
    someWords(memory, 10);
    await run(copyJob(), { ...OPTIONS, log, clock, logger: false });
    pass(3 * DAY);
    someWords(memory, 10, 10);
    memory.deleteRecords({ topic: 'words', partition: 0 }, 15);
    const { message } = await run(copyJob(), { ...OPTIONS, log, clock, logger: false }).then(
      () => new Error('nothing failed'),
      (error: Error) => error,
    );
    expect(message).toContain('The last checkpoint was 3 days ago, and words keeps records for 7 days');
    expect(message).not.toContain('raise that');
  });

  test('for more than half of that is warned, where records are to be read', async () => {
    const { memory, log, clock, pass } = world(7 * DAY);
    const { logger, said } = warnings();
    someWords(memory, 10);
    await run(copyJob(), { ...OPTIONS, log, clock, logger });
    pass(5 * DAY);
    await run(copyJob(), { ...OPTIONS, log, clock, logger });
    expect(said).toEqual([]);
    someWords(memory, 1, 10);
    await run(copyJob(), { ...OPTIONS, log, clock, logger });
    expect(said).toEqual([
      'the last checkpoint was 5 days ago, and topic words keeps records for 7 days (retention.ms=604800000); ' +
        'a job that is down for longer than that loses records: raise it',
    ]);
    pass(2 * DAY);
    someWords(memory, 1, 11);
    await run(copyJob(), { ...OPTIONS, log, clock, logger });
    expect(said).toHaveLength(1);
  });

  test('goes on where the log does not tell for how long topics keep records', async () => {
    const { memory, clock, pass } = world(DAY);
    const log: Log = { ...memory, topicSettings: () => memory.topicSettings('no such topic') };
    someWords(memory, 10);
    await run(copyJob(), { ...OPTIONS, log, clock, logger: false });
    pass(2 * DAY);
    someWords(memory, 1, 10);
    expect(await run(copyJob(), { ...OPTIONS, log, clock, logger: false })).toMatchObject({ metrics: { records: 1 } });
  });
});

test.each([
  [900, '900 milliseconds'],
  [2000, '2 seconds'],
  [90_000, '90 seconds'],
  [5_400_000, '90 minutes'],
  [DAY, '24 hours'],
  [2 * DAY, '2 days'],
])('%d ms are %s', (ms, text) => {
  expect(lasting(ms)).toBe(text);
});
