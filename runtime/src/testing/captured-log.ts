import type { JobLog } from '../ops/job-log.ts';
import type { Clock } from '../time/clock.ts';

/** A line that the job, or the runtime about it, has logged. */
export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly message: string | undefined;
  readonly fields: { readonly [name: string]: unknown };
  /** Milliseconds since 1970, in the driver's time. */
  readonly time: number;
}

/** Keeps what is logged, and prints nothing. */
export function capturedLog(clock: Clock, lines: LogLine[]): JobLog {
  const at = (level: LogLine['level']): JobLog[LogLine['level']] => {
    return (fields, message) => void lines.push({ level, message, fields: { ...fields }, time: clock.now() });
  };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}
