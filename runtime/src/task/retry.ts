import { isLogError } from '../log/port.ts';
import { type Clock, sleep } from '../time/clock.ts';

/** Pauses between tries, in milliseconds; after the last the error goes on its way. */
const PAUSES: readonly number[] = [5, 20, 100, 250, 500, 1000, 2000, 4000];

/** Repeats what the log has certainly not applied. `alive` is called before each try, and throws when the job is to end. */
export async function retrying<T>(clock: Clock, alive: () => void, request: () => Promise<T>): Promise<T> {
  for (let tried = 0; ; tried++) {
    alive();
    try {
      return await request();
    } catch (error) {
      const pause = PAUSES[tried];
      if (pause === undefined || !isLogError(error) || error.kind !== 'retriable') throw error;
      await sleep(clock, pause);
    }
  }
}
