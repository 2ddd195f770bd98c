import type { Clock } from '../time/clock.ts';

/** Processing gives way this often, in milliseconds, so that heartbeats and other tasks have their turn. */
const YIELD_EVERY = 10;

/** What the hot loop asks of the world: whether to stop, and whether it is others' turn. */
export class Pace {
  /** True when the loop is to return before the next record. */
  halted = false;
  /** True when the process is to look dead: nothing it does counts any more. */
  killed = false;
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

  /** A promise when it is others' turn. */
  look(): Promise<void> | undefined {
    return this.#clock.monotonic() - this.#since < YIELD_EVERY ? undefined : this.#yield();
  }

  async #yield(): Promise<void> {
    await this.#clock.turn();
    this.#since = this.#clock.monotonic();
  }
}
