import { memoryLog } from '@kgen/runtime/memory';
import { expect, test } from 'vitest';
import { countOrder } from '../count-job.ts';
import { failingJob, runOn } from '../failing-job.ts';

test.each([true, false])('a topic for dead letters that is compacted is told about (%j)', async (compacted) => {
  const log = memoryLog({ topics: { orders: 1, names: 1, totals: 1 } });
  await log.createTopics([{ name: 'dead', partitions: 1, compacted }]);
  const said: unknown[] = [];
  const ignore = (): void => undefined;
  const warn = (fields: object, message?: string): void => void said.push([Reflect.get(fields, 'topic'), message]);
  const job = failingJob({ orders: countOrder }, { onError: { decode: { deadLetter: 'dead' } } });
  await runOn(log, job, { logger: { debug: ignore, info: ignore, error: ignore, warn } });
  const told = [
    [
      'dead',
      expect.stringMatching(/^of dead letters with the same key .*kafka-configs\.sh .*cleanup.policy=delete\)$/),
    ],
  ];
  expect(said).toEqual(compacted ? told : []);
});
