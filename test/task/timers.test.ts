import { isJobError, type RunOptions, run } from '@kgen/runtime';
import { createJob } from '@kgen/runtime/codegen/v1';
import { type MemoryLog, memoryLog } from '@kgen/runtime/memory';
import { expect, test } from 'vitest';
import { clicks, type EventContext, happen, noted, timerJob, views } from './timer-job.ts';

function freshLog(partitions = 1): MemoryLog {
  return memoryLog({ topics: { clicks: partitions, views: partitions, notes: 1 } });
}

function options(log: MemoryLog): RunOptions {
  return { log, until: 'latest', logger: false };
}

/** Closes each key `wait` after its latest click. */
function closing(wait: bigint) {
  return (_event: unknown, ctx: EventContext): void =>
    ctx.timers.set('close', { eventTime: ctx.record.timestamp + wait });
}

test('event-time timers fire in the order of their times when the watermark has come there, with their own time', async () => {
  const log = freshLog();
  happen(log, clicks, 'a 100', 'b 50', 'c 120', 'd 149', 'd 151', 'e 1000');
  const job = timerJob(
    {
      clicks: closing(100n),
      onTimer: { close: (timer, ctx) => ctx.emit.notes(ctx.key, `${timer.name} ${timer.time} ${timer.in}`) },
    },
    { outOfOrderness: 10 },
  );
  const { metrics } = await run(job, options(log));
  expect(noted(log)).toEqual([
    'b: close 150 event @150',
    'a: close 200 event @200',
    'c: close 220 event @220',
    'd: close 251 event @251',
  ]);
  expect(metrics).toMatchObject({ records: 6, timers: 4 });
});

test('a timer fires when the watermark has reached its time, not before', async () => {
  const log = freshLog();
  happen(log, clicks, 'a 0 set', 'b 109', 'c 110', 'd 111', 'e 112');
  const seen: string[] = [];
  const job = timerJob(
    {
      clicks(event, ctx) {
        seen.push(`${event.key} ${ctx.watermark}`);
        if (event.note === 'set') ctx.timers.set('close', { eventTime: 100n });
      },
      onTimer: { close: (_timer, ctx) => void seen.push(`close ${ctx.watermark}`) },
    },
    { outOfOrderness: 10 },
  );
  await run(job, options(log));
  expect(seen).toEqual(['a -9223372036854775808', 'b -11', 'c 98', 'd 99', 'close 100', 'e 100']);
});

test('setting a timer again replaces it, whatever it goes by; clearing it removes it', async () => {
  const log = freshLog();
  happen(log, clicks, 'a 1 set', 'a 2 later', 'b 3 set', 'b 4 clock', 'c 5 set', 'c 6 clear', 'z 1000');
  const got: unknown[] = [];
  const job = timerJob({
    clicks({ note }, { timers }) {
      const before = timers.get('close');
      if (note === 'set') timers.set('close', { eventTime: 10n });
      if (note === 'later') timers.set('close', { eventTime: 20n });
      if (note === 'clock') timers.set('close', { processingTime: 1n });
      if (note === 'clear') timers.clear('close');
      got.push([before, timers.get('close'), timers.get('remind')]);
    },
    onTimer: { close: (timer, ctx) => ctx.emit.notes(ctx.key, `${timer.time} ${timer.in} ${ctx.timers.get('close')}`) },
  });
  await run(job, options(log));
  const ten = { name: 'close', time: 10n, in: 'event' };
  expect(got).toEqual([
    [undefined, ten, undefined],
    [ten, { ...ten, time: 20n }, undefined],
    [undefined, ten, undefined],
    [ten, { name: 'close', time: 1n, in: 'processing' }, undefined],
    [undefined, ten, undefined],
    [ten, undefined, undefined],
    [undefined, undefined, undefined],
  ]);
  expect(noted(log).sort()).toEqual(['a: 20 event undefined @20', 'b: 1 processing undefined @1']);
});

test('timers whose time is over fire at once, also from within a timer, before the next record', async () => {
  const log = freshLog();
  happen(log, clicks, 'a 100', 'b 200 past', 'c 201');
  const job = timerJob({
    clicks({ key, note }, ctx) {
      ctx.emit.notes(key, 'click');
      if (note === 'past') ctx.timers.set('close', { eventTime: 5n });
    },
    onTimer: {
      close(_timer, ctx) {
        ctx.emit.notes(ctx.key, 'close');
        ctx.timers.set('remind', { eventTime: 4n });
      },
      async remind(_timer, ctx) {
        await null;
        ctx.emit.notes(ctx.key, 'remind');
      },
    },
  });
  await run(job, options(log));
  expect(noted(log)).toEqual(['a: click @100', 'b: click @200', 'b: close @5', 'b: remind @4', 'c: click @201']);
});

test('a timer sees the state of its key, and what it does to it stands', async () => {
  const log = freshLog();
  happen(log, clicks, 'a 1', 'b 2', 'a 3', 'a 20', 'z 40');
  const job = timerJob({
    clicks({ at }, ctx) {
      const { count = 0 } = ctx.state.total.get() ?? {};
      ctx.state.total.set({ count: count + 1, sum: 0 });
      if (at === 1 || at === 2) ctx.timers.set('close', { eventTime: 10n });
    },
    onTimer: {
      close(_timer, ctx) {
        ctx.emit.notes(ctx.key, `closed with ${ctx.state.total.get()?.count}`);
        ctx.state.total.clear();
        ctx.timers.set('remind', { eventTime: 30n });
      },
      remind: (_timer, ctx) => ctx.emit.notes(ctx.key, `then ${ctx.state.total.get()?.count}`),
    },
  });
  await run(job, options(log));
  expect(noted(log)).toEqual([
    // The record that brought the watermark there was handled before.
    'a: closed with 3 @10',
    'b: closed with 1 @10',
    'a: then undefined @30',
    'b: then undefined @30',
  ]);
});

test("a job's timers and its watermark are there again in the next run, and fire once", async () => {
  const log = freshLog();
  const seen: string[] = [];
  const job = timerJob({
    clicks(event, ctx) {
      seen.push(`${event.key} ${ctx.watermark}`);
      if (event.note === 'set') ctx.timers.set('close', { eventTime: 100n });
    },
    onTimer: { close: (_timer, ctx) => ctx.emit.notes(ctx.key, 'closed') },
  });
  happen(log, clicks, 'a 10 set', 'b 20');
  await run(job, options(log));
  happen(log, clicks, 'c 15', 'd 90');
  const { metrics } = await run(job, options(log));
  expect(metrics.timers).toBe(0);
  expect(seen).toEqual(['a -9223372036854775808', 'b 9', 'c 19', 'd 19']);
  happen(log, clicks, 'e 101');
  await run(job, options(log));
  expect(noted(log)).toEqual(['a: closed @100']);
  happen(log, clicks, 'f 200');
  await run(job, options(log));
  expect(noted(log)).toEqual(['a: closed @100']);
});

test('what is no time, and a name that the job does not declare, are refused', async () => {
  const bad: ((ctx: EventContext) => void)[] = [
    (ctx) => ctx.timers.set('close', { eventTime: 2n ** 60n }),
    (ctx) => ctx.timers.set('close', { after: Number.NaN }),
    (ctx) => ctx.timers.set('close', {} as { after: number }),
    (ctx) => ctx.timers.set('other' as 'close', { after: 1 }),
    (ctx) => void ctx.timers.get('toString' as 'close'),
  ];
  for (const use of bad) {
    const log = freshLog();
    happen(log, clicks, 'a 1');
    const job = timerJob({ clicks: (_event, ctx) => use(ctx), onTimer: {} });
    const error: unknown = await run(job, options(log)).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(isJobError(error, 'JOB_HANDLER_FAILED') && isJobError(error.cause, 'JOB_TIMER')).toBe(true);
  }
});

test('a job whose timer has no handler is refused', () => {
  const { declaration } = timerJob({ clicks: () => undefined, onTimer: {} });
  const handlers = { clicks: () => undefined, onTimer: { close: () => undefined } };
  expect(() => createJob(declaration, handlers)).toThrow(
    'job timed has no handler `onTimer.remind`: each stream input and each timer needs a function of its name',
  );
});

test('the slower input decides how far event time has come', async () => {
  const log = freshLog();
  happen(log, clicks, 'a 100', 'b 200');
  happen(log, views, 'x 10', 'y 150');
  const job = timerJob(
    {
      clicks: closing(0n),
      onTimer: { close: (_timer, ctx) => ctx.emit.notes(ctx.key, `closed at ${ctx.watermark}`) },
    },
    { views: true },
  );
  await run(job, options(log));
  expect(noted(log)).toEqual(['a: closed at 149 @100']);
});
