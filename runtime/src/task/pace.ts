import { atMost, type Clock } from '../time/clock.ts';

/** Processing gives way this often, in milliseconds, so that heartbeats and other tasks have their turn. */
const YIELD_EVERY = 10;
/** The clock is looked at about this often, in milliseconds, and at the latest after so many records. */
const LOOK_EVERY = 2;
const MOST_RECORDS = 16;

const NOW: Promise<void> = /* @__PURE__ */ Promise.resolve();

/** What the hot loop asks of the world: whether to stop, and whether it is others' turn. */
export class Pace {
  /** When the next checkpoint is due, by the clock's `monotonic`. */
  checkpointAt: number = Number.POSITIVE_INFINITY;
  /** True while a transaction is being ended: its requests have their turn at each look, so that it does not last. */
  ending = false;
  readonly #clock: Clock;
  readonly #stopped: PromiseWithResolvers<void> = Promise.withResolvers();
  #halted = false;
  #killed = false;
  /** Records until the next look, as many as go by in about `LOOK_EVERY`. */
  #left = 1;
  #stride = 1;
  #looked: number;
  #turned: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#looked = clock.monotonic();
    this.#turned = this.#looked;
  }

  /** True when the loop is to return before the next record. */
  get halted(): boolean {
    return this.#halted;
  }

  /** True when the process is to look dead: nothing it does counts any more. */
  get killed(): boolean {
    return this.#killed;
  }

  /** Resolves when the loop is to stop. */
  get stopped(): Promise<void> {
    return this.#stopped.promise;
  }

  halt(): void {
    this.#halted = true;
    this.#stopped.resolve();
  }

  kill(): void {
    this.#killed = true;
    this.halt();
  }

  /** Resolves `ms` from now, or when the loop is to stop. */
  pause(ms: number): Promise<void> {
    return atMost(this.#clock, ms, this.#stopped.promise);
  }

  /** Called for each record. A promise when a checkpoint is due, or it is others' turn. */
  step(): Promise<void> | undefined {
    return --this.#left > 0 ? undefined : this.look();
  }

  /** As `step`, with a look at the clock in any case. */
  look(): Promise<void> | undefined {
    const now = this.#clock.monotonic();
    const elapsed = now - this.#looked;
    this.#looked = now;
    this.#stride = Math.min(
      MOST_RECORDS,
      Math.max(1, Math.floor((this.#stride * LOOK_EVERY) / Math.max(elapsed, 1e-3))),
    );
    this.#left = this.#stride;
    if (now - this.#turned >= (this.ending ? LOOK_EVERY : YIELD_EVERY)) return this.#giveWay();
    return now >= this.checkpointAt ? NOW : undefined;
  }

  async #giveWay(): Promise<void> {
    await this.#clock.turn();
    this.#turned = this.#clock.monotonic();
    this.#looked = this.#turned;
  }
}
