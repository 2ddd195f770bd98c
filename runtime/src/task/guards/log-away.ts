import type { Log } from '../../log/port.ts';
import type { JobLog } from '../../ops/job-log.ts';
import type { Clock } from '../../time/clock.ts';
import { lasting } from './lasting.ts';

/** How often it is looked, in milliseconds. */
const LOOK_EVERY = 1000;
/** Brokers that restart, or hand partitions on, are silent for some seconds: no news. In milliseconds. */
const AWAY_AFTER = 10_000;
/** While they stay away it is said again this often, in milliseconds. */
const SAY_EVERY = 60_000;

/**
 * Says it where the log answers nothing any more, whatever the job does meanwhile, and when it answers again. Call what comes back
 * when the job ends.
 */
export function watchLog(log: Log, clock: Clock, jobLog: JobLog): () => void {
  if (log.silence === undefined) return () => undefined;
  /** Of the silence that was told last: when it began and when it was told, by the clock's `monotonic`. */
  let told: { readonly began: number; readonly at: number } | undefined;
  let armed = clock.monotonic();
  let callOff: () => void = () => undefined;
  const look = (): void => {
    const now = clock.monotonic();
    // Who was busy, or asleep, for so long has not heard answers that are there.
    const isLate = now - armed > 2 * LOOK_EVERY;
    const silence = log.silence?.();
    if (silence === undefined || silence.lasting < AWAY_AFTER) {
      if (told !== undefined)
        jobLog.info({ ms: Math.round(now - told.began) }, `the log answers again, after ${lasting(now - told.began)}`);
      told = undefined;
    } else if (!isLate && now - (told?.at ?? Number.NEGATIVE_INFINITY) >= SAY_EVERY) {
      told = { began: told?.began ?? now - silence.lasting, at: now };
      const { reason } = silence;
      jobLog.warn(
        { ms: Math.round(silence.lasting), ...(reason === undefined ? {} : { reason }) },
        `the log has not answered for ${lasting(silence.lasting)}: the job waits for it`,
      );
    }
    arm();
  };
  const arm = (): void => {
    armed = clock.monotonic();
    callOff = clock.after(LOOK_EVERY, look);
  };
  arm();
  return () => callOff();
}
