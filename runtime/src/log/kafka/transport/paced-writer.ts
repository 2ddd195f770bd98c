import type { Clock } from '../../../time/clock.ts';

/**
 * Passes on what is written to a connection, in order: at once, but not before the silence is over that the broker has asked for
 * (KIP-219). A timer is armed only while something waits for that.
 */
export class PacedWriter<Frame> {
  readonly #clock: Clock;
  readonly #write: (frame: Frame) => void;
  #silentUntil = Number.NEGATIVE_INFINITY;
  #held: Frame[] = [];
  #callOff: (() => void) | undefined;

  constructor(clock: Clock, write: (frame: Frame) => void) {
    this.#clock = clock;
    this.#write = write;
  }

  write(frame: Frame): void {
    if (this.#held.length === 0 && this.#silentUntil <= this.#clock.monotonic()) {
      this.#write(frame);
      return;
    }
    this.#held.push(frame);
    if (this.#callOff === undefined) this.#arm();
  }

  /** For so many milliseconds from now, or longer where that was asked for before. */
  silence(milliseconds: number): void {
    if (milliseconds > 0) this.#silentUntil = Math.max(this.#silentUntil, this.#clock.monotonic() + milliseconds);
  }

  /** Forgets what was not written. */
  clear(): void {
    this.#held = [];
    this.#callOff?.();
    this.#callOff = undefined;
  }

  #arm(): void {
    const left = Math.max(1, Math.ceil(this.#silentUntil - this.#clock.monotonic()));
    this.#callOff = this.#clock.after(left, () => this.#wake());
  }

  #wake(): void {
    this.#callOff = undefined;
    // Answers to what was written before may have prolonged it.
    if (this.#silentUntil > this.#clock.monotonic()) this.#arm();
    else for (const frame of this.#held.splice(0)) this.#write(frame);
  }
}
