import { isJobError, type Job, type Log, LogError, run } from '@kgen/runtime';
import { type MemoryLog, memoryLog } from '@kgen/runtime/memory';
import { expect, test } from 'vitest';
import { type Fate, mortalLog } from './mortal-log.ts';
import { clicks, type EventContext, happen, notes, type TimerContext, timerJob } from './timer-job.ts';
import { virtualClock } from './virtual-clock.ts';
import { withProducer } from './wrapped-log.ts';

// What timers do is settled by the order of records alone: whatever goes wrong, the same comes out as in a run where nothing does.

const PARTITIONS = 2;

function count(ctx: TimerContext): number {
  const { count = 0 } = ctx.state.total.get() ?? {};
  ctx.state.total.set({ count: count + 1, sum: 0 });
  return count + 1;
}

const handlers = {
  clicks(event: { readonly at: number }, ctx: EventContext): void {
    ctx.emit.notes(ctx.key, `click ${count(ctx)} of ${event.at} at ${ctx.watermark}`);
    if (event.at % 7 === 0) ctx.timers.clear('remind');
    ctx.timers.set('close', { eventTime: ctx.record.timestamp + 30n });
  },
  onTimer: {
    close(timer: { readonly time: bigint }, ctx: TimerContext): void {
      ctx.emit.notes(ctx.key, `close ${count(ctx)} of ${timer.time}`);
      ctx.timers.set('remind', { eventTime: timer.time + 10n });
    },
    remind(timer: { readonly time: bigint }, ctx: TimerContext): void {
      ctx.emit.notes(ctx.key, `remind ${count(ctx)} of ${timer.time}`);
      ctx.state.total.clear();
      // One more, whose time is over.
      if (timer.time % 3n === 0n) ctx.timers.set('close', { eventTime: timer.time - 5n });
    },
  },
};

const syncJob = timerJob(handlers, { outOfOrderness: 5 });
const asyncJob = timerJob(
  {
    clicks: async (event, ctx) => {
      await null;
      handlers.clicks(event, ctx);
    },
    onTimer: {
      async close(timer, ctx) {
        await null;
        handlers.onTimer.close(timer, ctx);
      },
      remind: handlers.onTimer.remind,
    },
  },
  { outOfOrderness: 5 },
);

function produce(log: MemoryLog, seed: number, from = 0): void {
  const { random } = virtualClock(seed);
  for (let at = from; at < from + 300; at += Math.floor(random() * 12)) {
    happen(log, clicks, `k${Math.floor(random() * 5)} ${Math.max(0, at - Math.floor(random() * 8))}`);
  }
}

function freshLog(seed: number): MemoryLog {
  const log = memoryLog({ clock: virtualClock(seed), topics: { clicks: PARTITIONS, notes: 1 } });
  produce(log, seed);
  return log;
}

/** What was emitted for each key, in order. */
function byKey(log: MemoryLog): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const record of log.records('notes')) {
    const { key, value } = notes.deserialize(record);
    found.set(String(key), [...(found.get(String(key)) ?? []), `${value} @${record.timestamp}`]);
  }
  return found;
}

async function expected(seed: number): Promise<Map<string, string[]>> {
  const log = freshLog(seed);
  await run(syncJob, { log, until: 'latest', logger: false });
  produce(log, seed, 300);
  await run(syncJob, { log, until: 'latest', logger: false });
  const found = byKey(log);
  const all = [...found.values()].flat().join();
  for (const kind of ['click', 'close', 'remind']) expect(all.split(kind).length).toBeGreaterThan(10);
  return found;
}

async function goOnAndCheck(log: MemoryLog, seed: number, wanted: Map<string, string[]>, job: Job): Promise<void> {
  await run(job, { log, until: 'latest', logger: false, clock: virtualClock(seed, 0.2) });
  produce(log, seed, 300);
  await run(job, { log, until: 'latest', logger: false, clock: virtualClock(seed, 0.2) });
  expect(byKey(log)).toEqual(wanted);
}

async function life(log: Log, seed: number, fate: (request: string, index: number) => Fate): Promise<string[]> {
  const mortal = mortalLog(log, fate);
  const running = run(asyncJob, { log: mortal.log, until: 'latest', logger: false, clock: virtualClock(seed, 0.2) });
  await Promise.race([running, mortal.death]);
  return mortal.requests;
}

test.each(['dies-before', 'dies-after'] as const)('timers fire once where a process %s any request', async (death) => {
  const wanted = await expected(3);
  const requests = await life(freshLog(3), 3, () => 'lives');
  const points = requests.flatMap((request, index) => (request !== 'append' || index % 9 === 0 ? [index] : []));
  expect(points.length).toBeGreaterThan(30);
  for (const point of points) {
    const log = freshLog(3);
    await life(log, 3, (_, index) => (index === point ? death : 'lives'));
    await goOnAndCheck(log, 3, wanted, asyncJob);
  }
});

test.each([
  ['sync', syncJob],
  ['async', asyncJob],
] as const)('timers and watermarks go back with a transaction that is aborted (%s)', async (_, job) => {
  let aborts = 0;
  for (let seed = 1; seed <= 6; seed++) {
    const log = freshLog(seed);
    const { random } = virtualClock(seed + 100);
    const flaky = withProducer(log, (producer) => ({
      append(record) {
        if (random() < 0.02) throw new LogError('abortable', 'refused');
        return producer.append(record);
      },
      async commitOffsets(member, offsets) {
        if (random() < 0.2) throw new LogError('abortable', 'refused');
        await producer.commitOffsets(member, offsets);
      },
    }));
    const restart = { strategy: 'exponential', attempts: 100 } as const;
    const clock = virtualClock(seed, 0.2);
    const { metrics } = await run(job, { log: flaky, until: 'latest', logger: false, clock, restart });
    aborts += metrics.aborts;
    await goOnAndCheck(log, seed, await expected(seed), job);
  }
  expect(aborts).toBeGreaterThan(10);
});

test.each(['at once', 'later'])('a handler of a timer that fails leaves its timer set (%s)', async (when) => {
  const log = freshLog(2);
  let failures = 0;
  const close = (timer: { readonly time: bigint }, ctx: TimerContext): void => {
    handlers.onTimer.close(timer, ctx);
    ctx.timers.set('close', { eventTime: 1_000_000n });
    if (timer.time > 100n && failures++ < 2) throw new Error('not now');
    ctx.timers.clear('close');
  };
  const onTimer = {
    ...handlers.onTimer,
    close: when === 'at once' ? close : async (...call: Parameters<typeof close>) => close(...call),
  };
  const job = timerJob({ ...handlers, onTimer }, { outOfOrderness: 5 });
  const restart = { strategy: 'fixed-delay', delay: 1 } as const;
  await run(job, { log, until: 'latest', logger: false, clock: virtualClock(2), restart });
  expect(failures).toBeGreaterThan(2);
  await goOnAndCheck(log, 2, await expected(2), syncJob);
});

test('the error of such a handler names the timer', async () => {
  const log = freshLog(2);
  const failing = (): never => {
    throw new Error('not now');
  };
  const job = timerJob({ ...handlers, onTimer: { close: failing } });
  const error: unknown = await run(job, { log, until: 'latest', logger: false, restart: { strategy: 'none' } }).catch(
    (thrown: unknown) => thrown,
  );
  if (!isJobError(error, 'JOB_HANDLER_FAILED')) throw error;
  expect(error.message).toMatch(/^task \d: handler `onTimer.close` failed for the timer of \d+: not now$/);
});
