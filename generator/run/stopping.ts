import type { JobLog } from '@kgen/runtime';

/** What a process that was killed by a signal ends with: 128 and the signal's number. */
const CODES = { SIGINT: 130, SIGTERM: 143 } as const;
type StopSignal = keyof typeof CODES;

export interface Stopping {
  /** Aborted by the first signal. */
  readonly signal: AbortSignal;
  /** Signals do again what they do by themselves, and nothing waits any more. */
  end(): void;
}

/** What nobody caught is in the log as all else is. Nothing can be said of the state of such a process: it ends at once. */
export function endOnUncaught(log: JobLog, exit: (code: number) => never): void {
  process.on('uncaughtException', (err) => {
    log.error(
      { err },
      'an error that nobody caught ends the process; nothing is lost: what came after the last checkpoint is processed again',
    );
    exit(1);
  });
}

/**
 * The first SIGTERM or SIGINT asks the job to stop; a second one ends the process at once, as does the end of the grace time.
 * Nothing is lost either way: what no checkpoint has is processed again.
 */
export function stopOnSignals(log: JobLog, grace: number, exit: (code: number) => never): Stopping {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const onSignal = (name: StopSignal): void => {
    if (controller.signal.aborted) {
      log.warn(
        { signal: name },
        'ended at once; nothing is lost: what came after the last checkpoint is processed again',
      );
      exit(CODES[name]);
    }
    log.info({ signal: name, grace }, 'stopping, with a last checkpoint; a second signal ends it at once');
    timer = setTimeout(() => {
      log.error(
        { grace },
        'not stopped within the grace time; nothing is lost: what came after the last checkpoint is processed again',
      );
      exit(1);
    }, grace);
    controller.abort();
  };
  const names = Object.keys(CODES) as StopSignal[];
  for (const name of names) process.on(name, onSignal);
  return {
    signal: controller.signal,
    end() {
      clearTimeout(timer);
      for (const name of names) process.off(name, onSignal);
    },
  };
}
