import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '@kgen/runtime';
import { expect, test } from 'vitest';

test('what is to be called in more than 24 days is not called now', async () => {
  let called = false;
  const callOff = systemClock.after(2 ** 31, () => {
    called = true;
  });
  // A timer of Node that is asked to wait for longer than it can waits for 1 ms.
  await sleep(50);
  callOff();
  expect(called).toBe(false);
});
