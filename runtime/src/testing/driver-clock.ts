import type { Clock } from '../time/clock.ts';
import { realTurn } from './real-time.ts';

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly call: () => void;
}

/** Time that passes only when its owner says so. Chance comes from a seed. */
export class DriverClock implements Clock {
  readonly #timers: Timer[] = [];
  #now: number;
  #random: number;
  #order = 0;
  #turning = 0;

  /** `now` is in milliseconds since 1970. */
  constructor(now: number, seed: number) {
    this.#now = now;
    this.#random = seed >>> 0;
  }

  now(): number {
    return this.#now;
  }

  monotonic(): number {
    return this.#now;
  }

  after(ms: number, call: () => void): () => void {
    const timer: Timer = { at: this.#now + Math.max(0, ms), order: this.#order++, call };
    let place = this.#timers.length;
    while (place > 0 && (this.#timers[place - 1]?.at ?? 0) > timer.at) place--;
    this.#timers.splice(place, 0, timer);
    return () => {
      const index = this.#timers.indexOf(timer);
      if (index >= 0) this.#timers.splice(index, 1);
    };
  }

  /** Takes no time. */
  async turn(): Promise<void> {
    this.#turning++;
    await realTurn();
    this.#turning--;
  }

  random(): number {
    this.#random = (Math.imul(this.#random, 1_664_525) + 1_013_904_223) >>> 0;
    return this.#random / 2 ** 32;
  }

  /** True while someone waits for its turn. */
  get turning(): boolean {
    return this.#turning > 0;
  }

  /** Goes on to the next timer, if it is due by `until`, and calls it. */
  next(until: number): boolean {
    const [timer] = this.#timers;
    if (timer === undefined || timer.at > until) return false;
    this.#timers.shift();
    this.#now = Math.max(this.#now, timer.at);
    timer.call();
    return true;
  }

  /** Time passes without anything being due. */
  moveTo(time: number): void {
    this.#now = Math.max(this.#now, time);
  }
}
