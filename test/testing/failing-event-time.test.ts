import type { ErrorPolicies } from '@kgen/runtime';
import { drive } from '@kgen/runtime/testing';
import { describe, expect, test } from 'vitest';
import { type TimeHandlers, type TimeJob, timeJob } from './time-job.ts';

const MINUTE = 60_000;

/** A job with an input whose topic knows the event time of most words, and throws for `bad`. */
function jobOf(
  words: TimeHandlers['words'],
  more: { readonly onError?: ErrorPolicies; readonly concurrency?: number; readonly timers?: readonly string[] },
): TimeJob {
  const job = timeJob({ words, others() {}, onTimer: { quiet() {}, wake() {} } });
  const { declaration } = job;
  const { words: input } = declaration.inputs as typeof declaration.inputs & {
    words: (typeof declaration.inputs)[string];
  };
  const timestampFrom = (word: string): bigint | undefined => {
    if (word === 'bad') throw new RangeError('no time in it');
    return undefined;
  };
  const inputs = { ...declaration.inputs, words: { ...input, topic: { ...input.topic, timestampFrom } } };
  return { ...job, declaration: { ...declaration, inputs, ...more } as TimeJob['declaration'] };
}

describe('a record whose event time cannot be told', () => {
  test.each([1, 4])(
    'is passed over as decode says, and does not keep its input from being idle (concurrency %i)',
    async (concurrency) => {
      const watermarks: bigint[] = [];
      const job = jobOf((_, ctx) => void watermarks.push(ctx.watermark), { concurrency, onError: { decode: 'skip' } });
      const driver = await drive(job);
      await driver.send.words('fine', { key: 'a', timestamp: MINUTE });
      await driver.send.words('bad', { key: 'a', timestamp: 2 * MINUTE });
      await driver.send.others('x', { key: 'a', timestamp: 60 * MINUTE });
      expect(driver.metrics()).toMatchObject({ skipped: 1, records: 2 });
      await driver.advance('10 minutes');
      await driver.send.words('late', { key: 'a', timestamp: MINUTE });
      expect(watermarks).toEqual([-(2n ** 63n), BigInt(60 * MINUTE - 1000 - 1)]);
    },
  );

  test('fails the job otherwise, and says so', async () => {
    const driver = await drive(jobOf(() => undefined, {}));
    await expect(driver.send.words('bad', { key: 'a', timestamp: 0 })).rejects.toMatchObject({
      code: 'JOB_DECODE_FAILED',
      message: 'words-0 at offset 0: `timestampFrom` of topic words failed: no time in it',
      topic: 'words',
      offset: 0n,
      key: '"a"',
    });
  });

  test('has been handled where its handler was the first to ask for event time: it is not passed over as well', async () => {
    const seen: string[] = [];
    const words: TimeHandlers['words'] = (word, ctx) => {
      seen.push(word);
      expect(ctx.watermark).toBe(-(2n ** 63n));
    };
    const driver = await drive(jobOf(words, { timers: [], onError: { decode: { deadLetter: 'dead' } } }));
    await driver.send.words('bad', { key: 'a', timestamp: 0 });
    expect([seen, driver.deadLetters()]).toEqual([['bad'], []]);
    expect(driver.metrics()).toMatchObject({ records: 1, deadLetters: 0 });
    await driver.send.words('bad', { key: 'a', timestamp: 0 });
    expect([seen, driver.deadLetters().length]).toEqual([['bad'], 1]);
  });
});
