import type { Clock } from '../../../time/clock.ts';

/** How long records wait for others, to go out together. */
export class Linger {
  readonly #clock: Clock;
  readonly #ms: number;
  readonly #send: () => boolean;
  #callOff: (() => void) | undefined;
  readonly #over = (): void => {
    this.#callOff = undefined;
    if (this.#send()) this.begin();
  };

  /** `send` says whether more is to go out after another while. */
  constructor(clock: Clock, ms: number, send: () => boolean) {
    this.#clock = clock;
    this.#ms = ms;
    this.#send = send;
  }

  /** A record waits, perhaps among others. */
  begin(): void {
    this.#callOff ??= this.#clock.after(this.#ms, this.#over);
  }

  stop(): void {
    this.#callOff?.();
    this.#callOff = undefined;
  }
}
