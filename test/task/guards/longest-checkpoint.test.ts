import { setTimeout as sleep } from 'node:timers/promises';
import { type JobLog, run } from '@kgen/runtime';
import { memoryLog } from '@kgen/runtime/memory';
import { expect, test } from 'vitest';
import { longestCheckpoint } from '../../../runtime/src/task/guards/longest-checkpoint.ts';
import { copyJob, someWords } from '../copy-job.ts';
import { withProducer } from '../wrapped-log.ts';

function warnings(): { readonly logger: JobLog; readonly said: string[] } {
  const said: string[] = [];
  const none = (): void => undefined;
  return {
    said,
    logger: { debug: none, info: none, error: none, warn: (_, message) => void said.push(message ?? '') },
  };
}

test('a checkpoint that comes near the time-out of its transaction is told, with the settings to change', () => {
  const { logger, said } = warnings();
  const took = longestCheckpoint({ transactionTimeout: 60_000, checkpointInterval: 5000 }, logger);
  took(30_000);
  expect(said).toEqual([]);
  took(40_000);
  expect(said).toEqual([
    'a checkpoint took 40 seconds, so that its transaction was open for up to 45 seconds: after 60 seconds ' +
      '(transactionTimeout) the log aborts it, and the job starts over. Raise transactionTimeout, or lower the checkpoint ' +
      'interval (5 seconds), so that there is less to commit at once',
  ]);
  // Not again, unless it gets worse.
  for (const duration of [40_000, 45_000, 30_000]) took(duration);
  expect(said).toHaveLength(1);
  took(52_000);
  expect(said).toHaveLength(2);
});

test('without a transaction nothing is said', () => {
  const { logger, said } = warnings();
  longestCheckpoint({ transactionTimeout: undefined, checkpointInterval: 5000 }, logger)(1e9);
  expect(said).toEqual([]);
});

test('a running job says it', async () => {
  const { logger, said } = warnings();
  const memory = memoryLog({ topics: { words: 1, copies: 1 } });
  someWords(memory, 3);
  const log = withProducer(memory, (producer) => ({
    async commit() {
      await sleep(750);
      await producer.commit();
    },
  }));
  // It would abort what is open for so long, if this machine were slower than the test thinks.
  const limits = { transactionTimeout: 1000, rebalanceTimeout: 60_000 };
  await run(copyJob(), { log: { ...log, limits }, logger, until: 'latest', instance: 'a' });
  expect(said[0]).toMatch(/^a checkpoint took \d+ milliseconds.*\(transactionTimeout\)/);
});
