import type { DriverClock } from './driver-clock.ts';
import { realSleep, realTurn } from './real-time.ts';

/** Turns of the event loop after which what goes on is no mere work of the runtime: from then on they take a millisecond each. */
const FAST_TURNS = 1000;
/** Time that the job may let pass by itself while it is waited for, in milliseconds of the driver's time. */
const LONGEST_WAIT = 20 * 60_000;

export interface PumpWorld {
  readonly clock: DriverClock;
  /** How long handlers may take, in milliseconds of real time. */
  readonly patience: number;
  /** Handlers whose calls have not settled. */
  readonly calls: () => readonly string[];
  /** Throws when the job has failed. */
  readonly check: () => void;
}

/** Lets the job go on until there is nothing left for it to do. */
export class Pump {
  readonly #world: PumpWorld;

  constructor(world: PumpWorld) {
    this.#world = world;
  }

  /**
   * Resolves when nothing happens any more before time passes. Handlers may wait for what takes real time, such as a server.
   * @throws Error where that takes too long
   */
  async quiet(): Promise<void> {
    const { clock, calls, patience } = this.#world;
    let still = 0;
    for (let turns = 0; still < 2; turns++) {
      if (turns < FAST_TURNS) await realTurn();
      else await realSleep(1);
      const busy = clock.turning || calls().length > 0;
      still = busy ? 0 : still + 1;
      if (turns - FAST_TURNS < patience) continue;
      const [handler] = calls();
      const who = handler === undefined ? 'the job' : `a call of handler \`${handler}\``;
      throw new Error(`${who} has not come to an end within ${patience} ms. Give \`patience\` if it needs longer`);
    }
  }

  /**
   * Lets the job go on until `done`; time passes where it waits for something, such as a pause before it tries again.
   * `nudge` is called while it is not done.
   */
  async until(what: string, done: () => boolean | Promise<boolean>, nudge?: () => void): Promise<void> {
    const { clock, check } = this.#world;
    const latest = clock.now() + LONGEST_WAIT;
    for (;;) {
      await this.quiet();
      check();
      if (await done()) return;
      if (nudge !== undefined) {
        nudge();
        await this.quiet();
        check();
        if (await done()) return;
      }
      if (!clock.next(latest)) throw new Error(`the job does not come to this: ${what}`);
    }
  }

  /** Lets time pass, and the job do what is due meanwhile. */
  async advance(ms: number): Promise<void> {
    const { clock, check } = this.#world;
    const target = clock.now() + ms;
    do {
      await this.quiet();
      check();
    } while (clock.next(target));
    clock.moveTo(target);
    await this.quiet();
    check();
  }
}
