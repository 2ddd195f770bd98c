import { isJobError, type RunOptions, run } from '@kgen/runtime';
import { createJob, json } from '@kgen/runtime/codegen/v1';
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

test("the user's own watermarks take the place of the bound; undefined says nothing", async () => {
  const log = freshLog();
  happen(log, clicks, 'a 100', 'b 200 mark', 'c 150', 'd 900', 'e 120 mark', 'f 1');
  const seen: string[] = [];
  const job = timerJob({
    clicks(event, ctx) {
      seen.push(`${event.key} ${ctx.watermark}`);
      // What the handler does to its value changes no event time.
      Object.assign(event, { at: 1_000_000 });
    },
    onTimer: {},
    watermarks: { clicks: ({ at, note }, record) => (note === 'mark' ? BigInt(at) + record.offset : undefined) },
  });
  await run(job, options(log));
  const before = '-9223372036854775808';
  expect(seen).toEqual([`a ${before}`, `b ${before}`, 'c 201', 'd 201', 'e 201', 'f 201']);
});

test('a watermark function that throws is named', async () => {
  const log = freshLog();
  happen(log, clicks, 'a 1');
  const refuse = (): never => {
    throw new Error('no idea');
  };
  const job = timerJob({ clicks: () => undefined, onTimer: {}, watermarks: { clicks: refuse } });
  await expect(run(job, { ...options(log), restart: { strategy: 'none' } })).rejects.toMatchObject({
    code: 'JOB_HANDLER_FAILED',
    message: 'clicks-0 at offset 0: `watermarks.clicks` failed: no idea',
    offset: 0n,
  });
});

test('a job that only reads the watermark has it from the record on with which it does first', async () => {
  const log = freshLog();
  happen(log, clicks, 'a 100', 'b 200 read', 'c 300 read', 'd 250 read');
  const seen: bigint[] = [];
  const { declaration } = timerJob({ clicks: () => undefined, onTimer: {} }, { outOfOrderness: 50 });
  const clicked = (event: { readonly note: string }, ctx: EventContext): void => {
    if (event.note === 'read') seen.push(ctx.watermark);
    expect(ctx.timers).toBeUndefined();
  };
  const job = createJob({ ...declaration, timers: [] }, { clicks: clicked });
  await run(job, options(log));
  happen(log, clicks, 'e 310 read');
  await run(job, options(log));
  expect(seen).toEqual([-(2n ** 63n), 149n, 249n, 249n]);
});

test('a timer has no record', async () => {
  const log = freshLog();
  happen(log, clicks, 'a 1', 'b 100');
  const close = (_timer: unknown, ctx: object): unknown => Reflect.get(ctx, 'record');
  const job = timerJob({ clicks: closing(1n), onTimer: { close: (timer, ctx) => void close(timer, ctx) } });
  const error: unknown = await run(job, options(log)).catch((thrown: unknown) => thrown);
  expect(isJobError(error, 'JOB_HANDLER_FAILED') && isJobError(error.cause, 'JOB_TIMER')).toBe(true);
});

test('timers of names that are not declared any more stay where they are, and fire when they are again', async () => {
  const log = freshLog();
  const warnings: unknown[] = [];
  const nothing = (): void => undefined;
  const logger = { debug: nothing, info: nothing, error: nothing, warn: (fields: object) => warnings.push(fields) };
  const job = timerJob({
    clicks: closing(10n),
    onTimer: { close: (_timer, ctx) => ctx.emit.notes(ctx.key, 'closed') },
  });
  const { declaration, handlers } = job;
  const later = createJob({ ...declaration, timers: ['remind'] }, { ...handlers, clicks: nothing });
  happen(log, clicks, 'a 1');
  await run(job, options(log));
  happen(log, clicks, 'b 100');
  await run(later, { ...options(log), logger });
  expect(warnings).toContainEqual(expect.objectContaining({ timers: ['close'] }));
  const without = createJob({ ...declaration, timers: [] }, { ...handlers, clicks: nothing });
  await run(without, { ...options(log), logger });
  expect(warnings).toContainEqual(expect.objectContaining({ states: ['timers'] }));
  expect(noted(log)).toEqual([]);
  await run(job, options(log));
  expect(noted(log)).toEqual(['a: closed @11']);
});

test('keys that are objects, and numbers that a map would confuse, come back as they were', async () => {
  const log = freshLog();
  const keys: unknown[] = [];
  for (const key of ['{"a":[1]}', '-0', '0', '"\\ud800x"', 'null']) {
    log.produce([{ topic: 'clicks', partition: 0, key: Buffer.from(key), value: Buffer.from('x 1 ') }]);
  }
  const { declaration } = timerJob({ clicks: () => undefined, onTimer: {} });
  const topic = { ...declaration.inputs['clicks']?.topic, key: json } as unknown as typeof clicks;
  const job = createJob(
    { ...declaration, key: json, timers: ['close'], inputs: { clicks: { topic, as: 'stream', outOfOrderness: 0 } } },
    {
      clicks: (_event: unknown, ctx: EventContext) => ctx.timers.set('close', { processingTime: 1n }),
      onTimer: { close: (_timer: unknown, ctx: EventContext) => void keys.push(ctx.key) },
    },
  );
  await run(job, options(log));
  expect(keys).toHaveLength(5);
  expect(keys).toEqual(expect.arrayContaining([{ a: [1] }, -0, 0, '\ud800x', null]));
});
