import { type Clock, systemClock } from '@kgen/runtime';

/** The machine's clock, with so many seconds to each of its seconds; who waits, waits as long as it takes there. */
export function virtualSteps(factor: number): Clock {
  const [start, first] = [systemClock.monotonic(), systemClock.now()];
  const elapsed = (): number => (systemClock.monotonic() - start) * factor;
  return {
    ...systemClock,
    now: () => Math.floor(first + elapsed()),
    monotonic: () => start + elapsed(),
    after: (ms, call) => systemClock.after(ms / factor, call),
  };
}
