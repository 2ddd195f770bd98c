import { setTimeout as sleep } from 'node:timers/promises';

/** Lets everything else go on until something is true. Files and sockets take longer than turns of the event loop. */
export async function until(what: () => boolean): Promise<void> {
  for (let i = 0; i < 22_000; i++) {
    if (what()) return;
    await (i < 20_000 ? new Promise((resolve) => setImmediate(resolve)) : sleep(5));
  }
  throw new Error(`never came true: ${what}`);
}
