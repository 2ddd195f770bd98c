import type { Clock } from '../../../time/clock.ts';

/** How long records wait for others, to go out together. */
export class Linger {
  readonly #clock: Clock;
  readonly #ms: number | undefined;
  readonly #send: () => boolean;
  #callOff: (() => void) | undefined;
  readonly #over = (): void => {
    this.#callOff = undefined;
    if (this.#send()) this.begin();
  };

  /** `ms` is undefined where nobody is to wait for a time; `send` says whether more is to go out after another while. */
  constructor(clock: Clock, ms: number | undefined, send: () => boolean) {
    this.#clock = clock;
    this.#ms = ms;
    this.#send = send;
  }

  /** A record waits, perhaps among others. */
  begin(): void {
    if (this.#ms !== undefined) this.#callOff ??= this.#clock.after(this.#ms, this.#over);
  }

  stop(): void {
    this.#callOff?.();
    this.#callOff = undefined;
  }
}
