import type { LogLimits } from '../../log/port.ts';
import { JobError } from '../job-error.ts';

/** How long handlers may take where nothing else is said, in milliseconds; less where the log has less patience. */
const HANDLER_TIMEOUT = 30_000;
/** For what was written to be acknowledged, and tasks to be given up: at most so many milliseconds, of short time-outs a fifth. */
const SETTLING = 10_000;

export interface TimeSettings {
  /** In milliseconds, start to start. */
  readonly checkpointInterval: number;
  /** How many checkpoints may be under way at once. */
  readonly concurrentCheckpoints: number;
  /** In milliseconds; undefined for the default. */
  readonly handlerTimeout: number | undefined;
  /** False for a job that has none. */
  readonly transactions: boolean;
}

/**
 * How long a handler may take, in milliseconds.
 *
 * I7: a transaction is open from its first write until the next checkpoint is due, the handler at hand is done, all is
 * acknowledged, and those before it are committed; the log aborts it if that lasts too long. I6: who is asked for tasks finishes a checkpoint first.
 * @throws JobError with code `JOB_OPTIONS` where the log's time-outs are too short for that
 */
export function handlerTimeoutOf(settings: TimeSettings, limits: LogLimits | undefined): number {
  const { rebalanceTimeout = Infinity } = limits ?? {};
  const transactionTimeout = settings.transactions ? (limits?.transactionTimeout ?? Infinity) : Infinity;
  const handler = settings.handlerTimeout ?? Math.min(HANDLER_TIMEOUT, transactionTimeout / 2, rebalanceTimeout / 2);
  const { checkpointInterval, concurrentCheckpoints } = settings;
  check('transactionTimeout', transactionTimeout, handler + checkpointInterval * concurrentCheckpoints, [
    `${concurrentCheckpoints === 1 ? '' : `${concurrentCheckpoints} times `}${checkpointInterval} ms of checkpoint interval`,
    `${handler} ms of handlerTimeout`,
  ]);
  check('rebalanceTimeout', rebalanceTimeout, handler, [`${handler} ms of handlerTimeout`]);
  return handler;
}

function check(name: keyof LogLimits, timeout: number, work: number, parts: readonly string[]): void {
  const settling = Math.min(SETTLING, timeout / 5);
  if (timeout === Infinity || timeout > work + settling) return;
  const sum = [...parts, `${settling} ms for the rest`].join(', ');
  const what = name === 'transactionTimeout' ? 'a transaction may be open' : 'giving tasks up may last';
  const most = name === 'transactionTimeout' ? ' (brokers allow up to their transaction.max.timeout.ms)' : '';
  throw new JobError(
    'JOB_OPTIONS',
    `${what} for ${work + settling} ms (${sum}), and the log's ${name} is ${timeout} ms. Raise ${name}${most}, or lower the others`,
  );
}
