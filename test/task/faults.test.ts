import { type Log, LogError, type LogErrorKind, run } from '@kgen/runtime';
import { type MemoryLog, memoryLog } from '@kgen/runtime/memory';
import { expect, test } from 'vitest';
import { type CountContext, countJob, countOrder, type Order, orders } from './count-job.ts';
import { emittedTotals, expectedTotals, someOrders } from './model.ts';
import { virtualClock } from './virtual-clock.ts';
import { withProducer } from './wrapped-log.ts';

type Producer = Awaited<ReturnType<Log['producer']>>;
type Operation = 'append' | 'commitOffsets' | 'commit' | 'abort' | 'producer';

function freshLog(seed: number): MemoryLog {
  const log = memoryLog({ clock: virtualClock(seed), topics: { orders: 3, names: 3, totals: 2 } });
  log.produce(someOrders(120, seed).map((order) => orders.serializeValue(order)));
  return log;
}

/** A log whose producers fail as `fault` says: before a request is applied, or after. */
function faulty(
  log: Log,
  fault: (
    operation: Operation,
    count: number,
  ) => { readonly kind: LogErrorKind; readonly applied: boolean } | undefined,
): Log {
  let count = 0;
  const attempt = async (operation: Operation, send: () => Promise<void>): Promise<void> => {
    const fails = fault(operation, count++);
    if (fails === undefined || fails.applied) await send();
    if (fails !== undefined) throw new LogError(fails.kind, `${operation} was told to fail`);
  };
  return {
    ...log,
    producer: async (id): Promise<Producer> => {
      const producer = await log.producer(id);
      return {
        producerId: producer.producerId,
        epoch: producer.epoch,
        append(record) {
          const fails = fault('append', count++);
          if (fails !== undefined) throw new LogError(fails.kind, 'append was told to fail');
          // Back-pressure now and then.
          const pressure = producer.append(record);
          return count % 5 === 0 ? Promise.resolve() : pressure;
        },
        seal: () => producer.seal(),
        hold: () => producer.hold(),
        release: () => producer.release(),
        flush: () => producer.flush(),
        commitOffsets: (member, offsets) => attempt('commitOffsets', () => producer.commitOffsets(member, offsets)),
        commit: () => attempt('commit', () => producer.commit()),
        abort: () => attempt('abort', () => producer.abort()),
        close: () => producer.close(),
      };
    },
  };
}

const syncJob = countJob({ orders: countOrder }, 1);
const asyncJob = countJob(
  {
    async orders(order, ctx) {
      await null;
      countOrder(order, ctx);
    },
  },
  1,
);

async function runOn(log: Log, seed: number, job = asyncJob): ReturnType<typeof run> {
  const restart = { strategy: 'exponential', attempts: 100 } as const;
  return run(job, { log, until: 'latest', logger: false, clock: virtualClock(seed, 0.2), instance: 'one', restart });
}

test.each([
  ['append', 'abortable', false],
  ['commitOffsets', 'abortable', false],
  ['commitOffsets', 'abortable', true],
  ['commitOffsets', 'retriable', false],
  ['commit', 'retriable', false],
  ['commit', 'unknown-outcome', false],
  ['commit', 'unknown-outcome', true],
  ['commit', 'abortable', false],
  ['commitOffsets', 'unknown-outcome', true],
  ['append', 'unknown-outcome', false],
] as const)('%s fails as %s (applied: %s) and nothing is lost or doubled', async (operation, kind, applied) => {
  for (let seed = 1; seed <= 8; seed++) {
    const log = freshLog(seed);
    const chance = virtualClock(seed);
    let fired = 0;
    const flaky = faulty(log, (each) => {
      if (each !== operation || chance.random() > (operation === 'append' ? 0.01 : 0.25)) return undefined;
      fired++;
      return { kind, applied };
    });
    const { metrics } = await runOn(flaky, seed, seed % 2 === 0 ? syncJob : asyncJob);
    if (kind === 'abortable') expect(metrics.aborts).toBe(fired);
    if (kind === 'unknown-outcome') expect(metrics.restarts).toBe(fired);
    expect(emittedTotals(log)).toEqual(expectedTotals(log));
    log.produce(someOrders(20, seed + 50).map((order) => orders.serializeValue(order)));
    await runOn(log, seed);
    expect(emittedTotals(log)).toEqual(expectedTotals(log));
  }
});

test.each(['at once', 'later'])(
  'an output that is refused while those of its call wait aborts the transaction, and all of them come again once (%s)',
  async (when) => {
    const log = freshLog(9);
    const twice = (order: Order, ctx: CountContext): void => {
      countOrder(order, ctx);
      ctx.emit.totals({ customer: 'copy', name: '', count: order.amount, sum: 0 });
    };
    const job = countJob(when === 'at once' ? { orders: twice } : { orders: async (...call) => twice(...call) }, 1);
    let refused = 0;
    const flaky = withProducer(log, (producer) => ({
      append(record) {
        const copy =
          record.topic === 'totals' && record.bytes.toString('utf8', record.keyStart, record.keyEnd) === 'copy';
        if (copy && refused++ < 2) throw new LogError('abortable', 'refused');
        // The first output of a call makes the second wait.
        producer.append(record);
        return Promise.resolve();
      },
    }));
    const { metrics } = await runOn(flaky, 9, job);
    expect(metrics).toMatchObject({ aborts: 2, restarts: 0 });
    const emitted = emittedTotals(log);
    expect(emitted.get('copy')).toHaveLength(120);
    emitted.delete('copy');
    expect(emitted).toEqual(expectedTotals(log));
  },
);

test('an abort needs no restore: every task goes back from memory (I12)', async () => {
  const log = freshLog(3);
  let aborts = 0;
  const flaky = faulty(log, (operation, count) => {
    if (operation !== 'commitOffsets' || count < 60 || aborts >= 2) return undefined;
    aborts++;
    return { kind: 'abortable', applied: false };
  });
  const { metrics } = await runOn(flaky, 3);
  expect(metrics).toMatchObject({ aborts: 2, restarts: 0, restoredRecords: 0, records: 120 });
});

test('what fails for good ends the job, with what to do', async () => {
  const log = freshLog(4);
  const broken = (kind: LogErrorKind): Log =>
    faulty(log, (operation) => (operation === 'commit' ? { kind, applied: false } : undefined));
  await expect(runOn(broken('fatal'), 4)).rejects.toMatchObject({ code: 'JOB_LOG_FAILED', cause: { kind: 'fatal' } });
  await expect(runOn(broken('fenced'), 4)).rejects.toMatchObject({
    code: 'JOB_FENCED',
    message: expect.stringContaining('`instance`'),
  });
  await expect(runOn(broken('unknown-outcome'), 4)).rejects.toMatchObject({ code: 'JOB_LOG_FAILED' });
  await expect(runOn(broken('retriable'), 4)).rejects.toMatchObject({ code: 'JOB_LOG_FAILED' });
  const never = faulty(log, (operation) =>
    operation === 'commitOffsets' ? { kind: 'abortable', applied: false } : undefined,
  );
  await expect(runOn(never, 4)).rejects.toMatchObject({
    code: 'JOB_LOG_FAILED',
    message: expect.stringContaining('in a row'),
  });
  await runOn(log, 4);
  expect(emittedTotals(log)).toEqual(expectedTotals(log));
});

test('a start that fails leaves no member behind, and is tried again where that may help', async () => {
  const log = freshLog(5);
  let tries = 0;
  const unreachable = (kind: LogErrorKind): Log => ({
    ...log,
    producer: async (id) => {
      if (++tries % 3 !== 0) throw new LogError(kind, 'no coordinator');
      return log.producer(id);
    },
  });
  await expect(runOn(unreachable('fatal'), 5)).rejects.toMatchObject({ code: 'JOB_LOG_FAILED' });
  expect(await log.instances('count')).toEqual([]);
  tries = 0;
  expect((await runOn(unreachable('retriable'), 5)).metrics).toMatchObject({ restarts: 2, records: 120 });
  expect(await log.instances('count')).toEqual([]);
});
