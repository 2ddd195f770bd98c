import type { Clock } from '../../time/clock.ts';

/** So many lines in a row, and no more than so many in that time, in milliseconds. */
const LINES = 10;
const WITHIN = 10_000;

/** Lines of a log that may be as many as there are records. */
export class RateLimit {
  readonly #clock: Clock;
  #since = Number.NEGATIVE_INFINITY;
  #lines = 0;
  #suppressed = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** How many were suppressed since the last that was not; undefined where this one is, too. */
  admit(): number | undefined {
    const now = this.#clock.monotonic();
    if (now - this.#since >= WITHIN) {
      this.#since = now;
      this.#lines = 0;
    }
    if (this.#lines >= LINES) {
      this.#suppressed++;
      return undefined;
    }
    this.#lines++;
    const suppressed = this.#suppressed;
    this.#suppressed = 0;
    return suppressed;
  }
}
