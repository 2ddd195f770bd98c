import type { Clock } from '../../../time/clock.ts';

/**
 * Until when requests may remain unanswered. One timer at most is armed, for the earliest of them as it was when it was armed:
 * a request costs no timer, and a connection at rest none.
 */
export class Deadlines {
  readonly #clock: Clock;
  readonly #late: (what: string) => void;
  readonly #waiting = new Map<number, { readonly what: string; readonly at: number }>();
  #callOff: (() => void) | undefined;
  #armedFor = 0;

  constructor(clock: Clock, late: (what: string) => void) {
    this.#clock = clock;
    this.#late = late;
  }

  add(id: number, what: string, timeout: number): void {
    const at = this.#clock.monotonic() + timeout;
    this.#waiting.set(id, { what, at });
    if (this.#callOff === undefined || at < this.#armedFor) this.#arm(at);
  }

  remove(id: number): void {
    this.#waiting.delete(id);
  }

  clear(): void {
    this.#waiting.clear();
    this.#callOff?.();
    this.#callOff = undefined;
  }

  #arm(at: number): void {
    this.#callOff?.();
    this.#armedFor = at;
    this.#callOff = this.#clock.after(Math.max(1, Math.ceil(at - this.#clock.monotonic())), () => this.#check());
  }

  #check(): void {
    this.#callOff = undefined;
    let next = Number.POSITIVE_INFINITY;
    const now = this.#clock.monotonic();
    for (const { what, at } of this.#waiting.values()) {
      if (at <= now) {
        this.#late(what);
        return;
      }
      next = Math.min(next, at);
    }
    if (next < Number.POSITIVE_INFINITY) this.#arm(next);
  }
}
