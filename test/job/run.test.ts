import { consoleLog, type RunOptions, run, start } from '@kgen/runtime';
import { type MemoryLog, memoryLog } from '@kgen/runtime/memory';
import { expect, test } from 'vitest';
import { countJob, countOrder, names, orders, totals } from '../task/count-job.ts';
import { emittedTotals, expectedTotals, someOrders } from '../task/model.ts';

const job = countJob({ orders: countOrder }, 20);

function freshLog(count: number): MemoryLog {
  const log = memoryLog({ topics: { orders: 3, names: 3, totals: 2 } });
  log.produce(someOrders(count, 1).map((order) => orders.serializeValue(order)));
  return log;
}

async function until(what: () => boolean): Promise<void> {
  for (let i = 0; i < 1000 && !what(); i++) await new Promise((resolve) => setTimeout(resolve, 2));
  expect(what()).toBe(true);
}

test('a job counts, joins a table and emits, in order by key', async () => {
  const log = memoryLog({ topics: { orders: 3, names: 3, totals: 2 } });
  log.produce(['ann', 'bob', 'cid'].map((name) => names.serialize(name, name.toUpperCase())));
  const input = Array.from({ length: 300 }, (_, i) => ({
    customer: ['ann', 'bob', 'cid', 'dot'][i % 4] ?? '',
    amount: i,
  }));
  log.produce(input.map((order) => orders.serializeValue(order)));

  const result = await run(job, { log, until: 'latest', logger: false });

  expect(result).toMatchObject({
    reason: 'done',
    metrics: { records: 300, outputs: 300, tableRecords: 3, aborts: 0, restarts: 0 },
  });
  expect(result.metrics.bytesRead).toBeGreaterThan(300 * 6);
  expect(result.metrics.bytesWritten).toBeGreaterThan(300 * 20);
  const seen = [...log.records('totals')].map((record) => totals.deserialize(record).value);
  for (const customer of ['ann', 'bob', 'cid', 'dot']) {
    const own = input.filter((order) => order.customer === customer);
    let sum = 0;
    expect(seen.filter((total) => total?.customer === customer)).toEqual(
      own.map((order, i) => {
        sum += order.amount;
        return { customer, name: customer === 'dot' ? '' : customer.toUpperCase(), count: i + 1, sum };
      }),
    );
  }
});

test('a running job takes what comes, and stops with a last checkpoint when its signal says so', async () => {
  const log = freshLog(10);
  const controller = new AbortController();
  const result = run(job, { log, signal: controller.signal, logger: false });
  await until(() => [...log.records('totals')].length === 10);
  log.produce(someOrders(5, 2).map((order) => orders.serializeValue(order)));
  await until(() => [...log.records('totals')].length === 15);
  controller.abort();
  expect(await result).toMatchObject({ reason: 'stopped', metrics: { records: 15 } });
  expect(await log.instances('count')).toEqual([]);
  expect(emittedTotals(log)).toEqual(expectedTotals(log));
});

test('a signal that is aborted already stops before the first record', async () => {
  const log = freshLog(10);
  expect(await run(job, { log, signal: AbortSignal.abort(), logger: false })).toMatchObject({
    reason: 'stopped',
    metrics: { records: 0 },
  });
});

test('a stop waits for the handler at hand, and keeps its effects', async () => {
  const log = freshLog(3);
  const entered = Promise.withResolvers<void>();
  const leave = Promise.withResolvers<void>();
  const slow = countJob({
    async orders(order, ctx) {
      entered.resolve();
      await leave.promise;
      countOrder(order, ctx);
    },
  });
  const running = start(slow, { log, logger: false });
  await entered.promise;
  const stopped = running.stop();
  leave.resolve();
  expect(await stopped).toMatchObject({ reason: 'stopped', metrics: { records: 1, outputs: 1 } });
});

test.each(['in a handler', 'after a checkpoint', 'while a handler never ends'])(
  'killed %s, a job goes on from its last checkpoint',
  async (when) => {
    const log = freshLog(200);
    const kill = (): void => running.kill();
    let calls = 0;
    const mortal = countJob(
      {
        orders(order, ctx) {
          countOrder(order, ctx);
          if (++calls !== 100 || when === 'after a checkpoint') return undefined;
          if (when === 'in a handler') return kill();
          setImmediate(kill);
          return new Promise(() => undefined);
        },
      },
      0.01,
    );
    const running = start(mortal, {
      log,
      logger: false,
      until: 'latest',
      onCheckpoint: ({ records }) => (when === 'after a checkpoint' && records > 0 ? kill() : undefined),
    });
    await expect(running.result).rejects.toMatchObject({ code: 'JOB_KILLED' });
    const before = [...log.records('totals')].length;
    expect(before).toBeLessThan(200);
    // Killed between a commit and its answer, it does not know of that one.
    expect(running.metrics().records).toBeLessThanOrEqual(before);
    const { metrics } = await run(job, { log, until: 'latest', logger: false });
    expect(metrics.records).toBe(200 - before);
    expect(emittedTotals(log)).toEqual(expectedTotals(log));
  },
);

test('checkpoints are reported, and add up to the result', async () => {
  const log = freshLog(1000);
  const seen: number[] = [];
  let records = 0;
  const { metrics } = await run(job, {
    log,
    until: 'latest',
    logger: false,
    checkpointInterval: 0.001,
    onCheckpoint(info) {
      seen.push(info.number);
      records += info.records;
      expect(info.outputs).toBe(info.records);
    },
  });
  expect(records).toBe(1000);
  expect(seen).toEqual(Array.from({ length: metrics.checkpoints }, (_, i) => i + 1));
  expect(seen.length).toBeGreaterThan(2);
});

test('options that cannot be are refused', async () => {
  const log = freshLog(0);
  const wrong: Partial<RunOptions>[] = [
    { group: 'a/b' },
    { instance: '' },
    { checkpointInterval: 0 },
    { checkpointInterval: Number.NaN },
    { checkpointInterval: '0 s' },
    { checkpointInterval: 'often' },
    { checkpointInterval: '5 fortnights' },
    { checkpointInterval: true as never },
    { until: 'tomorrow' as never },
    { startFrom: 'middle' as never },
    { untl: 'latest' } as never,
    { inputs: { in: { startFrm: 'latest' } } } as never,
  ];
  for (const option of wrong) {
    await expect(run(job, { log, logger: false, ...option }), JSON.stringify(option)).rejects.toMatchObject({
      code: 'JOB_OPTIONS',
      message: expect.stringContaining(`option ${Object.keys(option)[0]}`),
    });
  }
});

test('durations of a run are said as in the config', async () => {
  const log = freshLog(20);
  // Where it begins, and its end.
  const seen: number[] = [];
  const onCheckpoint = ({ number }: { readonly number: number }): void => void seen.push(number);
  const { metrics } = await run(job, {
    log,
    until: 'latest',
    logger: false,
    checkpointInterval: '1 hour',
    onCheckpoint,
  });
  expect([metrics.records, seen.length]).toEqual([20, 2]);
});

test('the last line of a run tells people what there was, and programs all counters', async () => {
  const said = async (format: 'text' | 'json'): Promise<string> => {
    const lines: string[] = [];
    const logger = consoleLog({ format, colours: false, write: (line) => lines.push(line) });
    await run(job, { log: freshLog(20), until: 'latest', logger });
    return lines.at(-1) ?? '';
  };
  expect(await said('text')).toMatch(
    / job done {2}duration=\d+ records=20 outputs=20 checkpoints=\d+ bytesRead=\d+ bytesWritten=\d+ changelogRecords=\d+\n$/,
  );
  expect(JSON.parse(await said('json'))).toMatchObject({ msg: 'job done', records: 20, skipped: 0, restarts: 0 });
});

test('two groups each get all of it', async () => {
  const log = freshLog(20);
  await run(job, { log, until: 'latest', logger: false });
  await run(job, { log, until: 'latest', logger: false, group: 'again' });
  expect([...log.records('totals')].length).toBe(40);
  expect([...(await log.topics()).keys()].filter((name) => name.endsWith('-changelog')).sort()).toEqual([
    'again-changelog',
    'count-changelog',
  ]);
});

test('a job logs with its name, instance and task; handlers too', async () => {
  const log = freshLog(1);
  const lines: string[] = [];
  const logger = consoleLog({ format: 'json', level: 'debug', write: (line) => lines.push(line) });
  const talking = countJob({
    orders(order, ctx) {
      ctx.log.info({ amount: order.amount, big: 2n ** 70n }, 'an order');
    },
  });
  await run(talking, { log, until: 'latest', logger, instance: 'me' });
  const parsed = lines.map((line) => JSON.parse(line));
  for (const line of parsed)
    expect(line).toMatchObject({ job: 'count', instance: 'me', level: expect.any(Number), time: expect.any(Number) });
  expect(parsed.find(({ msg }) => msg === 'an order')).toMatchObject({
    task: expect.any(Number),
    big: '1180591620717411303424',
  });
  expect(parsed.map(({ msg }) => msg)).toContain('job done');
});
