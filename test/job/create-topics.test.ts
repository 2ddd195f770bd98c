import { run } from '@kgen/runtime';
import { memoryLog } from '@kgen/runtime/memory';
import { expect, test } from 'vitest';
import { copyJob, someWords, wordsIn } from '../task/copy-job.ts';
import { countJob, countOrder } from '../task/count-job.ts';

const QUIET = { until: 'latest', logger: false, instance: 'a' } as const;

test('topics of inputs and outputs are created that do not exist', async () => {
  const log = memoryLog({ topics: { words: 2 } });
  someWords(log, 10);
  await run(copyJob(), { ...QUIET, log, createTopics: { partitions: 3 } });
  expect(wordsIn(log, 'copies')).toHaveLength(10);
  const found = await log.topics();
  expect([found.get('words')?.partitions, found.get('copies')?.partitions]).toEqual([2, 3]);
  // And then they are there.
  await run(copyJob(), { ...QUIET, log, createTopics: { partitions: 4 } });
  expect((await log.topics()).get('copies')?.partitions).toBe(3);
});

test('by the names that they have in this environment, where the job declares it', async () => {
  const log = memoryLog();
  const job = copyJob();
  const declared = { ...job, declaration: { ...job.declaration, createTopics: { partitions: 2 } } };
  await run(declared, { ...QUIET, log, topics: { words: 'test.words', copies: 'test.copies' } });
  expect([...(await log.topics()).keys()].sort()).toEqual(['test.copies', 'test.words']);
});

test('topics of dead letters are among them', async () => {
  const log = memoryLog();
  const onError = { decode: { deadLetter: 'dead' } } as const;
  await run(copyJob(), { ...QUIET, log, onError, createTopics: { partitions: 2 } });
  expect((await log.topics()).get('dead')?.partitions).toBe(2);
});

test('those with the times of brokers are dated by the log', async () => {
  const log = memoryLog({ topics: { words: 1 } });
  const job = copyJob();
  const copies = Object.values(job.declaration.outputs).map((topic) => ({ ...topic, timestamps: 'broker' }) as const);
  const outputs = Object.fromEntries(copies.map((topic) => [topic.id, topic]));
  await run(
    { ...job, declaration: { ...job.declaration, outputs } },
    { ...QUIET, log, createTopics: { partitions: 1 } },
  );
  log.produce([
    { topic: 'copies', key: null, value: null, timestamp: 5n },
    { topic: 'words', key: Buffer.from('k'), value: Buffer.from('v'), timestamp: 5n },
  ]);
  expect([...log.records('copies')].at(-1)?.timestamp).toBeGreaterThan(5n);
  expect([...log.records('words')].at(-1)?.timestamp).toBe(5n);
});

test('inputs that would not be co-partitioned are not created', async () => {
  const log = memoryLog({ topics: { orders: 4 } });
  const running = run(countJob({ orders: countOrder }), { ...QUIET, log, createTopics: { partitions: 2 } });
  await expect(running).rejects.toMatchObject({
    code: 'JOB_NOT_CO_PARTITIONED',
    message:
      'inputs of this job must be co-partitioned: orders has 4 partitions, and names would have 2. Set createTopics.partitions to 4',
  });
  expect([...(await log.topics()).keys()]).toEqual(['orders']);
});

test.each([
  [{ partitions: 0 }, 'option createTopics: partitions is 0: give a whole number from 1'],
  [{ partitions: 1.5 }, 'partitions is 1.5'],
  [{} as { partitions: number }, 'partitions is undefined'],
  [{ partitions: 1, replicationFactor: 0 }, 'replicationFactor is 0'],
])('%j is refused', async (createTopics, message) => {
  const running = run(copyJob(), { ...QUIET, log: memoryLog(), createTopics });
  await expect(running).rejects.toMatchObject({ code: 'JOB_OPTIONS', message: expect.stringContaining(message) });
});
