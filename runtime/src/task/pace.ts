import type { Clock } from '../time/clock.ts';

/** Processing gives way this often, in milliseconds, so that heartbeats and other tasks have their turn. */
const YIELD_EVERY = 10;

const NOW: Promise<void> = /* @__PURE__ */ Promise.resolve();

/** What the hot loop asks of the world: whether to stop, and whether it is others' turn. */
export class Pace {
  /** True when the loop is to return before the next record. */
  halted = false;
  /** True when the process is to look dead: nothing it does counts any more. */
  killed = false;
  /** When the next checkpoint is due, by the clock's `monotonic`. */
  checkpointAt: number = Number.POSITIVE_INFINITY;
  readonly #clock: Clock;
  #since: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#since = clock.monotonic();
  }

  kill(): void {
    this.killed = true;
    this.halted = true;
  }

  /** A promise when a checkpoint is due, or it is others' turn. */
  look(): Promise<void> | undefined {
    const now = this.#clock.monotonic();
    if (now - this.#since >= YIELD_EVERY) return this.#yield();
    return now >= this.checkpointAt ? NOW : undefined;
  }

  async #yield(): Promise<void> {
    await this.#clock.turn();
    this.#since = this.#clock.monotonic();
  }
}
