import { drive } from '@kgen/runtime/testing';
import { expect, test } from 'vitest';
import { type TimeContext, type TimeHandlers, timeJob } from './time-job.ts';

const MINUTE = 60_000;

function count(_: string, ctx: TimeContext): void {
  const { count = 0, sum = 0 } = ctx.state.total.get() ?? {};
  ctx.state.total.set({ count: count + 1, sum });
  ctx.timers.set('quiet', { eventTime: ctx.record.timestamp + BigInt(MINUTE) });
  ctx.timers.set('wake', { after: 5 * MINUTE });
}

const say = (what: string) => (_: object, ctx: TimeContext) => {
  ctx.emit.counts(ctx.key, `${what} ${ctx.state.total.get()?.count}`);
};
const handlers: TimeHandlers = { words: count, others: count, onTimer: { quiet: say('quiet'), wake: say('wake') } };

const seenBy = (driver: { read: { counts(): readonly { key: string | null; value: string | null }[] } }): string[] =>
  driver.read.counts().map(({ key, value }) => `${key} ${value}`);

test('timers by the clock fire when the test lets time pass, each once, over crashes too', async () => {
  const driver = await drive(timeJob(handlers));
  await driver.send.words('x', { key: 'a', timestamp: 0 });
  await driver.advance('4 minutes');
  await driver.crash();
  await driver.advance('2 minutes');
  expect(seenBy(driver)).toEqual([]);
  await driver.restart();
  expect(seenBy(driver)).toEqual(['a wake 1']);
  await driver.advance('1 hour');
  expect(seenBy(driver)).toEqual(['a wake 1']);
});

test('event time passes with records of all inputs, or of those that are not idle', async () => {
  const driver = await drive(timeJob(handlers));
  await driver.send.words('x', { key: 'a', timestamp: 0 });
  await driver.send.words('x', { key: 'b', timestamp: 2 * MINUTE });
  // The other input has said nothing of event time yet.
  expect(seenBy(driver)).toEqual([]);
  await driver.send.others('x', { key: 'b', timestamp: 2 * MINUTE });
  expect(seenBy(driver)).toEqual(['a quiet 1']);
  await driver.send.words('late', { key: 'a', timestamp: 1 });
  expect(seenBy(driver)).toEqual(['a quiet 1', 'a quiet 2']);
  await driver.send.words('x', { key: 'c', timestamp: 9 * MINUTE });
  expect(seenBy(driver).length).toBe(2);
  await driver.advance('1 minute');
  expect(seenBy(driver)).toEqual(['a quiet 1', 'a quiet 2', 'b quiet 2']);
});

test('what a timer’s handler does wrong is found as well', async () => {
  const careless = timeJob({
    ...handlers,
    onTimer: {
      ...handlers.onTimer,
      async wake(_, ctx) {
        const total = ctx.state.total.get();
        await new Promise((resolve) => setTimeout(resolve, 1));
        Object.assign(total ?? {}, { count: 99 });
      },
    },
  });
  const driver = await drive(careless);
  await driver.send.words('x', { key: 'a' });
  const error: unknown = await driver.advance('5 minutes').catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code: 'JOB_HANDLER_FAILED' });
  expect(String(error)).toContain("it changed state `total` of key 'a' in place");
  expect(String(error)).toContain('wake');
});

test('much time passes quickly', async () => {
  const driver = await drive(timeJob(handlers), { now: 0 });
  await driver.send.words('x', { key: 'a' });
  await driver.advance('1 day');
  expect(driver.now).toEqual(new Date(24 * 60 * MINUTE));
  expect(seenBy(driver)).toEqual(['a wake 1']);
});
