import { type Log, start } from '@kgen/runtime';
import { type MemoryLog, memoryLog } from '@kgen/runtime/memory';
import { expect, test } from 'vitest';
import { wordsIn } from '../copy-job.ts';
import { captured, patternJob } from '../pattern-job.ts';
import { until } from '../until.ts';
import { virtualClock } from '../virtual-clock.ts';

type Needs = Parameters<NonNullable<Log['missingAccess']>>[0];

/** A log that tells of some topics that they may not be read. With real brokers: test/kafka/acls.test.ts. */
function guardedLog(topics: { readonly [name: string]: number }) {
  const clock = virtualClock(1, 0.1);
  const memory = memoryLog({ clock, topics: { copies: 1, ...topics } });
  const forbidden = new Set<string>();
  const asked: Needs[] = [];
  const log: Log = {
    ...memory,
    missingAccess: async (needs) => {
      asked.push(needs);
      const missing = needs.topics.filter(({ name }) => forbidden.has(name));
      return missing.map(({ name, prefix }) => ({
        topic: name,
        what: `Read on topic ${name}`,
        grant: `grant ${prefix ?? name}`,
      }));
    },
  };
  return { clock, memory, log, forbidden, asked };
}

function write(log: MemoryLog, topic: string, value: string): void {
  log.produce([{ topic, key: Buffer.from('k'), value: Buffer.from(value) }]);
}

test('topics that a pattern has found are asked for at the start, and granted at once where one prefix covers them', async () => {
  const { log, clock, forbidden, asked } = guardedLog({ 'words-a': 1, 'words-b': 1, other: 1 });
  for (const each of ['words-a', 'words-b', 'other']) forbidden.add(each);
  const refused = start(patternJob(/words-.*/), { log, clock, logger: false }).result;
  await expect(refused).rejects.toMatchObject({
    code: 'JOB_ACCESS',
    topic: 'words-a',
    message: expect.stringMatching(/It lacks Read on topic words-a; Read on topic words-b\. .* so:\n {2}grant words-$/),
  });
  expect(asked[0]?.topics).toContainEqual({ name: 'words-b', operations: ['Read'], prefix: 'words-' });
  const narrow = start(patternJob(/words-[ab]/), { log, clock, logger: false }).result;
  await expect(narrow).rejects.toThrow(/so:\n {2}grant words-a\n {2}grant words-b$/);
});

test('one that comes later and may not be read is said by its name, and read when it is granted', async () => {
  const { log, memory, clock, forbidden } = guardedLog({ 'words-a': 1 });
  const lines: string[] = [];
  const job = start(patternJob(/words-.*/), { log, clock, logger: captured(lines) });
  await until(() => lines.includes('tasks taken on'));
  forbidden.add('words-b');
  memory.createTopic('words-b', 1);
  write(memory, 'words-b', 'early');
  const withheld = (): string[] => lines.filter((line) => line.includes('may not read'));
  await until(() => withheld().length > 0);
  write(memory, 'words-a', 'meanwhile');
  await until(() => wordsIn(memory, 'copies').length === 1);
  expect(wordsIn(memory, 'copies')).toEqual(['meanwhile']);
  forbidden.clear();
  await until(() => wordsIn(memory, 'copies').length === 2);
  await job.stop();
  expect(wordsIn(memory, 'copies')).toEqual(['meanwhile', 'early']);
  expect(withheld()).toEqual([
    'a pattern has found topics that this job may not read: it waits whether that is granted. It lacks Read on topic words-b. ' +
      'Whoever administers them grants it so:\n  grant words-',
  ]);
});

test('one that is not granted within a minute ends the job', async () => {
  const { log, memory, clock, forbidden } = guardedLog({ 'words-a': 1 });
  const lines: string[] = [];
  const job = start(patternJob(/words-.*/), { log, clock, logger: captured(lines) });
  await until(() => lines.includes('tasks taken on'));
  forbidden.add('words-b');
  const begun = clock.monotonic();
  memory.createTopic('words-b', 1);
  await expect(job.result).rejects.toMatchObject({ code: 'JOB_ACCESS', topic: 'words-b' });
  expect(clock.monotonic() - begun).toBeGreaterThan(60_000);
});
