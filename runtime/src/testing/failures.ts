import { LogError } from '../log/port.ts';
import { type Clock, sleep } from '../time/clock.ts';

/**
 * What a job asks of its log, and a driver can let fail:
 * - `start`: a producer is opened, which fences its predecessor.
 * - `produce`: a record is written, of an output or of state.
 * - `offsets`: the positions of the inputs are committed, as part of the transaction where there is one.
 * - `commit`, `abort`: the transaction is ended.
 */
export type LogRequest = 'start' | 'produce' | 'offsets' | 'commit' | 'abort';

/**
 * How a request fails:
 * - `'unavailable'`: nothing is done, and the job knows. It asks again after a pause.
 * - `'refuse'`: nothing is done; the transaction must be aborted, and its records are processed again.
 * - `'lose-request'`: nothing is done, and the job cannot know. It starts over from what is committed.
 * - `'lose-answer'`: it is done, and the job cannot know. It starts over from what is committed.
 * - `{ delay }`: it is done after so much time, such as `'5 s'`, and answered then.
 */
export type LogFailure =
  | 'unavailable'
  | 'refuse'
  | 'lose-request'
  | 'lose-answer'
  | { readonly delay: number | string };

/** A failure that was asked for. */
export interface PlannedFailure {
  /** How often it has happened. */
  readonly happened: number;
}

interface Planned {
  readonly request: LogRequest;
  readonly how: Exclude<LogFailure, object> | { readonly delay: number };
  left: number;
  happened: number;
}

/** Which requests are to fail, and how. */
export class Failures {
  readonly #clock: Clock;
  #planned: Planned[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  plan(request: LogRequest, how: Planned['how'], times: number): PlannedFailure {
    const planned: Planned = { request, how, left: times, happened: 0 };
    this.#planned.push(planned);
    return planned;
  }

  clear(): void {
    this.#planned = [];
  }

  /** Sends a request, or does what was planned for it. */
  async ask<T>(request: LogRequest, send: () => Promise<T>): Promise<T> {
    const how = this.#take(request);
    if (how === undefined) return send();
    if (typeof how === 'object') {
      await sleep(this.#clock, how.delay);
      return send();
    }
    if (how === 'lose-answer') await send();
    throw failure(request, how);
  }

  /** As `ask`, for a request that is answered at once. A promise asks to wait. */
  tell(request: LogRequest, send: () => Promise<void> | undefined): Promise<void> | undefined {
    const how = this.#take(request);
    if (how === undefined) return send();
    if (typeof how !== 'object') throw failure(request, how);
    const pressure = send();
    return sleep(this.#clock, how.delay).then(() => pressure);
  }

  #take(request: LogRequest): Planned['how'] | undefined {
    const planned = this.#planned.find((each) => each.request === request && each.left > 0);
    if (planned === undefined) return undefined;
    planned.left--;
    planned.happened++;
    return planned.how;
  }
}

function failure(request: LogRequest, how: Exclude<LogFailure, object>): LogError {
  switch (how) {
    case 'unavailable':
      return new LogError('retriable', `${request}: the test lets the log be unavailable`);
    case 'refuse':
      return new LogError('abortable', `${request}: the test lets the log refuse it`);
    default:
      return new LogError('unknown-outcome', `${request}: the test lets the answer be lost`);
  }
}
