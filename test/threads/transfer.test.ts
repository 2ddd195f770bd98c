import { isJobError, isLogError, JobError, LogError } from '@kgen/runtime';
import { expect, test } from 'vitest';
import { receive, send } from '../../runtime/src/threads/transfer.ts';

/** As the other thread sees it. */
function pass(value: unknown): unknown {
  return receive(structuredClone(send(value)));
}

test('an error is what it was on the other side: code, place, causes, stacks', () => {
  const root = new TypeError('no such field');
  const error = new JobError('JOB_HANDLER_FAILED', 'failed', {
    topic: 'orders',
    partition: 3,
    offset: 2n ** 53n,
    cause: new LogError('retriable', 'away', { cause: root }),
  });
  const passed = pass(error);
  expect(passed).toBeInstanceOf(Error);
  if (!isJobError(passed, 'JOB_HANDLER_FAILED')) throw new Error('its code is lost');
  expect(passed).toMatchObject({
    name: 'JobError',
    topic: 'orders',
    partition: 3,
    offset: 2n ** 53n,
    stack: error.stack,
  });
  const { cause } = passed;
  if (!isLogError(cause)) throw new Error('the code of its cause is lost');
  expect([cause.kind, cause.message]).toEqual(['retriable', 'away']);
  expect(cause.cause).toMatchObject({ name: 'TypeError', message: 'no such field', stack: root.stack });
  expect(Object.keys(passed)).not.toContain('stack');
});

test('other values are cloned; those that cannot be are as logs show them', () => {
  expect(pass({ a: [1n, new Date(0)], b: undefined })).toEqual({ a: [1n, new Date(0)], b: undefined });
  expect(pass(undefined)).toBeUndefined();
  expect(pass({ call: () => 1, big: 5n })).toEqual({ call: '[function]', big: 5 });
  const error = Object.assign(new Error('odd', { cause: 'text' }), { retry: () => 1 });
  expect(pass(error)).toMatchObject({ message: 'odd', cause: 'text', retry: '[function]' });
});

test('causes that go round in a circle arrive once', () => {
  const outer = new Error('outer', { cause: new Error('inner') });
  (outer.cause as Error).cause = outer;
  const arrived = receive(structuredClone(send(outer))) as Error;
  expect([arrived.message, (arrived.cause as Error).message, (arrived.cause as Error).cause]).toEqual([
    'outer',
    'inner',
    undefined,
  ]);
});
