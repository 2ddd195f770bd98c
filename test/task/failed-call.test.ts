import { LogError, start } from '@kgen/runtime';
import { type MemoryLog, memoryLog } from '@kgen/runtime/memory';
import { expect, test, vi } from 'vitest';
import { type CopyContext, type CopyJob, copyJob, wordsIn } from './copy-job.ts';
import { withProducer } from './wrapped-log.ts';

// Effects of calls that run at once go to the transaction as each call settles. Where the log takes one output of a call and refuses the
// next, only an abort takes the first one back: nothing may be committed before that, whatever is to be done just then (I17).

const REFUSED = 'refused';
/** More than may be taken at once: the loop waits until one of them has settled, or failed. */
const MANY = [REFUSED, ...Array.from({ length: 7 }, (_, i) => `w${i}`)];

function produce(log: MemoryLog, partition: number, words: readonly string[]): void {
  log.produce(words.map((word) => ({ topic: 'words', partition, key: Buffer.from(word), value: Buffer.from(word) })));
}

/** Two copies of each word, when the gate is open; `called` has those whose handler was called. No checkpoint is due by itself. */
function copyTwice(gate: Promise<void>, called: Set<string>): CopyJob {
  const words = async (word: string, ctx: CopyContext): Promise<void> => {
    called.add(word);
    await gate;
    for (const copy of ['a', 'b']) ctx.emit.copies(ctx.key, `${word} ${copy}`);
  };
  const { declaration, handlers } = copyJob({ words }, 1_000_000_000);
  return { declaration: { ...declaration, concurrency: 2 }, handlers };
}

/** A log that refuses the second copy of one word, once. */
function refusing(log: MemoryLog): { readonly log: typeof log; readonly refusals: () => number } {
  let refusals = 0;
  const flaky = withProducer(log, (producer) => ({
    append(record) {
      const text = record.bytes.toString('utf8', record.valueStart, record.valueEnd);
      if (text === `${REFUSED} b` && refusals++ === 0) throw new LogError('abortable', 'not this one');
      return producer.append(record);
    },
  }));
  return { log: { ...log, ...flaky }, refusals: () => refusals };
}

function expectedCopies(log: MemoryLog): string[] {
  return wordsIn(log, 'words')
    .flatMap((word) => [`${word} a`, `${word} b`])
    .sort();
}

async function until(what: () => boolean): Promise<void> {
  await vi.waitUntil(what, { timeout: 20_000, interval: 1 });
}

/** What is to be heard of is heard. */
async function turns(): Promise<void> {
  for (let i = 0; i < 200; i++) await new Promise((resolve) => setImmediate(resolve));
}

test('what a failed call has left in the transaction is aborted before its task moves away', async () => {
  const log = memoryLog({ topics: { words: 2, copies: 1 } });
  const { log: flaky, refusals } = refusing(log);
  const gate = Promise.withResolvers<void>();
  const called = new Set<string>();
  const job = copyTwice(gate.promise, called);
  // Who has both tasks keeps the first one.
  produce(log, 1, MANY);
  const a = start(job, { log: flaky, logger: false, instance: 'a' });
  await until(() => called.size === 2);
  const b = start(job, { log, logger: false, instance: 'b' });
  await turns();
  gate.resolve();
  produce(log, 0, ['v0', 'v1']);
  await until(() => called.size === MANY.length + 2);
  await Promise.all([a.stop(), b.stop()]);
  expect(refusals()).toBeGreaterThan(0);
  expect(wordsIn(log, 'copies').sort()).toEqual(expectedCopies(log));
});

test('what a failed call has left in the transaction is aborted before tasks are taken on', async () => {
  const log = memoryLog({ topics: { words: 2, copies: 1 } });
  const { log: flaky, refusals } = refusing(log);
  const [gate, opening] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  let [isHeld, isOpening] = [false, false];
  const slow: MemoryLog = {
    ...flaky,
    async committedOffsets(group, partitions) {
      if (isHeld) {
        isOpening = true;
        await opening.promise;
      }
      return log.committedOffsets(group, partitions);
    },
  };
  // Who was there first keeps the first task.
  const ignore = { revoked: async () => undefined, assigned: () => undefined, lost: () => undefined };
  const layout = [{ topic: 'words', partitions: 2, global: false }];
  const visitor = await log.join({ group: 'copy', instance: 'visitor', static: false, layout }, ignore);
  const called = new Set<string>();
  const a = start(copyTwice(gate.promise, called), { log: slow, logger: false, instance: 'a' });
  await until(() => a.metrics().checkpoints === 1);
  // Nobody has begun the first task: its positions are committed as soon as it is taken on (I20).
  isHeld = true;
  await visitor.end({ leave: true });
  await until(() => isOpening);
  produce(log, 1, MANY);
  await until(() => called.size === 2);
  opening.resolve();
  await turns();
  gate.resolve();
  await until(() => called.size === MANY.length);
  await a.stop();
  expect(refusals()).toBeGreaterThan(0);
  expect(wordsIn(log, 'copies').sort()).toEqual(expectedCopies(log));
});
