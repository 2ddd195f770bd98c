import type { Clock } from '@kgen/runtime';
import type { Chance } from './chance.ts';

/** Time of the whole simulated world. It passes when everything that was to be done before is done. */
export interface SimTime extends Clock {
  wait(ms: number): Promise<void>;
  /** Time stands still until the function that comes back is called. */
  hold(): () => void;
  /** Does what takes real time, while time stands still; one after another, so that the same seed gives the same order. */
  aside<T>(work: () => Promise<T>): Promise<T>;
  /** Nothing happens any more: what was to come is forgotten. */
  end(): void;
}

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly call: () => void;
}

export function simTime(chance: Chance): SimTime {
  let time = 1_000_000;
  let order = 0;
  let pumping = false;
  let over = false;
  let holds = 0;
  let busy: Promise<unknown> = Promise.resolve();
  const timers: Timer[] = [];
  const pump = (): void => {
    if (holds > 0) {
      pumping = false;
      return;
    }
    const next = timers.shift();
    pumping = timers.length > 0;
    if (pumping) setImmediate(pump);
    if (next === undefined) return;
    time = Math.max(time, next.at);
    next.call();
  };
  const goOn = (): void => {
    if (pumping || holds > 0 || timers.length === 0) return;
    pumping = true;
    setImmediate(pump);
  };
  const after = (ms: number, call: () => void): (() => void) => {
    const timer = { at: time + Math.max(0, ms), order: order++, call };
    let place = timers.length;
    while (place > 0 && (timers[place - 1] as Timer).at > timer.at) place--;
    if (over) return () => undefined;
    timers.splice(place, 0, timer);
    goOn();
    return () => {
      const index = timers.indexOf(timer);
      if (index >= 0) timers.splice(index, 1);
    };
  };
  const wait = (ms: number): Promise<void> => new Promise((resolve) => void after(ms, resolve));
  const hold = (): (() => void) => {
    holds++;
    return () => {
      holds--;
      goOn();
    };
  };
  return {
    now: () => Math.floor(time),
    monotonic() {
      time += 0.02;
      return time;
    },
    after,
    wait,
    hold,
    aside(work) {
      const done = busy.then(work).finally(hold());
      busy = done.catch(() => undefined);
      return done;
    },
    end() {
      over = true;
      timers.length = 0;
    },
    turn: () => wait(0),
    random: () => chance.next(),
  };
}
