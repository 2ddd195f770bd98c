import { utf8 } from '@kgen/runtime/codegen/v1';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { KeyIdentity } from '../../runtime/src/state/key-identity.ts';
import { TableState } from '../../runtime/src/state/table-state.ts';
import { Count, WideCount } from '../task/codecs.ts';
import { CHANGELOG, changelogLog, contents, MOST_SEALED, type TestState, testState } from './harness.ts';
import { type FakeDisk, fakeDisk } from './local/fake-stores.ts';

const KEYS = ['', 'a', 'b', 'ü'];

/** What state ought to hold: plain objects. */
class Model {
  keys = new Map(
    KEYS.map((key) => [
      key,
      { value: undefined as Count | undefined, list: [] as string[], map: new Map<number, string>() },
    ]),
  );

  copy(): Model {
    const copy = new Model();
    copy.keys = new Map(
      [...this.keys].map(([key, { value, list, map }]) => [key, { value, list: [...list], map: new Map(map) }]),
    );
    return copy;
  }

  contents(): unknown {
    return KEYS.map((key) => {
      const { value, list, map } = this.at(key);
      // Ints are encoded zigzag: 0, -1, 1, -2 ... is the order of their bytes, while they take one byte.
      const zigzag = (n: number): number => (n < 0 ? -2 * n - 1 : 2 * n);
      const entries = [...map].sort(([a], [b]) => zigzag(a) - zigzag(b));
      return [key, value, list, list.length, entries, map.size];
    });
  }

  at(key: string): { value: Count | undefined; list: string[]; map: Map<number, string> } {
    const found = this.keys.get(key);
    if (found === undefined) throw new Error(key);
    return found;
  }
}

type Step = { readonly do: string; readonly run: (state: TestState, model: Model) => void };

const key = fc.constantFrom(...KEYS);
const text = fc.oneof(
  fc.string({ maxLength: 5 }),
  fc.integer({ min: 0, max: 3000 }).map((size) => 'x'.repeat(size)),
);
const small = fc.integer({ min: -5, max: 5 });

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.tuple(key, small).map(([key, count]): Step => {
    const set = (state: TestState, model: Model): void => {
      state.value(key).set({ count, sum: count / 2 });
      model.at(key).value = { count, sum: count / 2 };
    };
    return { do: `value ${key} = ${count}`, run: set };
  }),
  key.map((key): Step => {
    const clear = (state: TestState, model: Model): void => {
      state.value(key).clear();
      model.at(key).value = undefined;
    };
    return { do: `clear value ${key}`, run: clear };
  }),
  fc.tuple(key, text).map(([key, item]): Step => {
    const append = (state: TestState, model: Model): void => {
      state.list(key).append(item);
      model.at(key).list.push(item);
    };
    return { do: `append to ${key}`, run: append };
  }),
  fc.tuple(key, fc.array(text, { maxLength: 4 })).map(([key, items]): Step => {
    const set = (state: TestState, model: Model): void => {
      state.list(key).set(items);
      model.at(key).list = [...items];
    };
    return { do: `list ${key} of ${items.length}`, run: set };
  }),
  fc.tuple(key, small, text).map(([key, at, item]): Step => {
    const set = (state: TestState, model: Model): void => {
      state.map(key).set(at, item);
      model.at(key).map.set(at, item);
    };
    return { do: `map ${key}[${at}]`, run: set };
  }),
  fc.tuple(key, small).map(([key, at]): Step => {
    const remove = (state: TestState, model: Model): void => {
      expect(state.map(key).has(at)).toBe(model.at(key).map.has(at));
      state.map(key).delete(at);
      model.at(key).map.delete(at);
    };
    return { do: `delete ${key}[${at}]`, run: remove };
  }),
  key.map((key): Step => {
    const clear = (state: TestState, model: Model): void => {
      state.map(key).clear();
      state.list(key).clear();
      model.at(key).map.clear();
      model.at(key).list = [];
    };
    return { do: `clear all of ${key}`, run: clear };
  }),
);

const call = fc.record({
  steps: fc.array(step, { maxLength: 6 }),
  fails: fc.integer({ min: 0, max: 3 }).map((n) => n === 0),
});
const stretch = fc.record({
  calls: fc.array(call, { maxLength: 5 }),
  end: fc.constantFrom('seal', 'seal', 'commit', 'commit', 'abort', 'restart'),
});

test.each([
  ['memory', (): FakeDisk | undefined => undefined],
  ['a store on this machine', fakeDisk],
] as const)('state in %s is what was set, whatever fails, aborts or restarts in between', async (_, disks) => {
  await fc.assert(
    fc.asyncProperty(fc.array(stretch, { maxLength: 16 }), async (stretches) => {
      const log = changelogLog();
      const kinds = { disk: disks() };
      let state = await testState(log, kinds);
      let committed = new Model();
      /** Oldest first. */
      let sealed: Model[] = [];
      let model = new Model();
      for (const { calls, end } of stretches) {
        for (const { steps, fails } of calls) {
          const before = model.copy();
          for (const { run } of steps) run(state, model);
          expect(contents(state, KEYS)).toEqual(model.contents());
          if (fails) {
            state.revert();
            model = before;
          } else {
            state.apply();
          }
          expect(contents(state, KEYS)).toEqual(model.contents());
        }
        if (end === 'seal' || end === 'commit') {
          // While checkpoints are sealed, calls go on.
          if (sealed.length < MOST_SEALED && (end === 'seal' || sealed.length === 0)) {
            await state.seal();
            sealed.push(model.copy());
          }
          if (end === 'commit') {
            await state.commit();
            committed = sealed.shift() ?? committed;
          }
        } else {
          if (end === 'restart') state = await testState(log, kinds);
          if (end === 'restart') await state.restore();
          else await state.abort();
          model = committed.copy();
          sealed = [];
        }
        expect(contents(state, KEYS)).toEqual(model.contents());
      }
      const restored = await testState(log, kinds);
      await restored.restore();
      expect(contents(restored, KEYS)).toEqual(committed.contents());
    }),
    { numRuns: 300 },
  );
});

test('what a call took back is not given away while a later checkpoint may have to go back to it', async () => {
  const state = await testState(changelogLog());
  const [a = '', b = ''] = KEYS;
  const set = (key: string, count: number): void => {
    state.value(key).set({ count, sum: 0 });
    state.apply();
  };
  set(a, 1);
  await state.checkpoint();
  state.value(a).set({ count: 2, sum: 0 });
  state.revert();
  await state.seal();
  set(a, 3);
  await state.seal();
  await state.commit();
  // Would take the memory of what the first checkpoint has.
  for (let count = 10; count < 20; count++) set(b, count);
  await state.abort();
  expect(state.value(a).get()).toEqual({ count: 1, sum: 0 });
});

test('what is cleared again while its first end is being committed may still come back', async () => {
  const log = changelogLog();
  const state = await testState(log);
  const [a = ''] = KEYS;
  const set = (count: number): void => {
    state.value(a).set({ count, sum: 0 });
    state.list(a).set(['x', 'y']);
    state.map(a).set(1, 'z');
    state.apply();
  };
  const clear = (): void => {
    state.value(a).clear();
    state.list(a).clear();
    state.map(a).clear();
    state.apply();
  };
  set(1);
  await state.checkpoint();
  clear();
  await state.seal();
  set(2);
  clear();
  await state.commit();
  set(3);
  const before = contents(state, [a]);
  await state.checkpoint();
  clear();
  await state.seal();
  set(4);
  clear();
  await state.commit();
  await state.checkpoint();
  set(5);
  await state.abort();
  const restored = await testState(log);
  await restored.restore();
  expect(contents(state, [a])).toEqual(contents(restored, [a]));
  set(3);
  expect(contents(state, [a])).toEqual(before);
});

describe('changelog', () => {
  test('has the last value of each dirty key, once for each checkpoint', async () => {
    const log = changelogLog();
    const state = await testState(log);
    for (let count = 0; count < 5; count++) state.value('a').set({ count, sum: 0 });
    state.value('b').set({ count: 9, sum: 0 });
    state.value('gone').set({ count: 1, sum: 0 });
    state.value('gone').clear();
    state.apply();
    await state.checkpoint();
    // A schema, a, b, and a tombstone.
    expect([...log.records(CHANGELOG)].map(({ value }) => value === null)).toEqual([false, false, false, true]);
    await state.checkpoint();
    state.value('a').get();
    await state.checkpoint();
    expect([...log.records(CHANGELOG)].length).toBe(4);
    state.value('a').set({ count: 7, sum: 0 });
    state.apply();
    await state.checkpoint();
    expect([...log.records(CHANGELOG)].length).toBe(5);
  });

  test('is not reached by changes in place', async () => {
    const log = changelogLog();
    const state = await testState(log);
    const value = { count: 1, sum: 1 };
    state.value('a').set(value);
    value.count = 2;
    state.apply();
    expect(state.value('a').get()).toEqual({ count: 1, sum: 1 });
    (state.value('a').get() as Count).count = 3;
    await state.checkpoint();
    const restored = await testState(log);
    await restored.restore();
    expect(restored.value('a').get()).toEqual({ count: 1, sum: 1 });
  });

  test('of an older schema is resolved to the present one, and carries both schemas', async () => {
    const log = changelogLog();
    const old = await testState(log);
    old.value('a').set({ count: 1, sum: 2 });
    old.value('b').set({ count: 3, sum: 4 });
    old.apply();
    await old.checkpoint();
    const young = await testState(log, { value: WideCount as never });
    await young.restore();
    expect(young.value('a').get()).toEqual({ count: 1, sum: 2, note: 'none' });
    young.value('a').set({ count: 1.5, sum: 2, note: 'mine' } as Count);
    young.apply();
    await young.checkpoint();
    const third = await testState(log, { value: WideCount as never });
    await third.restore();
    expect(third.value('a').get()).toEqual({ count: 1.5, sum: 2, note: 'mine' });
    expect(third.value('b').get()).toEqual({ count: 3, sum: 4, note: 'none' });
  });

  test.each([
    ['memory', (): FakeDisk | undefined => undefined],
    ['a store on this machine', fakeDisk],
  ] as const)(
    'in %s: values of an older schema are resolved, or the job learns which state it is about, and where in it',
    async (_, disks) => {
      const log = changelogLog();
      const disk = disks();
      const old = await testState(log, { disk });
      old.value('a').set({ count: 1, sum: 2 });
      old.value('b').set({ count: 3, sum: 4 });
      old.apply();
      await old.checkpoint();
      const young = await testState(log, { disk, value: WideCount as never });
      await young.restore();
      expect(young.value('a').get()).toEqual({ count: 1, sum: 2, note: 'none' });
      young.value('b').set({ count: 2.5, sum: 1, note: 'new' } as Count);
      young.apply();
      await young.checkpoint();
      const again = await testState(log, { disk, value: WideCount as never });
      await again.restore();
      expect([again.value('a').get(), again.value('b').get()]).toEqual([
        { count: 1, sum: 2, note: 'none' },
        { count: 2.5, sum: 1, note: 'new' },
      ]);
      const back = await testState(log, { disk });
      const read = back.restore().then(() => back.value('b').get());
      await expect(read).rejects.toThrow(
        /values of state value were written with another schema: count: the writer has double/,
      );
    },
  );

  test('that an aborted transaction brought a schema to brings it again', async () => {
    const log = changelogLog();
    const state = await testState(log);
    state.value('a').set({ count: 1, sum: 1 });
    state.apply();
    await state.abort();
    state.value('a').set({ count: 2, sum: 2 });
    state.apply();
    await state.checkpoint();
    const restored = await testState(log, { value: WideCount as never });
    await restored.restore();
    expect(restored.value('a').get()).toEqual({ count: 2, sum: 2, note: 'none' });
  });

  test('with a state of another kind, a foreign record, or a schema missing is refused', async () => {
    const log = changelogLog();
    const state = await testState(log);
    state.value('a').set({ count: 1, sum: 1 });
    state.apply();
    await state.checkpoint();
    const [schema, value] = [...log.records(CHANGELOG)];
    const without = changelogLog();
    without.produce([{ topic: CHANGELOG, key: value?.key ?? null, value: value?.value ?? null }]);
    await expect((await testState(without, { value: WideCount as never })).restore()).rejects.toThrow(
      'which it does not hold',
    );

    const asList = Uint8Array.from(value?.key ?? []);
    asList[1] = 1;
    const kind = changelogLog();
    kind.produce([{ topic: CHANGELOG, key: asList, value: value?.value ?? null }]);
    await expect((await testState(kind)).restore()).rejects.toThrow(
      'state value as a list, where the job declares a value',
    );

    const foreign = changelogLog();
    foreign.produce([{ topic: CHANGELOG, key: Uint8Array.of(99), value: schema?.value ?? null }]);
    await expect((await testState(foreign)).restore()).rejects.toThrow('a key that begins with 99');

    const unframed = changelogLog();
    unframed.produce([{ topic: CHANGELOG, key: value?.key ?? null, value: Uint8Array.of(1, 2, 3) }]);
    await expect((await testState(unframed)).restore()).rejects.toThrow('single-object header');
  });
});

test('a value that is refused leaves state as it was', async () => {
  const state = await testState(changelogLog());
  state.value('a').set({ count: 1, sum: 1 });
  state.list('a').set(['x', 'y']);
  state.apply();
  expect(() => state.value('a').set({ count: 'x', sum: 0 } as never)).toThrow('count');
  expect(() => state.list('a').set(['z', 5 as never])).toThrow();
  expect(() => state.list('b').append(5 as never)).toThrow();
  expect(() => state.map('a').set(1, 5 as never)).toThrow();
  state.apply();
  expect(state.value('a').get()).toEqual({ count: 1, sum: 1 });
  expect(state.list('a').get()).toEqual(['x', 'y']);
  expect(state.list('b').length).toBe(0);
  expect(state.map('a').size).toBe(0);
});

test('what is read is a value of its own each time: nobody sees what another did to it', async () => {
  const state = await testState(changelogLog());
  state.value('a').set({ count: 1, sum: 1 });
  state.apply();
  const { value } = state;
  (value('a').get() as Count).count = 2;
  expect(value('a').get()).toEqual({ count: 1, sum: 1 });
  await state.checkpoint();
  expect(value('a').get()).toEqual({ count: 1, sum: 1 });
  const handle = value('a');
  expect(handle.get()).not.toBe(handle.get());
});

test('a table row is a value of its own each time as well', () => {
  const table = new TableState(new KeyIdentity(utf8), Count, () => new Error('unreadable'));
  const bytes = Buffer.from(Count.encode({ count: 1, sum: 1 }));
  table.put('a', { bytes, valueStart: 0, valueEnd: bytes.length, offset: 0 }, 0);
  (table.get('a') as Count).count = 2;
  expect(table.get('a')).toEqual({ count: 1, sum: 1 });
});

test('a table knows of each row where it lay, also of those that came when others had gone', () => {
  const table = new TableState(new KeyIdentity(utf8), Count, ({ key, source, offset, cause }) => {
    return Object.assign(new Error('unreadable'), { key, source, offset, cause });
  });
  const put = (key: string, offset: number, value = 'x'): void => {
    const bytes = Buffer.from(value);
    table.put(key, { bytes, valueStart: value === '' ? -1 : 0, valueEnd: bytes.length, offset }, offset % 3);
  };
  for (let i = 0; i < 100; i++) put(`k${i}`, i);
  for (let i = 0; i < 100; i += 2) put(`k${i}`, 100 + i, '');
  for (let i = 0; i < 50; i++) put(`n${i}`, 2 ** 40 + i);
  put('k1', 777);
  const placeOf = (key: string): unknown => {
    try {
      return table.get(key);
    } catch (error) {
      return error;
    }
  };
  expect(placeOf('k1')).toMatchObject({ key: 'k1', source: 0, offset: 777, cause: { name: 'AvroDecodeError' } });
  expect(placeOf('k99')).toMatchObject({ source: 0, offset: 99 });
  expect(placeOf('n49')).toMatchObject({ key: 'n49', offset: 2 ** 40 + 49 });
  expect(placeOf('k98')).toBe(undefined);
});

test('a value that finds no memory leaves state as it was, also where the handler goes on', async () => {
  const log = changelogLog();
  const state = await testState(log);
  state.list('a').append('first');
  state.apply();
  await state.checkpoint();
  const { slab } = state.memory;
  const store = slab.store.bind(slab);
  slab.store = () => {
    throw new RangeError('no memory');
  };
  expect(() => state.list('a').set(['second'])).toThrow('no memory');
  slab.store = store;
  state.revert();
  state.list('b').append('other');
  state.apply();
  await state.checkpoint();
  expect([state.list('a').get(), state.list('b').get()]).toEqual([['first'], ['other']]);
});
