import type { Clock } from '../../../time/clock.ts';

/**
 * One heartbeat after another, `interval` milliseconds from the end of one to the next. A heartbeat that was started before
 * `pause` says nothing: what it answers is of a generation that is over.
 */
export class Heartbeats {
  readonly #clock: Clock;
  readonly #interval: number;
  readonly #beat: () => Promise<void>;
  readonly #failed: (error: unknown) => void;
  #callOff: (() => void) | undefined;
  /** Counts resumptions. */
  #run = 0;
  #running = false;

  constructor(clock: Clock, interval: number, beat: () => Promise<void>, failed: (error: unknown) => void) {
    this.#clock = clock;
    this.#interval = interval;
    this.#beat = beat;
    this.#failed = failed;
  }

  resume(): void {
    if (this.#running) return;
    this.#running = true;
    this.#arm(++this.#run);
  }

  pause(): void {
    this.#running = false;
    this.#callOff?.();
    this.#callOff = undefined;
  }

  #arm(run: number): void {
    this.#callOff = this.#clock.after(this.#interval, () => void this.#tick(run));
  }

  async #tick(run: number): Promise<void> {
    const isCurrent = (): boolean => this.#running && this.#run === run;
    try {
      await this.#beat();
    } catch (error) {
      if (isCurrent()) this.#failed(error);
    }
    if (isCurrent()) this.#arm(run);
  }
}
