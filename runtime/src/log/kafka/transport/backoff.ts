import { type Clock, sleep } from '../../../time/clock.ts';
import { ERROR_CODES } from '../error-codes.ts';
import { KafkaError } from '../errors.ts';

/** Milliseconds to wait before a request is repeated for the `attempt`th time, from 0: longer each time, and never the same. */
export function pause(clock: Clock, attempt: number, error?: unknown): number {
  const spread = 0.5 + clock.random() / 2;
  // The last transaction is being completed: a matter of milliseconds.
  if (error instanceof KafkaError && error.kafkaCode === ERROR_CODES.CONCURRENT_TRANSACTIONS)
    return Math.min(5, 1 + attempt) * spread;
  return Math.min(1000, 20 * 2 ** Math.min(attempt, 10)) * spread;
}

/**
 * Repeats what fails in a `retriable` way until `patience` milliseconds are over, and then throws the last error.
 * Each attempt looks up anew what it needs.
 */
export async function retrying<T>(clock: Clock, patience: number, attempt: () => Promise<T>): Promise<T> {
  const deadline = clock.monotonic() + patience;
  for (let tries = 0; ; tries++) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof KafkaError) || error.kind !== 'retriable') throw error;
      const wait = pause(clock, tries, error);
      if (clock.monotonic() + wait > deadline) throw error;
      await sleep(clock, wait);
    }
  }
}
