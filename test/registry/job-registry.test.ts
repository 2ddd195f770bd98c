import { schemaRegistry } from '@kgen/runtime/registry';
import { describe, expect, test } from 'vitest';
import { type Clock, systemClock } from '../../runtime/src/time/clock.ts';
import { type FakeAnswer, fakeRegistry, refusal } from './fake-registry.ts';
import { holding } from './order-job.ts';

// What a job knows of an id, answer by answer.

const ID = 5;
const NOWHERE = refusal(404, 'no such schema');
const away: FakeAnswer = refusal(503, 'busy');

async function registryOf(...answers: readonly FakeAnswer[]) {
  const registry = await fakeRegistry(...answers);
  let passed = 0;
  let patience = 1;
  const clock: Clock = {
    ...systemClock,
    monotonic: () => systemClock.monotonic() + passed,
    after: (ms, call) => systemClock.after(ms * patience, call),
  };
  const fetched: number[] = [];
  const schemas = schemaRegistry({ url: registry.url, retries: 0 })['~open']({
    clock,
    onFetched: ({ id }) => void fetched.push(id),
    onRegistered: () => undefined,
  });
  return {
    registry,
    fetched,
    schemas,
    found: () => schemas.found(ID, []),
    /** Until there is an answer, however long the machine takes. */
    async wait(): Promise<void> {
      while (schemas.found(ID, []) === undefined) await schemas.wait(ID, []);
    },
    /** Until there is an answer, at which nobody looks. */
    async ask(): Promise<void> {
      patience = 1000;
      await schemas.wait(ID, []);
      patience = 1;
    },
    pass(ms: number): void {
      passed += ms;
    },
  };
}

describe('an id that the registry does not have', () => {
  test('is asked for again after a while: its servers may learn of it one by one', async () => {
    const { registry, fetched, found, wait, pass } = await registryOf(NOWHERE, holding);
    await wait();
    const missing = { problem: expect.stringContaining('schema id 5 is not in the Schema Registry') };
    expect(found()).toEqual(missing);
    pass(3000);
    expect(found()).toEqual(missing);
    pass(3000);
    expect(found()).toBeUndefined();
    await wait();
    expect(found()).toMatchObject({ label: 'version 2 of orders-value' });
    expect(fetched).toEqual([ID]);
    await registry.stop();
  });

  test('is not asked for again before who has asked has heard the answer, however busy he was', async () => {
    const { registry, found, ask, pass } = await registryOf(NOWHERE);
    const missing = { problem: expect.stringContaining('schema id 5 is not in the Schema Registry') };
    await ask();
    pass(60_000);
    expect(found()).toEqual(missing);
    pass(3000);
    expect(found()).toEqual(missing);
    pass(3000);
    expect(found()).toBeUndefined();
    await ask();
    // Who has asked is gone: others are to ask anew some day.
    pass(3_600_000);
    expect(found()).toBeUndefined();
    await registry.stop();
  });

  test('one that is there stays as it is', async () => {
    const { registry, found, wait, pass } = await registryOf(holding, holding, NOWHERE);
    await wait();
    pass(3_600_000);
    expect(found()).toMatchObject({ label: 'version 2 of orders-value' });
    await registry.stop();
  });
});

test('after a failure the next one who asks asks anew, and others who waited do not undo that', async () => {
  const { registry, schemas, found, wait } = await registryOf(away, away, holding);
  const ask = async (): Promise<unknown> => {
    for (;;) await schemas.wait(ID, []);
  };
  const failed = { kind: 'unreachable', message: expect.stringContaining('schema id 5 cannot be fetched: ') };
  const both = await Promise.allSettled([ask(), ask()]);
  expect(both.map((each) => each.status === 'rejected' && each.reason)).toEqual([
    expect.objectContaining(failed),
    expect.objectContaining(failed),
  ]);
  expect(registry.requests).toHaveLength(1);
  expect(found()).toBeUndefined();
  await expect(ask()).rejects.toMatchObject(failed);
  await wait();
  expect(found()).toMatchObject({ label: 'version 2 of orders-value' });
  await registry.stop();
});
