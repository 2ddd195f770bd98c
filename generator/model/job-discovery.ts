import { parseDuration } from '@kgen/runtime';
import type { Duration } from '../config/config.ts';
import type { JobSurroundings } from './job-surroundings.ts';

/** A timer of JavaScript cannot wait longer. */
const LONGEST = 0x7fffffff;

/** How often new topics and partitions are looked for, in milliseconds, or never. Its form has been checked. */
export function buildDiscovery(given: Duration | false, path: string, around: JobSurroundings): number | false {
  if (given === false) return false;
  const parsed = parseDuration(given);
  if ('reason' in parsed) around.report(path, parsed.reason, parsed.hint);
  else if (parsed.milliseconds < 1)
    around.report(
      path,
      'brokers would be asked all the time',
      "Give at least 1 ms; '30 s' suits most, and false is never",
    );
  else if (parsed.milliseconds > LONGEST)
    around.report(path, 'no timer waits that long', 'Give less than 24 days, or false for never');
  else return parsed.milliseconds;
  return false;
}
