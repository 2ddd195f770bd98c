import type { Clock } from '@kgen/runtime';

/**
 * Time that passes only when nothing else can happen: a timer fires when all that was to be done before it is done.
 * Each look at the clock costs `tick` milliseconds, so that work takes time too. Everything comes from the seed.
 */
export function virtualClock(seed = 1, tick = 0.01): Clock {
  let time = 1_000_000;
  let random = seed;
  let order = 0;
  let pumping = false;
  const timers: { readonly at: number; readonly order: number; readonly call: () => void }[] = [];
  const pump = (): void => {
    timers.sort((a, b) => a.at - b.at || a.order - b.order);
    const next = timers.shift();
    pumping = timers.length > 0;
    if (pumping) setImmediate(pump);
    if (next === undefined) return;
    time = Math.max(time, next.at);
    next.call();
  };
  const after = (ms: number, call: () => void): (() => void) => {
    const timer = { at: time + Math.max(0, ms), order: order++, call };
    timers.push(timer);
    if (!pumping) {
      pumping = true;
      setImmediate(pump);
    }
    return () => {
      const index = timers.indexOf(timer);
      if (index >= 0) timers.splice(index, 1);
    };
  };
  return {
    now: () => Math.floor(time),
    monotonic() {
      time += tick;
      return time;
    },
    after,
    turn: () => new Promise((resolve) => void after(0, resolve)),
    random() {
      random = (Math.imul(random, 1_664_525) + 1_013_904_223) >>> 0;
      return random / 2 ** 32;
    },
  };
}
