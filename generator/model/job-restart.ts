import type { RestartStrategy } from '@kgen/runtime';
import { parseDuration } from '@kgen/runtime';
import type { RestartConfig } from '../config/config.ts';
import type { JobSurroundings } from './job-surroundings.ts';

/** A timer of JavaScript cannot wait longer. */
const LONGEST = 0x7fffffff;

/** The strategy with durations in milliseconds, as the runtime takes it. Its form has been checked. */
export function buildRestart(config: RestartConfig, path: string, around: JobSurroundings): RestartStrategy {
  const milliseconds = (option: string, value: number | string): number => {
    const parsed = parseDuration(value);
    if ('reason' in parsed) {
      around.report(`${path}.${option}`, parsed.reason, parsed.hint);
      return 0;
    }
    if (parsed.milliseconds > LONGEST)
      around.report(`${path}.${option}`, 'no timer waits that long', 'Give less than 24 days');
    if (option === 'interval' && parsed.milliseconds < 1)
      around.report(
        `${path}.${option}`,
        'no failure lies within no time',
        "Give at least 1 ms; the default is '5 minutes'",
      );
    return parsed.milliseconds;
  };
  const given = Object.entries(config).flatMap(([option, value]: [string, unknown]) => {
    if (value === undefined) return [];
    const isDuration = DURATIONS.includes(option) && (typeof value === 'number' || typeof value === 'string');
    return [[option, isDuration ? milliseconds(option, value) : value] as const];
  });
  return Object.fromEntries(given) as unknown as RestartStrategy;
}

const DURATIONS: readonly string[] = ['delay', 'initialDelay', 'interval', 'maxDelay', 'resetAfter'];
