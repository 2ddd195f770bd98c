import { JobError, LogError, type RestartStrategy } from '@kgen/runtime';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { restartProblem } from '../../runtime/src/job/check-restart.ts';
import { type RestartDecision, restartsBy } from '../../runtime/src/job/restarts.ts';

/** A clock that stands still but for what a test adds, and deals the same chance again and again. */
function standing(chance = 0.5) {
  const clock = {
    time: 0,
    now: () => clock.time,
    monotonic: () => clock.time,
    after: () => () => undefined,
    turn: () => Promise.resolve(),
    random: () => chance,
  };
  return clock;
}

const logError = new LogError('unknown-outcome', 'no answer');

function handlerError(offset: bigint | undefined, reason: string): JobError {
  const place = offset === undefined ? {} : { topic: 'orders', partition: 0, offset };
  return new JobError('JOB_HANDLER_FAILED', `failed: ${reason}`, { ...place, cause: new Error(reason) });
}

/** Pauses until there is none; time passes meanwhile, and `run` milliseconds between two failures. */
function pausesOf(strategy: RestartStrategy, { chance = 0.5, run = 0, most = 20 } = {}): readonly (number | string)[] {
  const clock = standing(chance);
  const restarts = restartsBy(strategy, clock);
  const pauses: (number | string)[] = [];
  while (pauses.length < most) {
    const decision = restarts.failed(logError);
    if (!decision.restart) return [...pauses, decision.why];
    pauses.push(Math.round(decision.pause));
    clock.time += decision.pause + run;
  }
  return pauses;
}

describe('pauses', () => {
  test('none: the first failure is the last', () => {
    expect(pausesOf({ strategy: 'none' })).toEqual(['none']);
  });

  test('fixed delay', () => {
    expect(pausesOf({ strategy: 'fixed-delay', delay: 200, attempts: 3 })).toEqual([200, 200, 200, 'exhausted']);
    expect(pausesOf({ strategy: 'fixed-delay' })).toEqual([...Array(10).fill(1000), 'exhausted']);
  });

  test('exponential, up to a limit', () => {
    const pauses = [100, 200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 'exhausted'];
    expect(pausesOf({ strategy: 'exponential' })).toEqual(pauses);
    const quick = { strategy: 'exponential', initialDelay: 10, multiplier: 3, maxDelay: 50, attempts: 4 } as const;
    expect(pausesOf(quick)).toEqual([10, 30, 50, 50, 'exhausted']);
  });

  test('failure rate: as long as no time of that length has more failures than it may', () => {
    const strategy = { strategy: 'failure-rate', failures: 3, interval: 10_000, delay: 50 } as const;
    expect(pausesOf(strategy)).toEqual([50, 50, 50, 'rate']);
    // The fourth comes 3 × 3400 ms after the first: just late enough.
    expect(pausesOf(strategy, { run: 3350 })).toEqual(Array(20).fill(50));
    expect(pausesOf(strategy, { run: 3200 })).toEqual([50, 50, 50, 'rate']);
    expect(pausesOf({ strategy: 'failure-rate' })).toEqual([1000, 1000, 1000, 'rate']);
    const endless = { strategy: 'failure-rate', failures: Number.POSITIVE_INFINITY } as const;
    expect(pausesOf(endless, { most: 200 })).toHaveLength(200);
    expect(pausesOf({ ...strategy, failures: 1 })).toEqual([50, 'rate']);
  });

  test('failure rate: failures that are seldom never add up', () => {
    const clock = standing();
    const restarts = restartsBy({ strategy: 'failure-rate', failures: 2, interval: 1000, delay: 0 }, clock);
    const tries = [0, 600, 1000, 1600, 2599, 2600, 3000].map((time) => {
      clock.time = time;
      return restarts.failed(logError).restart;
    });
    // Those at 600 and 1000 lie within the second before 1600 is over; 2599 and 2600 are alone with each other, until 3000.
    expect(tries).toEqual([true, true, true, true, true, true, false]);
  });

  test('chance makes them shorter or longer, by no more than it may', () => {
    expect(pausesOf({ strategy: 'exponential', attempts: 1 }, { chance: 0 })[0]).toBe(90);
    expect(pausesOf({ strategy: 'exponential', attempts: 1 }, { chance: 0.999_999 })[0]).toBe(110);
    expect(pausesOf({ strategy: 'exponential', attempts: 1, jitter: 0 }, { chance: 0 })[0]).toBe(100);
    expect(pausesOf({ strategy: 'exponential', attempts: 1, jitter: 1 }, { chance: 0 })[0]).toBe(0);
  });

  test('of a strategy without end', () => {
    expect(pausesOf({ strategy: 'exponential', attempts: Number.POSITIVE_INFINITY }, { most: 200 }).at(-1)).toBe(
      30_000,
    );
  });

  test('that begin without a pause go on without one', () => {
    const strategy = { strategy: 'exponential', attempts: Number.POSITIVE_INFINITY, initialDelay: 0 } as const;
    expect(new Set(pausesOf(strategy, { most: 2000 }))).toEqual(new Set([0]));
  });

  test('begin anew after a time without failure, counted from the restart', () => {
    const strategy = { strategy: 'exponential', attempts: 2, resetAfter: 5000 } as const;
    expect(pausesOf(strategy, { run: 4999 })).toEqual([100, 200, 'exhausted']);
    expect(pausesOf(strategy, { run: 5000, most: 5 })).toEqual([100, 100, 100, 100, 100]);
  });

  test('never fall below 0, or exceed limit and jitter, whatever the options', () => {
    const ms = fc.integer({ min: 0, max: 100_000 });
    fc.assert(
      fc.property(
        fc.record({
          initialDelay: ms,
          maxDelay: ms,
          multiplier: fc.double({ min: 1, max: 100, noNaN: true }),
          jitter: fc.double({ min: 0, max: 1, noNaN: true }),
        }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (options, chance) => {
          const strategy = { strategy: 'exponential', attempts: 50, ...options } as const;
          expect(restartProblem(strategy)).toBeUndefined();
          for (const pause of pausesOf(strategy, { chance, most: 50 })) {
            expect(pause).toBeGreaterThanOrEqual(0);
            expect(pause).toBeLessThanOrEqual(options.maxDelay * (1 + options.jitter) + 1);
          }
        },
      ),
    );
  });
});

describe('a record that fails the same way', () => {
  const why = (decision: RestartDecision): string => (decision.restart ? 'restart' : decision.why);

  function verdicts(errors: readonly unknown[], strategy: RestartStrategy = { strategy: 'exponential' }): string[] {
    const restarts = restartsBy(strategy, standing());
    return errors.map((error) => why(restarts.failed(error)));
  }

  test('ends the job the third time', () => {
    const error = handlerError(7n, 'broken');
    expect(verdicts([error, error, error])).toEqual(['restart', 'restart', 'same-failure']);
  });

  test('also where the log fails in between', () => {
    const error = handlerError(7n, 'broken');
    expect(verdicts([error, logError, error, logError, error]).at(-1)).toBe('same-failure');
  });

  test('is like a hook that does', () => {
    const hook = handlerError(undefined, 'broken');
    expect(verdicts([hook, hook, hook]).at(-1)).toBe('same-failure');
  });

  test('is another one where the record or the reason is another', () => {
    const errors = [1n, 2n, 1n, 2n, 1n, 2n].map((offset) => handlerError(offset, 'broken'));
    expect(new Set(verdicts(errors))).toEqual(new Set(['restart']));
    const reasons = ['a', 'b', 'a', 'b', 'a'].map((reason) => handlerError(7n, reason));
    expect(new Set(verdicts(reasons))).toEqual(new Set(['restart']));
  });

  test.each(['JOB_DECODE_FAILED', 'JOB_NULL_KEY', 'JOB_NULL_VALUE', 'JOB_PRODUCE_FAILED'] as const)(
    'may fail with %s',
    (code) => {
      const error = new JobError(code, 'cannot be read', { topic: 'orders', partition: 0, offset: 7n });
      expect(verdicts([error, error, error])).toEqual(['restart', 'restart', 'same-failure']);
    },
  );

  test('as often as is asked for', () => {
    const errors = Array(10).fill(handlerError(7n, 'broken'));
    const often = { strategy: 'fixed-delay', sameFailures: 5 } as const;
    expect(verdicts(errors, often).indexOf('same-failure')).toBe(4);
    const seldom = { strategy: 'failure-rate', failures: 100, sameFailures: 5 } as const;
    expect(verdicts(errors, seldom).indexOf('same-failure')).toBe(4);
    const never = { ...often, sameFailures: Number.POSITIVE_INFINITY };
    expect(verdicts(errors, never)).not.toContain('same-failure');
  });
});

test.each([
  [
    { strategy: 'sometimes' },
    "restart.strategy: 'sometimes' is unknown; use 'none', 'fixed-delay', 'exponential', 'failure-rate'",
  ],
  [
    { strategy: 'toString' },
    "restart.strategy: 'toString' is unknown; use 'none', 'fixed-delay', 'exponential', 'failure-rate'",
  ],
  [{ strategy: 'none', attempts: 1 }, "restart.attempts: strategy 'none' has no such option"],
  [{ strategy: 'fixed-delay', initialDelay: 1 }, "restart.initialDelay: strategy 'fixed-delay' has no such option"],
  [{ strategy: 'failure-rate', attempts: 3 }, "restart.attempts: strategy 'failure-rate' has no such option"],
  [{ strategy: 'failure-rate', interval: 0 }, 'restart.interval: 0 is not a number of milliseconds from 1'],
  [{ strategy: 'failure-rate', failures: 0 }, 'restart.failures: 0 is not a whole number from 1, or Infinity'],
  [{ strategy: 'fixed-delay', delay: -1 }, 'restart.delay: -1 is not milliseconds from 0 to 24 days'],
  [{ strategy: 'fixed-delay', attempts: 1.5 }, 'restart.attempts: 1.5 is not a whole number from 1, or Infinity'],
  [{ strategy: 'exponential', multiplier: 0.5 }, 'restart.multiplier: 0.5 is not a number from 1'],
  [{ strategy: 'exponential', jitter: Number.NaN }, 'restart.jitter: NaN is not a number from 0 to 1'],
  [{ strategy: 'exponential', maxDelay: '1 s' }, 'restart.maxDelay: 1 s is not milliseconds from 0 to 24 days'],
])('%j is refused', (strategy, problem) => {
  expect(restartProblem(strategy as RestartStrategy)).toBe(problem);
});
