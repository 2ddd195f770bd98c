import { placeOf } from '../task/errors/place-of.ts';
import { isJobError } from '../task/job-error.ts';
import type { FailureRateRestart, RestartLimits, RestartStrategy } from '../task/restart-strategy.ts';
import type { Clock } from '../time/clock.ts';

/** What follows a failure. */
export type RestartDecision =
  /** A try more, after `pause` milliseconds. It is the `attempt`th in a row, of `attempts`. */
  | { readonly restart: true; readonly pause: number; readonly attempt: number; readonly attempts: number }
  /** None. `exhausted`: that many restarts in a row did not help. `same-failure`: a record fails, always the same way. */
  | { readonly restart: false; readonly why: 'none' }
  | { readonly restart: false; readonly why: 'exhausted'; readonly attempts: number }
  /** More failures than a time of that length, in milliseconds, may have. */
  | { readonly restart: false; readonly why: 'rate'; readonly failures: number; readonly interval: number }
  | { readonly restart: false; readonly why: 'same-failure'; readonly failures: number };

/** The restarts of one run: what was tried so far, and what follows. */
export interface Restarts {
  /** An error that restarting may mend. */
  failed(error: unknown): RestartDecision;
}

const ATTEMPTS = 10;
const RESET_AFTER = 60_000;
const SAME_FAILURES = 3;
const DELAY = 1000;
const FAILURES = 3;
const INTERVAL = 300_000;

/** Time and chance come from `clock`. */
export function restartsBy(strategy: RestartStrategy, clock: Clock): Restarts {
  switch (strategy.strategy) {
    case 'none':
      return { failed: () => ({ restart: false, why: 'none' }) };
    case 'fixed-delay': {
      const { delay = DELAY } = strategy;
      return limited(strategy, clock, () => delay);
    }
    case 'failure-rate':
      return rateLimited(strategy, clock);
    case 'exponential': {
      const { initialDelay = 100, maxDelay = 30_000, multiplier = 2, jitter = 0.1 } = strategy;
      return limited(strategy, clock, (attempt) => {
        // The power is infinite some day, and 0 times that no number.
        const pause = initialDelay === 0 ? 0 : Math.min(maxDelay, initialDelay * multiplier ** (attempt - 1));
        return pause * (1 + jitter * (2 * clock.random() - 1));
      });
    }
  }
}

/** So many in a row; `pauseBefore` gives milliseconds before the first, the second, … of them. */
function limited(limits: RestartLimits, clock: Clock, pauseBefore: (attempt: number) => number): Restarts {
  const { attempts = ATTEMPTS, resetAfter = RESET_AFTER, sameFailures = SAME_FAILURES } = limits;
  const repeats = repeatedFailures();
  let made = 0;
  /** When the run was, or will be, under way again. */
  let since = clock.monotonic();
  return {
    failed(error) {
      const failures = repeats(error);
      if (failures >= sameFailures) return { restart: false, why: 'same-failure', failures };
      if (clock.monotonic() - since >= resetAfter) made = 0;
      if (made >= attempts) return { restart: false, why: 'exhausted', attempts };
      const pause = pauseBefore(++made);
      since = clock.monotonic() + pause;
      return { restart: true, pause, attempt: made, attempts };
    },
  };
}

/** As long as no time of that length has more failures than it may. */
function rateLimited(strategy: FailureRateRestart, clock: Clock): Restarts {
  const { failures = FAILURES, interval = INTERVAL, delay = DELAY, sameFailures = SAME_FAILURES } = strategy;
  const repeats = repeatedFailures();
  let recent: number[] = [];
  return {
    failed(error) {
      const same = repeats(error);
      if (same >= sameFailures) return { restart: false, why: 'same-failure', failures: same };
      const now = clock.monotonic();
      recent = [...recent.filter((time) => now - time < interval), now];
      if (recent.length > failures) return { restart: false, why: 'rate', failures: recent.length, interval };
      return { restart: true, pause: delay, attempt: recent.length, attempts: failures };
    },
  };
}

/** How often in a row a record, or a hook, has failed at the same place for the same reason. */
function repeatedFailures(): (error: unknown) => number {
  let last: string | undefined;
  let count = 0;
  return (error) => {
    // A failure of the log says nothing of records.
    if (!isJobError(error) || placeOf(error) === undefined) return 0;
    const failure = `${error.topic}-${error.partition} ${error.offset} ${error.message}`;
    count = failure === last ? count + 1 : 1;
    last = failure;
    return count;
  };
}
