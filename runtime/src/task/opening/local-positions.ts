import type { Log } from '../../log/port.ts';
import type { Clock } from '../../time/clock.ts';
import { reasonOf } from '../job-error.ts';
import type { Task } from '../task.ts';

/** How often the log is asked how far changelogs are decided, in milliseconds: so much of them a restart reads at least. */
const ASK_EVERY = 5000;

/**
 * Keeps the positions of stores on this machine near the end of the changelog. A position may be too low, which costs a
 * restart some reading; so nobody waits for the answer.
 */
export class LocalPositions {
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #changelog: string | undefined;
  #askAt: number;

  constructor(log: Log, clock: Clock, changelog: string | undefined) {
    this.#log = log;
    this.#clock = clock;
    this.#changelog = changelog;
    this.#askAt = clock.monotonic() + ASK_EVERY;
  }

  /** To be called after a checkpoint of these tasks. */
  look(tasks: readonly Task[]): void {
    const changelog = this.#changelog;
    const now = this.#clock.monotonic();
    if (changelog === undefined || now < this.#askAt) return;
    const kept = tasks.filter(({ local }) => local !== undefined);
    if (kept.length === 0) return;
    this.#askAt = now + ASK_EVERY;
    const partitions = kept.map(({ number }) => ({ topic: changelog, partition: number }));
    this.#log.bounds(partitions).then(
      (bounds) => {
        for (const [i, task] of kept.entries()) task.local?.decided(bounds[i]?.stableEnd ?? 0);
      },
      (error: unknown) =>
        kept[0]?.log.debug({ err: error }, `how far the changelog is was not told: ${reasonOf(error)}`),
    );
  }
}
