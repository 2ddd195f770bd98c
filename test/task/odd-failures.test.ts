import { isJobError } from '@kgen/runtime';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { consoleLog } from '../../runtime/src/ops/console-log.ts';
import { countOrder } from './count-job.ts';
import { emitted, type FailingShape, failingJob, letters, logWith, order, runOn } from './failing-job.ts';

// What JavaScript lets handlers throw, and functions that decide return.

const cyclic = new Error('outer');
cyclic.cause = new Error('inner', { cause: cyclic });

const guarded = (name: string): Error =>
  Object.defineProperty(new Error('guarded'), name, {
    get() {
      throw new Error(`no ${name}`);
    },
  });

const revoked = Proxy.revocable({}, {});
revoked.revoke();

const rejected = Promise.reject(new Error('later'));
rejected.catch(() => undefined);

const CUT = `${'x'.repeat(4096)}…`;

const thrown: readonly (readonly [string, unknown, string | RegExp])[] = [
  ['undefined', undefined, 'undefined'],
  ['null', null, 'null'],
  ['a string', 'no room', 'no room'],
  ['an empty error', new TypeError(''), 'TypeError'],
  ['several errors', new AggregateError([new Error('one'), new Error('two')]), 'AggregateError: one; two'],
  ['an error with a code alone', Object.assign(new Error(''), { code: 'ECONNREFUSED' }), 'ECONNREFUSED'],
  ['a frozen object', Object.freeze({ status: 503 }), '{"status":503}'],
  ['an object with a message', { message: 'from another realm' }, 'from another realm'],
  ['an object without a prototype', Object.create(null), '{}'],
  ['a symbol', Symbol('why'), 'Symbol(why)'],
  ['a bigint', 7n, '7'],
  ['a huge message', new Error('x'.repeat(1_000_000)), CUT],
  ['a message that is no text', Object.assign(new Error(), { message: { deep: 1 } }), '{"deep":1}'],
  ['a cycle of causes', cyclic, 'outer'],
  ['an error whose message throws', guarded('message'), /cannot be read: no message/],
  ...['cause', 'code', 'name', 'stack'].map(
    (name) => [`an error whose ${name} throws`, guarded(name), 'guarded'] as const,
  ),
  ['a proxy that is revoked', revoked.proxy, /cannot be read: /],
  ['a rejected promise', rejected, /^\{\}$|later|Promise/],
  ['a function', () => undefined, /.*/],
];

const rejections: unknown[] = [];
const note = (reason: unknown): void => void rejections.push(reason);
beforeEach(() => {
  rejections.length = 0;
  process.on('unhandledRejection', note);
});
afterEach(async () => {
  await new Promise((resolve) => setImmediate(resolve));
  process.off('unhandledRejection', note);
  expect(rejections).toEqual([]);
});

describe.each([
  ['at once', 1, false],
  ['later', 1, true],
  ['among others', 4, false],
  ['later, among others', 4, true],
] as const)('a handler that throws %s', (_, concurrency, later) => {
  const handlers = (what: unknown): FailingShape['handlers'] => ({
    orders(value, ctx) {
      if (value.amount > 0) return countOrder(value, ctx);
      if (later) return Promise.resolve().then(() => Promise.reject(what));
      throw what;
    },
  });

  test.each(thrown)('%s', async (_, what, reason) => {
    const lines: string[] = [];
    for (const format of ['text', 'json'] as const) {
      const log = logWith([order('ann', 0), order('ann', 1)]);
      const job = failingJob(handlers(what), { concurrency, onError: { process: { deadLetter: 'dead' } } });
      const logger = consoleLog({ format, write: (line) => void lines.push(line) });
      await runOn(log, job, { logger });
      expect(emitted(log)).toHaveLength(1);
      const said = letters(log).map(({ headers }) => headers['kgen.reason']);
      expect(said).toEqual([
        typeof reason === 'string' && reason !== CUT
          ? reason
          : reason === CUT
            ? expect.stringMatching(/^x{4096}/)
            : expect.stringMatching(reason),
      ]);
    }
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThan(100_000);
    const log = logWith([order('ann', 0)]);
    const failed = await runOn(log, failingJob(handlers(what), { concurrency }), {
      restart: { strategy: 'none' },
    }).catch((error: unknown) => error);
    expect(isJobError(failed, 'JOB_HANDLER_FAILED') && failed.message).toMatch(
      /^orders-0 at offset 0: handler `orders` failed: /,
    );
    expect(isJobError(failed) && failed.message.length).toBeLessThan(5000);
  });
});

test.each([1, 4])(
  'what a handler returns may be a thenable that cannot be asked (concurrency %i)',
  async (concurrency) => {
    const log = logWith([order('ann', 0), order('ann', 1)]);
    const broken = Object.defineProperty({}, 'then', {
      get() {
        throw new Error('no then');
      },
    });
    const handlers: FailingShape['handlers'] = {
      orders: (value, ctx) => (value.amount > 0 ? countOrder(value, ctx) : (broken as Promise<void>)),
    };
    await runOn(log, failingJob(handlers, { concurrency, onError: { process: 'skip' } }));
    expect(emitted(log)).toHaveLength(1);
  },
);

test.each<readonly [string, () => unknown, string]>([
  ['a promise', async () => 'skip', 'returned a promise'],
  ['a promise that is rejected', async () => Promise.reject(new Error('late')), 'returned a promise'],
  ['an object without a prototype', () => Object.create(null), 'returned object {}'],
  ['a symbol', () => Symbol('skip'), 'returned symbol Symbol(skip)'],
  [
    'an object that throws',
    () => ({
      get deadLetter(): never {
        throw new Error('no topic');
      },
    }),
    'no topic',
  ],
  ['a topic that is not declared', () => ({ deadLetter: 'elsewhere' }), 'wants it in elsewhere'],
  ['null', () => null, 'returned object null'],
])('a function that decides and returns %s fails the job, with both reasons', async (_, answer, said) => {
  const log = logWith([order('ann', 0)]);
  const handlers: FailingShape['handlers'] = {
    orders() {
      throw new Error('first of all');
    },
    onError: { process: answer as () => 'skip' },
  };
  const job = failingJob(handlers, { onError: { process: { deadLetter: 'dead' } } });
  const failed = await runOn(log, job, { restart: { strategy: 'none' } }).catch((error: unknown) => error);
  expect(isJobError(failed) && failed.message).toMatch(
    /^orders-0 at offset 0: handler `orders` failed: first of all; /,
  );
  expect(isJobError(failed) && failed.message).toContain(said);
  expect(letters(log)).toEqual([]);
});
