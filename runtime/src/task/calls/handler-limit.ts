import type { Clock } from '../../time/clock.ts';
import type { JobError } from '../job-error.ts';

interface Watched {
  /** By the clock's `monotonic`. */
  readonly since: number;
  readonly error: () => JobError;
}

/**
 * Watches handlers that have not settled: one that takes too long holds up the checkpoint, and with it the group (I6, I7).
 * Handlers that return no promise cost nothing here; while one of those computes, nobody could do anything about it.
 */
export class HandlerLimit {
  /** In milliseconds; infinity for none. */
  readonly limit: number;
  /** Resolves with what to end the job with, when a handler has exceeded its limit. */
  readonly exceeded: Promise<JobError>;
  isExceeded = false;
  readonly #clock: Clock;
  readonly #exceed: (error: JobError) => void;
  /** The oldest first. */
  readonly #watched = new Set<Watched>();
  #callOff: (() => void) | undefined;

  constructor(limit: number, clock: Clock) {
    this.limit = limit;
    this.#clock = clock;
    const exceeded = Promise.withResolvers<JobError>();
    this.exceeded = exceeded.promise;
    this.#exceed = exceeded.resolve;
  }

  /** A handler has returned a promise. `error` says which, if it takes too long. To be called when it has settled: what this gives. */
  begin(error: () => JobError): () => void {
    const watched: Watched = { since: this.#clock.monotonic(), error };
    this.#watched.add(watched);
    // One timer for all: it finds who is over time, or when to look again.
    if (this.#callOff === undefined && this.limit !== Infinity) this.#look(this.limit);
    return () => {
      this.#watched.delete(watched);
    };
  }

  close(): void {
    this.#callOff?.();
    this.#callOff = undefined;
    this.#watched.clear();
  }

  #look(after: number): void {
    this.#callOff = this.#clock.after(after, () => {
      this.#callOff = undefined;
      const [oldest] = this.#watched;
      if (oldest === undefined) return;
      const left = oldest.since + this.limit - this.#clock.monotonic();
      if (left > 0) {
        this.#look(left);
        return;
      }
      this.isExceeded = true;
      this.#exceed(oldest.error());
      this.close();
    });
  }
}
