import type { RunOptions } from '@kgen/runtime';
import { type DriverOf, drive, sample } from '@kgen/runtime/testing';
import { describe, expect, test } from 'vitest';
import { Flight } from '../../fixtures/flights/src/generated/index.ts';
import type { AirportDelays } from '../../fixtures/flights/src/generated/jobs/airport-delays.ts';
import job from '../../fixtures/flights/src/jobs/airport-delays.ts';
import { copyJob } from '../task/copy-job.ts';

const flight: Flight = sample(Flight, { origin: 'SEA', delay: 12, scheduled: new Date(1000) });

function of(guarantee: NonNullable<RunOptions['guarantee']>): AirportDelays {
  return { ...job, declaration: { ...job.declaration, guarantee } };
}

function flights(driver: DriverOf<AirportDelays>): unknown[] {
  return driver.read.delays().map(({ value }) => value?.flights);
}

describe.each(['at-least-once', 'none'] as const)('a job of guarantee %s in the driver', (guarantee) => {
  test('shows its outputs before their checkpoint, and again after a crash; its state is exact', async () => {
    const driver = await drive(of(guarantee), { checkpoints: 'interval' });
    await driver.send.flights(flight);
    expect(flights(driver)).toEqual([1]);
    expect(driver.state.total.get('SEA')).toBe(undefined);
    await driver.crash();
    await driver.restart();
    await driver.checkpoint();
    expect(flights(driver)).toEqual([1, 1]);
    await driver.send.flights(flight);
    await driver.checkpoint();
    expect(flights(driver)).toEqual([1, 1, 2]);
    expect(driver.state.total.get('SEA')).toEqual({ flights: 2, minutes: 24 });
  });

  test.each(['produce', 'offsets', 'commit'] as const)('goes on where %s is refused', async (request) => {
    const driver = await drive(of(guarantee));
    const failure = driver.fail(request, 'refuse');
    await driver.send.flights(flight);
    await driver.send.flights(flight);
    expect(failure.happened).toBe(1);
    expect(new Set(flights(driver))).toEqual(new Set([1, 2]));
    expect(driver.state.total.get('SEA')).toEqual({ flights: 2, minutes: 24 });
  });

  test('is told where another of its name takes over', async () => {
    const driver = await drive(of(guarantee));
    await driver.send.flights(flight);
    expect(await driver.fence()).toMatchObject({ code: 'JOB_FENCED' });
  });
});

test('a job without state and transactions, in the driver: offsets that are refused, and lost', async () => {
  const plain = copyJob(undefined, 1000);
  const driver = await drive({ ...plain, declaration: { ...plain.declaration, guarantee: 'at-least-once' } });
  const send = Reflect.get(driver.send, 'words') as (word: string, options: { key: string }) => Promise<void>;
  const read = (): unknown[] =>
    (Reflect.get(driver.read, 'copies') as () => { readonly value: unknown }[])().map(({ value }) => value);
  const refused = driver.fail('offsets', 'refuse');
  await send('a', { key: 'k' });
  expect([refused.happened, read()]).toEqual([1, ['a', 'a']]);
  const lost = driver.fail('offsets', 'lose-answer');
  await send('b', { key: 'k' });
  expect([lost.happened, read()]).toEqual([1, ['a', 'a', 'b']]);
  await driver.crash();
  await driver.restart();
  expect(read()).toEqual(['a', 'a', 'b']);
});
