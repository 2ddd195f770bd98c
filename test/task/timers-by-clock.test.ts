import { type Log, type RunOptions, start } from '@kgen/runtime';
import { type MemoryLog, memoryLog } from '@kgen/runtime/memory';
import { expect, test } from 'vitest';
import { clicks, type EventContext, happen, noted, timerJob, views } from './timer-job.ts';
import { until } from './until.ts';
import { virtualClock } from './virtual-clock.ts';

type VirtualClock = ReturnType<typeof virtualClock>;

function freshLog(clock: VirtualClock): MemoryLog {
  return memoryLog({ clock, topics: { clicks: 1, views: 1, notes: 1 } });
}

function options(log: Log, clock: VirtualClock): RunOptions {
  return { log, clock, logger: false, checkpointInterval: 50 };
}

/** Counts fetches. */
function watched(log: Log): { readonly log: Log; polls: number } {
  const found = {
    polls: 0,
    log: {
      ...log,
      source() {
        const source = log.source();
        const poll = source.poll.bind(source);
        source.poll = (wait) => {
          found.polls++;
          return poll(wait);
        };
        return source;
      },
    },
  };
  return found;
}

test('timers fire by the clock while no records come, in their order, and the job sleeps until then', async () => {
  const clock = virtualClock(1);
  const begin = clock.now();
  const log = freshLog(clock);
  happen(log, clicks, 'a 1 4000', 'b 2 9000', 'c 3 2000', 'd 4 3000');
  const job = timerJob({
    clicks: ({ note }, ctx) => ctx.timers.set('remind', { after: Number(note) }),
    onTimer: { remind: (timer, ctx) => ctx.emit.notes(ctx.key, `${timer.in} ${timer.time <= BigInt(clock.now())}`) },
  });
  const seen = watched(log);
  const running = start(job, options(seen.log, clock));
  await until(() => noted(log).length === 4);
  const { metrics } = await running.stop();
  expect(noted(log).map((note) => note.replace(/\d+$/, ''))).toEqual(
    ['c', 'd', 'a', 'b'].map((key) => `${key}: processing true @`),
  );
  expect(metrics).toMatchObject({ records: 4, timers: 4 });
  const passed = clock.now() - begin;
  expect(passed).toBeGreaterThanOrEqual(9000);
  // A look each second, one at each timer and one at each checkpoint; a loop that polls would look thousands of times.
  expect(seen.polls).toBeLessThan(30);
});

test('a timer by the clock that was due while the job was down fires when it is up again, once', async () => {
  const clock = virtualClock(2);
  const log = freshLog(clock);
  happen(log, clicks, 'a 1');
  const job = timerJob({
    clicks: (_event, ctx) => ctx.timers.set('close', { after: 500 }),
    onTimer: { close: (_timer, ctx) => ctx.emit.notes(ctx.key, 'closed') },
  });
  const first = start(job, options(log, clock));
  await until(() => first.metrics().checkpoints >= 2);
  first.kill();
  await expect(first.result).rejects.toMatchObject({ code: 'JOB_KILLED' });
  await new Promise<void>((resolve) => void clock.after(5000, resolve));
  expect(noted(log)).toEqual([]);
  for (let life = 0; life < 2; life++) await start(job, { ...options(log, clock), until: 'latest' }).result;
  expect(noted(log)).toHaveLength(1);
});

test('timers go on by the clock while records keep the job busy', async () => {
  const clock = virtualClock(3);
  const log = freshLog(clock);
  happen(log, clicks, 'a 1 set', ...Array.from({ length: 2000 }, (_, i) => `b ${i}`));
  let handled = 0;
  let handledWhenFired = 0;
  const job = timerJob({
    clicks({ note }, ctx) {
      handled++;
      clock.monotonic();
      if (note === 'set') ctx.timers.set('remind', { after: 5 });
    },
    onTimer: {
      remind() {
        handledWhenFired = handled;
      },
    },
  });
  await start(job, { ...options(log, clock), until: 'latest' }).result;
  expect(handledWhenFired).toBeGreaterThan(0);
  expect(handledWhenFired).toBeLessThan(2000);
});

test('an input without records stops holding event time back after a while, and never makes it go back', async () => {
  const clock = virtualClock(4);
  const begin = clock.now();
  const log = freshLog(clock);
  const seen: string[] = [];
  const see = (event: { readonly key: string }, ctx: EventContext): void => {
    seen.push(`${event.key} at ${ctx.watermark}`);
    ctx.timers.set('close', { eventTime: ctx.record.timestamp + 10n });
  };
  const job = timerJob(
    { clicks: see, views: see, onTimer: { close: (_timer, ctx) => ctx.emit.notes(ctx.key, 'closed') } },
    { views: true, idleAfter: 3000 },
  );
  happen(log, clicks, 'a 100', 'b 200');
  const running = start(job, options(log, clock));
  await until(() => noted(log).length === 1);
  expect(clock.now() - begin).toBeGreaterThanOrEqual(3000);
  expect(noted(log)).toEqual(['a: closed @110']);
  // It is awake again: what it has is late, and event time waits for it from where it is.
  happen(log, views, 'x 50');
  await until(() => seen.length === 3);
  happen(log, clicks, 'c 500');
  await until(() => noted(log).length === 2);
  expect(seen).toEqual(['a at -9223372036854775808', 'b at -9223372036854775808', 'x at 199', 'c at 199']);
  expect(noted(log)[1]).toBe('x: closed @60');
  await running.stop();
});
