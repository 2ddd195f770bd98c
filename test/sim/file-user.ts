import { type Clock, type Log, LogError } from '@kgen/runtime';
import type { Process, ProcessWorld } from './process.ts';

/**
 * A process that reads and writes files of this machine, which take real time: that of the simulation stands still until it asks
 * the log for something, or waits for the clock. So the same seed gives the same run. When the process dies its requests fail,
 * and its files are closed.
 */
export class FileUser {
  readonly #process: Process;
  readonly #world: ProcessWorld;
  /** What it waits for in the time of the simulation. */
  #waiting = 0;
  /** Ends the waiting for answers that it waits for with no end. */
  readonly #asked = new Set<() => void>();
  #release: (() => void) | undefined;
  #over = false;

  constructor(process: Process, world: ProcessWorld) {
    this.#process = process;
    this.#world = world;
  }

  async run<T>(log: Log, work: (log: Log, clock: Clock) => Promise<T>): Promise<T> {
    this.#hold();
    try {
      return await work(this.#watch(log), this.#clock());
    } finally {
      this.#over = true;
      this.#release?.();
      this.#release = undefined;
    }
  }

  #hold(): void {
    if (!this.#over && this.#waiting === 0) this.#release ??= this.#world.time.hold();
  }

  /** Call what comes back when it waits no more. */
  #wait(): () => void {
    this.#waiting++;
    this.#release?.();
    this.#release = undefined;
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      this.#waiting--;
      this.#hold();
    };
  }

  #during<T>(answer: Promise<T>): Promise<T> {
    const goOn = this.#wait();
    this.#asked.add(goOn);
    const death = this.#process.death.then((): never => {
      throw dead();
    });
    return Promise.race([answer, death]).finally(() => {
      this.#asked.delete(goOn);
      goOn();
    });
  }

  /** A part of the log, whose answers take time. */
  #watch<T extends object>(part: T): T {
    return new Proxy(part, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name, target);
        if (typeof member !== 'function') return member;
        return (...given: unknown[]): unknown => {
          if (this.#process.isDead) {
            if (name === 'close') return undefined;
            throw dead();
          }
          const answer: unknown = member.apply(target, given);
          if (!(answer instanceof Promise)) return this.#watched(answer);
          return this.#during(answer).then((value) => this.#watched(value));
        };
      },
    });
  }

  #watched(value: unknown): unknown {
    const isPart =
      typeof value === 'object' && value !== null && ['poll', 'commit', 'know'].some((name) => name in value);
    return isPart ? this.#watch(value) : value;
  }

  #clock(): Clock {
    const clock = this.#process.clock();
    return {
      now: clock.now,
      monotonic: clock.monotonic,
      random: clock.random,
      turn: () => this.#during(clock.turn()),
      after: (ms, call) => {
        const goOn = this.#wait();
        // It waits for these no longer than for the clock, and may give them up.
        for (const cover of this.#asked) cover();
        this.#asked.clear();
        let isOver = false;
        const once = (): void => {
          if (isOver) return;
          isOver = true;
          goOn();
          call();
        };
        const callOff = clock.after(ms, once);
        void this.#process.death.then(once);
        return () => {
          isOver = true;
          callOff();
          goOn();
        };
      },
    };
  }
}

function dead(): LogError {
  return new LogError('fatal', 'the process is dead');
}
