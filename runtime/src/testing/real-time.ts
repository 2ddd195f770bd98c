// The functions as they are when this module loads: test frameworks put fake ones in their place later.
const { setImmediate: immediately, setTimeout: later } = globalThis;

/** Resolves when everything that was to be done before is done: promises, and what waited for its turn. */
export function realTurn(): Promise<void> {
  return new Promise((resolve) => void immediately(resolve));
}

export function realSleep(ms: number): Promise<void> {
  return new Promise((resolve) => void later(resolve, ms));
}
