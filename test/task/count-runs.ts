import type { JobError, RunOptions } from '@kgen/runtime';
import { type MemoryLog, memoryLog } from '@kgen/runtime/memory';
import { orders } from './count-job.ts';
import { someOrders } from './model.ts';

// Runs of the job that counts orders, to the end of what there is.

export function freshLog(seed: number): MemoryLog {
  const log = memoryLog({ topics: { orders: 2, names: 2, totals: 2 } });
  produce(log, 40, seed);
  return log;
}

export function produce(log: MemoryLog, count: number, seed: number): void {
  log.produce(someOrders(count, seed).map((order) => orders.serializeValue(order)));
}

export function options(log: MemoryLog, more: Partial<RunOptions> = {}): RunOptions {
  return { log, until: 'latest', logger: false, ...more };
}

export async function failure(promise: Promise<unknown>): Promise<JobError> {
  return promise.then(
    () => Promise.reject(new Error('it did not fail')),
    (error: JobError) => error,
  );
}
