import { drive } from '@kgen/runtime/testing';
import { describe, expect, test } from 'vitest';
import { type StateContext, type StateJob, stateJob } from './state-job.ts';

// What a handler does wrong without the compiler or the runtime noticing, the driver notices.

const one = { count: 1, sum: 1 };

/** A job that fills its state at the first record of a key, and does something at the second. */
function second(handler: (ctx: StateContext) => void | Promise<void>): StateJob {
  return stateJob({
    texts(text, ctx) {
      if (text === 'second') return handler(ctx);
      ctx.state.total.set(one);
      ctx.state.recent.set([one, one]);
      ctx.state.groups.set('a', one);
      ctx.state.groups.set('b', one);
      return undefined;
    },
  });
}

async function outcome(job: StateJob): Promise<string> {
  const driver = await drive(job);
  await driver.send.texts('first', { key: 'k' });
  try {
    await driver.send.texts('second', { key: 'k' });
  } catch (error) {
    return String(error);
  }
  return 'fine';
}

describe('a value of state that is changed in place and not set is found', () => {
  const changes: readonly (readonly [string, string, (ctx: StateContext) => void | Promise<void>])[] = [
    ['a value', 'state `total`', ({ state }) => change(state.total.get())],
    ['an item of a list', 'item 1 of state `recent`', ({ state }) => change(state.recent.get()[1])],
    ['an entry of a map', "entry 'b' of state `groups`", ({ state }) => change(state.groups.get('b'))],
    [
      'one of all entries of a map',
      "entry 'a' of state `groups`",
      ({ state }) => {
        for (const [key, value] of state.groups.entries()) if (key === 'a') change(value);
      },
    ],
    [
      'in an asynchronous handler',
      'state `total`',
      async ({ state }) => {
        const total = state.total.get();
        await new Promise((resolve) => setTimeout(resolve, 1));
        change(total);
      },
    ],
    [
      'after another was set',
      'state `total`',
      ({ state }) => {
        state.total.set(one);
        change(state.total.get());
      },
    ],
    [
      'into what is none of its type',
      'state `total`',
      ({ state }) => Object.assign(state.total.get() ?? {}, { count: 'x' }),
    ],
    [
      'where another entry of the map is set',
      "entry 'a' of state `groups`",
      ({ state }) => {
        change(state.groups.get('a'));
        state.groups.set('b', one);
      },
    ],
  ];

  test.each(changes)('%s', async (_, where, handler) => {
    expect(await outcome(second(handler))).toBe(
      'JobError: texts-0 at offset 1: handler `texts` failed: ' +
        `it changed ${where} of key 'k' in place, and did not set it: the change is lost. ` +
        'Only what is set is kept: make a new value, and give it to `set`',
    );
  });
});

describe('what is kept is no mistake', () => {
  const right: readonly (readonly [string, (ctx: StateContext) => void | Promise<void>])[] = [
    ['nothing but looking', ({ state }) => void [state.total.get(), state.recent.get(), [...state.groups.entries()]]],
    [
      'changed, and then set',
      ({ state }) => {
        const total = state.total.get() ?? one;
        change(total);
        state.total.set(total);
        const groups = [...state.groups.entries()];
        for (const [key, value] of groups) {
          change(value);
          state.groups.set(key, value);
        }
        const recent = state.recent.get();
        change(recent[0]);
        state.recent.set(recent);
      },
    ],
    [
      'changed, and then cleared',
      ({ state }) => {
        change(state.total.get());
        state.total.clear();
        change(state.groups.get('a'));
        state.groups.delete('a');
        change(state.recent.get()[0]);
        state.recent.clear();
      },
    ],
    [
      'one object for several entries: what is set is encoded at once',
      ({ state }) => {
        const scratch = { count: 0, sum: 0 };
        for (const key of ['a', 'b', 'c']) {
          scratch.count++;
          state.groups.set(key, scratch);
        }
      },
    ],
  ];

  test.each(right)('%s', async (_, handler) => {
    expect(await outcome(second(handler))).toBe('fine');
  });
});

test('handlers may be frozen', async () => {
  const job = second(() => undefined);
  expect(await outcome({ ...job, handlers: Object.freeze(job.handlers) })).toBe('fine');
});

test('all kinds of state are read as the last checkpoint left them', async () => {
  const driver = await drive(
    second(({ state }) => state.groups.delete('a')),
    { partitions: 3 },
  );
  await driver.send.texts('first', { key: 'k' });
  await driver.send.texts('first', { key: 'l' });
  await driver.send.texts('second', { key: 'k' });
  expect(driver.state.total.get('k')).toEqual(one);
  expect(driver.state.recent.get('k')).toEqual([one, one]);
  expect([...driver.state.groups.get('k')]).toEqual([['b', one]]);
  expect([...driver.state.groups.get('l').keys()]).toEqual(['a', 'b']);
  expect(driver.state.total.get('m')).toBe(undefined);
  expect(driver.state.recent.get('m')).toEqual([]);
  expect([...driver.state.groups.get('m')]).toEqual([]);
});

test('a context that is used after its call fails the job, also where nobody hears the error', async () => {
  const uses: ((ctx: StateContext) => void)[] = [
    ({ state }) => state.total.get(),
    (ctx) => ctx.state.total.get(),
    (ctx) => void ctx.key,
    (ctx) => void ctx.record,
  ];
  for (const use of uses) {
    let later = (): void => undefined;
    const driver = await drive(
      stateJob({
        texts(_, ctx) {
          const { state } = ctx;
          const kept = use === uses[0] ? ({ state } as StateContext) : ctx;
          later = () => use(kept);
        },
      }),
    );
    await driver.send.texts('first', { key: 'k' });
    expect(later).toThrow('was used after the call was over');
    await expect(driver.advance(1), String(use)).rejects.toMatchObject({ code: 'JOB_CONTEXT_EXPIRED' });
    await driver.restart();
    await driver.advance(1);
  }
});

/** As code does that is not checked by the compiler. */
function change(value: unknown): void {
  if (typeof value === 'object' && value !== null) Object.assign(value, { count: 99 });
}
