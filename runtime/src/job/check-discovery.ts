import { JobError } from '../task/job-error.ts';
import { type Duration, parseDuration } from '../time/duration.ts';

/** A timer of JavaScript cannot wait longer, in milliseconds. */
const LONGEST = 0x7fffffff;

/** How often new topics and partitions are looked for, in milliseconds. @throws JobError with code `JOB_OPTIONS` */
export function discoveryInterval(given: Duration | false | undefined): number | false | undefined {
  if (given === undefined || given === false) return given;
  const parsed = parseDuration(given);
  if ('reason' in parsed) throw new JobError('JOB_OPTIONS', `option discovery: ${parsed.reason}. ${parsed.hint}`);
  if (parsed.milliseconds >= 1 && parsed.milliseconds <= LONGEST) return parsed.milliseconds;
  const message = `option discovery: ${parsed.milliseconds} ms is no interval; give 1 ms to 24 days, or false for never`;
  throw new JobError('JOB_OPTIONS', message);
}
