import { isJobError, type Job, type Log, LogError, run } from '@kgen/runtime';
import { type MemoryLog, memoryLog } from '@kgen/runtime/memory';
import { expect, test } from 'vitest';
import { startWith } from '../../runtime/src/job/run.ts';
import { fakeDisk } from '../state/local/fake-stores.ts';
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

test('handlers and timers of one key never overlap where those of several run at once, and each timer fires once', async () => {
  const clock = virtualClock(5);
  const log = memoryLog({ clock, topics: { clicks: 1, notes: 1 } });
  for (let i = 0; i < 400; i++) happen(log, clicks, `k${(i * 7) % 16} ${i}`);
  const running = new Map<string, string>();
  const replaced: bigint[] = [];
  let most = 0;
  const alone = async (what: string, ctx: TimerContext, work: () => void): Promise<void> => {
    expect(running.get(ctx.key), `${what} of ${ctx.key}`).toBeUndefined();
    running.set(ctx.key, what);
    most = Math.max(most, running.size);
    work();
    await new Promise<void>((resolve) => void clock.after(Math.floor(clock.random() * 3), resolve));
    running.delete(ctx.key);
  };
  const { declaration, handlers } = timerJob({
    clicks: (event, ctx) =>
      alone('click', ctx, () => {
        // The watermark waits for the slowest of the handlers before it: a timer may still be set when the next click comes.
        const left = ctx.timers.get('close');
        if (left !== undefined) replaced.push(left.time);
        ctx.timers.set('close', { eventTime: BigInt(event.at) + 5n });
      }),
    onTimer: {
      close: (timer, ctx) =>
        alone('close', ctx, () => {
          ctx.emit.notes(ctx.key, `close ${timer.time}`);
          ctx.timers.set('remind', { after: 2 });
        }),
      remind: (_timer, ctx) => alone('remind', ctx, () => undefined),
    },
  });
  const { metrics } = await run(
    { declaration: { ...declaration, concurrency: 4, checkpointInterval: 20 }, handlers },
    { log, clock, until: 'latest', logger: false },
  );
  // Those of records, and one of a timer.
  expect(most).toBe(5);
  const fired = [...byKey(log)].flatMap(([key, notes]) => notes.map((note) => `${key} ${note}`));
  expect(new Set(fired).size).toBe(fired.length);
  expect(fired.length + replaced.length).toBe(
    Array.from({ length: 400 }, (_, i) => i).filter((i) => i + 5 <= 398).length,
  );
  expect(replaced.length).toBeLessThan(20);
  expect(metrics.timers).toBeGreaterThan(fired.length);
});

test('timers are there again where state is in a store on this machine, of which the changelog has the end', async () => {
  const wanted = await expected(4);
  for (let death = 0; death < 60; death += 4) {
    const log = freshLog(4);
    const disk = fakeDisk();
    const live = async (options: { readonly at?: number } = {}): Promise<void> => {
      const mortal = mortalLog(log, (_, index) => (index === options.at ? 'dies-after' : 'lives'));
      const given = { log: mortal.log, until: 'latest', logger: false, instance: 'a' } as const;
      const running = startWith(asyncJob, { ...given, clock: virtualClock(4, 0.2) }, { openStores: disk.open });
      running.result.catch(() => undefined);
      await Promise.race([running.result, mortal.death]);
      running.kill();
    };
    await live({ at: death });
    await live();
    produce(log, 4, 300);
    await live();
    expect(byKey(log)).toEqual(wanted);
  }
});
