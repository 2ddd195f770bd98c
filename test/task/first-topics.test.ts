import { type Job, type Log, LogError, type RunOptions, start } from '@kgen/runtime';
import { murmur2, topic, utf8 } from '@kgen/runtime/codegen/v1';
import { type MemoryLog, memoryLog } from '@kgen/runtime/memory';
import { describe, expect, test } from 'vitest';
import { cartJob } from '../savepoint/cart-job.ts';
import { copyJob, words, wordsIn } from './copy-job.ts';
import { orders } from './count-job.ts';
import { someOrders } from './model.ts';
import { captured, patternJob } from './pattern-job.ts';
import { until } from './until.ts';
import { virtualClock } from './virtual-clock.ts';

function world(topics: { readonly [name: string]: number } = {}) {
  const clock = virtualClock(1, 0.1);
  const log = memoryLog({ clock, topics: { copies: 1, ...topics } });
  const lines: string[] = [];
  const begin = (job: Job, options: Partial<RunOptions> = {}) =>
    start(job, { log, clock, logger: captured(lines), ...options });
  const waits = (): string[] => lines.filter((line) => line.includes('waits for the first one'));
  return { clock, log, lines, begin, waits };
}

function write(log: MemoryLog, topic: string, ...values: string[]): void {
  log.produce(values.map((value) => ({ topic, key: Buffer.from('k'), value: Buffer.from(value) })));
}

describe('a job of which no topic exists yet', () => {
  test('waits for the first one, says so once, and reads it from its beginning', async () => {
    const { log, clock, lines, begin, waits } = world();
    const job = begin(patternJob(/words-.*/), { startFrom: 'latest' });
    await until(() => waits().length > 0);
    const since = clock.monotonic();
    await until(() => clock.monotonic() > since + 1000);
    expect(job.metrics().restarts).toBe(0);
    // It is no member meanwhile, and has begun nothing.
    expect(await log.instances('copy')).toEqual([]);
    log.createTopic('words-a', 2);
    write(log, 'words-a', 'one', 'two');
    await until(() => wordsIn(log, 'copies').length === 2);
    log.createTopic('words-b', 3);
    write(log, 'words-b', 'three');
    await until(() => wordsIn(log, 'copies').length === 3);
    await job.stop();
    expect(waits()).toHaveLength(1);
    expect(lines).toContain('job starts');
    expect(wordsIn(log, 'copies')).toEqual(['one', 'two', 'three']);
  });

  test('reads it from its beginning although the log failed while it waited', async () => {
    const { log, begin, waits } = world();
    let fails = false;
    let failed = 0;
    const flaky: Log = {
      ...log,
      topics: async (names) => {
        if (!fails) return log.topics(names);
        failed++;
        throw new LogError('retriable', 'no broker answers');
      },
    };
    const job = begin(patternJob(/words-.*/), { log: flaky, startFrom: 'latest' });
    await until(() => waits().length > 0);
    fails = true;
    await until(() => failed > 0);
    log.createTopic('words-a', 1);
    write(log, 'words-a', 'one');
    fails = false;
    await until(() => wordsIn(log, 'copies').length === 1);
    expect((await job.stop()).metrics.restarts).toBe(1);
  });

  test('stops when it is told to, while it waits', async () => {
    const { begin, waits } = world();
    const job = begin(patternJob(/words-.*/));
    await until(() => waits().length > 0);
    expect(await job.stop()).toMatchObject({ reason: 'stopped', metrics: { records: 0 } });
    const killed = begin(patternJob(/words-.*/));
    await until(() => waits().length > 1);
    killed.kill();
    await expect(killed.result).rejects.toMatchObject({ code: 'JOB_KILLED' });
  });

  test('makes its changelog when the first one has come, as others do that wait with it', async () => {
    const { log, begin, waits } = world({ totals: 1 });
    const some = topic({
      id: 'orders',
      pattern: /orders-.*/,
      key: orders.key,
      value: orders.value,
      partitioner: murmur2,
    });
    const inputs = { orders: { topic: some, as: 'stream', outOfOrderness: 0 } } as const;
    const job = cartJob('cart', { inputs, discovery: 100 });
    const all = ['a', 'b'].map((instance) => begin(job, { instance }));
    await until(() => waits().length === 2);
    const changelog = async () => (await log.topics(['cart-changelog'])).get('cart-changelog')?.partitions;
    expect(await changelog()).toBeUndefined();
    log.createTopic('orders-eu', 3);
    log.produce(someOrders(30, 1).map((order) => ({ ...orders.serializeValue(order), topic: 'orders-eu' })));
    await until(() => all.reduce((sum, each) => sum + each.metrics().records, 0) === 30);
    await Promise.all(all.map((each) => each.stop()));
    expect(await changelog()).toBe(3);
    expect([...log.records('totals')]).toHaveLength(30);
  });

  test.each([
    ['with discovery off', { discovery: false }],
    ['of a bounded run', { until: 'latest' }],
  ] as const)('%s ends at once', async (_, options) => {
    const { begin } = world();
    await expect(begin(patternJob(/words-.*/), options).result).rejects.toMatchObject({
      code: 'JOB_UNKNOWN_TOPIC',
      message: 'no topic matches /words-.*/, the pattern of words. Create one',
    });
  });

  test('hears at once of topics with a name that are missing', async () => {
    const { begin } = world();
    const job = begin(patternJob(/words-.*/), { topics: { copies: 'nowhere' } });
    await expect(job.result).rejects.toMatchObject({ code: 'JOB_UNKNOWN_TOPIC', topic: 'nowhere' });
  });
});

describe('an input of which no topic exists yet, beside one that has some', () => {
  function twoInputs(): Job {
    const job = copyJob();
    const late = topic({ id: 'late', pattern: /late-.*/, key: utf8, value: utf8, partitioner: murmur2 });
    const inputs = {
      words: { topic: words, as: 'stream', outOfOrderness: 0 },
      late: { topic: late, as: 'stream', outOfOrderness: 0 },
    } as const;
    const handlers = { ...job.handlers, late: job.handlers.words };
    return { handlers, declaration: { ...job.declaration, inputs, discovery: 100 } } as unknown as Job;
  }

  test('is done without until one comes, also after a restart', async () => {
    const { log, lines, begin } = world({ words: 2 });
    write(log, 'words', 'one');
    const first = begin(twoInputs(), { startFrom: 'latest' });
    await until(() => first.metrics().checkpoints > 0);
    write(log, 'words', 'two');
    await until(() => wordsIn(log, 'copies').length === 1);
    first.kill();
    const job = begin(twoInputs(), { startFrom: 'latest' });
    write(log, 'words', 'three');
    await until(() => wordsIn(log, 'copies').length === 2);
    log.createTopic('late-a', 4);
    write(log, 'late-a', 'four');
    await until(() => wordsIn(log, 'copies').length === 3);
    await job.stop();
    expect(wordsIn(log, 'copies')).toEqual(['two', 'three', 'four']);
    expect(lines.filter((line) => line.includes('the job begins without it'))).toHaveLength(2);
  });

  test('ends a bounded run', async () => {
    const { begin } = world({ words: 2 });
    await expect(begin(twoInputs(), { until: 'latest' }).result).rejects.toThrow('no topic matches /late-.*/');
  });
});
