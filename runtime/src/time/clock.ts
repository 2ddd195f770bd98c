/**
 * Time and chance as the runtime sees them. All of both comes through here, so that a test can replay a run from a seed.
 */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Milliseconds from some fixed point, for measuring; never goes back. */
  monotonic(): number;
  /** Calls once, `ms` from now. The function that comes back calls it off. */
  after(ms: number, call: () => void): () => void;
  /** Resolves when timers and I/O that are due have had their turn. */
  turn(): Promise<void>;
  /** 0 ≤ r < 1 */
  random(): number;
}

/** Node's timers cannot wait longer, in milliseconds: asked to, they do not wait at all. */
const LONGEST = 0x7fffffff;

/** The machine's own. What is to be called in more than 24 days is called then, and may look at the clock and wait again. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(ms, call) {
    // The time may have come between a look at the clock and this: Node warns of negative delays.
    const timer = setTimeout(call, Math.min(LONGEST, Math.max(0, ms)));
    return () => clearTimeout(timer);
  },
  turn: () => new Promise((resolve) => setImmediate(resolve)),
  random: () => Math.random(),
};

/** Resolves when `settled` has settled, however, or `ms` from now: whichever comes first. */
export function atMost(clock: Clock, ms: number, settled: Promise<unknown>): Promise<void> {
  return new Promise((resolve) => {
    const callOff = clock.after(ms, resolve);
    const done = (): void => {
      callOff();
      resolve();
    };
    settled.then(done, done);
  });
}

/** Resolves `ms` from now. */
export function sleep(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => {
    clock.after(ms, resolve);
  });
}
