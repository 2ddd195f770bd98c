import type { Clock } from '../../../time/clock.ts';
import { Deadlines } from './deadlines.ts';

/** A request that waits for its answer. */
export interface Pending {
  readonly name: string;
  /** What stands behind the correlation id. */
  answered(payload: Buffer): void;
  unanswered(reason: string): void;
}

const MAX_CORRELATION_ID = 2 ** 31 - 1;

/** What was asked on one connection and has no answer yet, by correlation id. */
export class PendingAnswers {
  readonly #waiting = new Map<number, Pending>();
  readonly #deadlines: Deadlines;
  #lastId = -1;

  /** `late` is called when an answer is not there in time. */
  constructor(clock: Clock, late: (reason: string) => void) {
    this.#deadlines = new Deadlines(clock, (name) => late(`${name} was not answered in time`));
  }

  /** A correlation id that nothing under way has. */
  nextId(): number {
    this.#lastId = this.#lastId === MAX_CORRELATION_ID ? 0 : this.#lastId + 1;
    return this.#lastId;
  }

  /** `timeout` in milliseconds from now. */
  add(id: number, pending: Pending, timeout: number): void {
    this.#waiting.set(id, pending);
    this.#deadlines.add(id, pending.name, timeout);
  }

  /** An answer as it came: correlation id, and the rest. @throws RangeError where nobody waits for it */
  deliver(frame: Buffer): void {
    const id = frame.readInt32BE(0);
    const pending = this.#waiting.get(id);
    if (pending === undefined) throw new RangeError('an answer to nothing that was asked');
    this.#waiting.delete(id);
    this.#deadlines.remove(id);
    pending.answered(frame.subarray(4));
  }

  /** None comes any more. */
  giveUp(reason: string): void {
    this.#deadlines.clear();
    const all = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const pending of all) pending.unanswered(reason);
  }
}
