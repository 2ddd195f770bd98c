import type { Job, JobShape } from '../job/declaration.ts';
import { type Driver, JobDriver } from './driver.ts';
import type { DriveOptions } from './options.ts';

/**
 * Runs a job for a test: its handlers in the real runtime, on a log in memory, in time that only the test lets pass.
 * Resolves when the job is ready for its first record.
 * @throws JobError where the job cannot start
 * @example
 * const driver = await drive(job);
 * await driver.send.flights(sample(Flight, { origin: 'SEA', delay: 12 }));
 * driver.read.delays().map(({ value }) => value?.minutes); // [12]
 */
export async function drive<S extends JobShape>(job: Job<S>, options: DriveOptions = {}): Promise<Driver<S>> {
  const driver = new JobDriver<S>(job, options);
  await driver.restart();
  return driver;
}
