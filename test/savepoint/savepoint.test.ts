import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { isJobError, type JobErrorCode, type Log, LogError, type RunningJob, run, start } from '@kgen/runtime';
import type { MemoryLog } from '@kgen/runtime/memory';
import { savepoint, writeSavepoint } from '@kgen/runtime/savepoints';
import { describe, expect, test } from 'vitest';
import { memoryLogWith } from '../../runtime/src/log/memory/memory-log.ts';
import { turns } from '../log/harness.ts';
import { Count, DayCount, Int, Text, WideCount } from '../task/codecs.ts';
import { orders } from '../task/count-job.ts';
import { someOrders } from '../task/model.ts';
import { until } from '../task/until.ts';
import { virtualClock } from '../task/virtual-clock.ts';
import { withProducer } from '../task/wrapped-log.ts';
import { cartJob } from './cart-job.ts';
import { cartLog, emitted, files, more, produce, quiet } from './harness.ts';

const { folder, next: newFile } = files();

/** A savepoint of the cart job after its first orders, and the log that it is of. */
async function saved(count = 200, partitions = 2): Promise<{ readonly log: MemoryLog; readonly file: string }> {
  const log = cartLog(count, partitions);
  await run(cartJob(), { log, ...quiet });
  const file = newFile();
  await writeSavepoint(cartJob(), { log, file, stopped: true, logger: false });
  return { log, file };
}

const copy = { group: 'other', topics: { totals: 'copies' } } as const;

async function failure(promise: Promise<unknown>): Promise<{ readonly code: JobErrorCode; readonly message: string }> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!isJobError(error)) throw new Error(`no JobError: ${error}`);
  return error;
}

describe('a savepoint', () => {
  test('of a job that is stopped: another goes on from it as the first one does', async () => {
    const { log, file } = await saved();
    expect(readdirSync(folder).filter((name) => file.endsWith(name))).toHaveLength(1);
    expect(readdirSync(folder).filter((name) => name.startsWith('.'))).toEqual([]);
    more(log, 100, 2);
    await run(cartJob(), { log, ...quiet });
    const { metrics } = await run(cartJob(), { log, ...quiet, ...copy, from: savepoint(file) });
    expect(metrics.records).toBe(100);
    const copies = emitted(log, 'copies');
    expect(copies).toHaveLength(100);
    expect(emitted(log, 'totals').slice(200).sort()).toEqual(copies.sort());
  });

  test('of a job that runs is of one checkpoint of each task', async () => {
    const log = cartLog(100);
    const running = start(cartJob(), { log, logger: false });
    await until(() => running.metrics().records >= 100);
    const file = newFile();
    const saved = await writeSavepoint(cartJob(), { log, file, logger: false });
    expect(saved.running).toHaveLength(1);
    more(log, 50, 3);
    await until(() => running.metrics().records >= 150);
    await running.stop();
    const { metrics } = await run(cartJob(), { log, ...quiet, ...copy, from: savepoint(file) });
    expect(metrics.records).toBeGreaterThanOrEqual(50);
    const all = emitted(log, 'totals');
    const copies = emitted(log, 'copies');
    expect(copies).toHaveLength(metrics.records);
    expect(all).toEqual(expect.arrayContaining(copies));
  });

  test('has the last value of each key after compaction and deletions alike', async () => {
    const { log, file } = await saved(300);
    log.compact('cart-changelog');
    const compacted = newFile();
    const sizes = await Promise.all([
      writeSavepoint(cartJob(), { log, file: compacted, logger: false }),
      writeSavepoint(cartJob(), { log, file: newFile(), logger: false }),
    ]);
    expect(sizes[0]?.tasks).toEqual(sizes[1]?.tasks);
    more(log, 30, 4);
    await run(cartJob(), { log, ...quiet, ...copy, from: savepoint(file) });
    const first = emitted(log, 'copies');
    await run(cartJob(), { log, ...quiet, ...copy, group: 'third', from: savepoint(compacted) });
    expect(emitted(log, 'copies').slice(30).sort()).toEqual(first.sort());
  });

  test('misses nothing that is compacted away while it is read', async () => {
    // A fetch brings so little that the reader stands where the log ended when it looked.
    const log = memoryLogWith({ topics: { orders: 2, totals: 1, copies: 1 } }, { fetchBytes: 200 });
    more(log, 200, 1);
    await run(cartJob(), { log, ...quiet });
    let calm = true;
    const moving: Log = {
      ...log,
      async bounds(partitions) {
        const bounds = await log.bounds(partitions);
        if (calm && partitions.some(({ topic }) => topic === 'cart-changelog')) {
          calm = false;
          more(log, 200, 9);
          await run(cartJob(), { log, ...quiet });
          log.compact('cart-changelog');
        }
        return bounds;
      },
    };
    const { tasks } = await writeSavepoint(cartJob(), { log: moving, file: newFile(), logger: false });
    expect(calm).toBe(false);
    const after = await writeSavepoint(cartJob(), { log, file: newFile(), logger: false });
    expect(tasks).toEqual(after.tasks);
  });

  test('is not written over a file, nor of a group that has none', async () => {
    const { log, file } = await saved();
    expect(await failure(writeSavepoint(cartJob(), { log, file, logger: false }))).toMatchObject({
      code: 'JOB_SAVEPOINT',
      message: expect.stringContaining('exists already'),
    });
    const options = { log, file: newFile(), group: 'nobody', logger: false } as const;
    expect((await failure(writeSavepoint(cartJob(), options))).message).toContain('group nobody has no checkpoint');
    expect(readdirSync(folder).filter((name) => options.file.endsWith(name))).toEqual([]);
  });

  test('that is written by two at once, of one process number, is that of one of them', async () => {
    const { log } = await saved();
    const file = newFile();
    const both = await Promise.allSettled([
      writeSavepoint(cartJob(), { log, file, logger: false }),
      writeSavepoint(cartJob(), { log, file, logger: false }),
    ]);
    expect(both.map(({ status }) => status)).toContain('fulfilled');
    for (const each of both) if (each.status === 'rejected') expect(each.reason.message).toContain('exists already');
    expect(readdirSync(folder).filter((name) => name.startsWith('.'))).toEqual([]);
    await run(cartJob(), { log, ...quiet, ...copy, from: savepoint(file) });
  });

  test('of a job without state has its offsets', async () => {
    const log = cartLog(50);
    const job = cartJob('plain', { state: {}, timers: [] });
    const plain = {
      ...job,
      handlers: { ...job.handlers, orders: () => undefined },
    };
    await run(plain, { log, ...quiet });
    const file = newFile();
    await writeSavepoint(plain, { log, file, logger: false });
    more(log, 7, 2);
    expect((await run(plain, { log, ...quiet, group: 'other', from: savepoint(file) })).metrics.records).toBe(7);
    // A group that keeps its positions elsewhere has begun as well, and they count no more where it is told so.
    const away = { log, ...quiet, group: 'away', guarantee: 'at-least-once' } as const;
    expect((await run(plain, { ...away, commitOffsets: false })).metrics.records).toBe(57);
    const refused = await failure(run(plain, { ...away, from: savepoint(file) }));
    expect(refused).toMatchObject({ code: 'JOB_SAVEPOINT', message: expect.stringContaining('--replace') });
    expect((await run(plain, { ...away, from: savepoint(file, { replace: true }) })).metrics.records).toBe(7);
    expect((await run(plain, away)).metrics.records).toBe(0);
  });
});

describe('a job without state', () => {
  const job = cartJob('plain', { state: {}, timers: [] });
  const plain = { ...job, handlers: { ...job.handlers, orders: () => undefined } };

  /** A savepoint of it after 50 orders, and 7 more behind it. */
  async function savedPlain(): Promise<{ readonly log: MemoryLog; readonly file: string }> {
    const log = cartLog(50);
    await run(plain, { log, ...quiet });
    const file = newFile();
    await writeSavepoint(plain, { log, file, logger: false });
    more(log, 7, 2);
    return { log, file };
  }

  test.each([false, true])('begins with a savepoint once, also where it replaces (%s)', async (replace) => {
    const { log, file } = await savedPlain();
    const options = { log, ...quiet, group: 'other', from: savepoint(file, { replace }) };
    expect((await run(plain, options)).metrics.records).toBe(7);
    more(log, 5, 3);
    expect((await run(plain, options)).metrics.records).toBe(5);
    expect((await run(plain, options)).metrics.records).toBe(0);
  });

  test('leaves offsets alone that are not of the savepoint, but where told so', async () => {
    const { log, file } = await savedPlain();
    await run(plain, { log, ...quiet });
    const refused = await failure(run(plain, { log, ...quiet, from: savepoint(file) }));
    expect(refused).toMatchObject({ code: 'JOB_SAVEPOINT', message: expect.stringContaining('--replace') });
    const replacing = { log, ...quiet, from: savepoint(file, { replace: true }) };
    expect((await run(plain, replacing)).metrics.records).toBe(7);
    expect((await run(plain, replacing)).metrics.records).toBe(0);
  });
});

describe('who starts from a savepoint', () => {
  test('goes on from its own checkpoint when it is started again', async () => {
    const { log, file } = await saved();
    more(log, 20, 2);
    await run(cartJob(), { log, ...quiet, ...copy, from: savepoint(file) });
    more(log, 5, 3);
    expect((await run(cartJob(), { log, ...quiet, ...copy, from: savepoint(file) })).metrics.records).toBe(5);
  });

  test('goes on also where the import is committed, and its markers are not written yet', async () => {
    const { log, file } = await saved();
    const from = savepoint(file);
    await run(cartJob(), { log, ...quiet, ...copy, from });
    more(log, 5, 3);
    let looks = 0;
    const behind: Log = {
      ...log,
      async bounds(partitions) {
        const bounds = await log.bounds(partitions);
        if (!partitions.some(({ topic }) => topic === 'other-changelog') || looks++ >= 2) return bounds;
        return bounds.map((each) => ({ ...each, stableEnd: each.start }));
      },
    };
    expect((await run(cartJob(), { ...quiet, ...copy, log: behind, from })).metrics.records).toBe(5);
    expect(looks).toBeGreaterThan(2);
  });

  test('loses nothing that the group has, but where told so', async () => {
    const { log, file } = await saved();
    more(log, 20, 2);
    await run(cartJob(), { log, ...quiet });
    const refused = await failure(run(cartJob(), { log, ...quiet, from: savepoint(file) }));
    expect(refused).toMatchObject({ code: 'JOB_SAVEPOINT', message: expect.stringContaining('--replace') });
    expect((await run(cartJob(), { log, ...quiet })).metrics.records).toBe(0);
    const { metrics } = await run(cartJob(), { log, ...quiet, from: savepoint(file, { replace: true }) });
    expect(metrics.records).toBe(20);
    const again = emitted(log, 'totals').slice(-20);
    expect(emitted(log, 'totals').slice(-40, -20).sort()).toEqual(again.sort());
  });

  test('finds a group with members closed', async () => {
    const clock = virtualClock();
    const log = cartLog(200, 2, clock);
    await run(cartJob(), { log, clock, ...quiet });
    const file = newFile();
    await writeSavepoint(cartJob(), { log, clock, file, logger: false });
    const running = start(cartJob(), { log, clock, group: 'other', logger: false });
    await until(() => running.metrics().checkpoints > 0);
    const refused = await failure(
      run(cartJob(), { log, clock, ...quiet, ...copy, from: savepoint(file, { replace: true }) }),
    );
    expect(refused).toMatchObject({
      code: 'JOB_SAVEPOINT',
      message: expect.stringContaining('group other must be empty'),
    });
    const asked = { log, clock, file: newFile(), group: 'other', stopped: true, logger: false } as const;
    expect((await failure(writeSavepoint(cartJob(), asked))).message).toContain('group other has members still');
    await running.stop();
  });

  test('may be several at once: one imports it, and each order is counted once', async () => {
    const clock = virtualClock();
    const log = cartLog(200, 2, clock);
    await run(cartJob(), { log, clock, ...quiet });
    const file = newFile();
    await writeSavepoint(cartJob(), { log, clock, file, logger: false });
    more(log, 60, 2);
    const instances = [1, 2, 3].map(() =>
      start(cartJob(), { log, clock, ...copy, from: savepoint(file), logger: false }),
    );
    const records = (): number => instances.reduce((sum, each) => sum + each.metrics().records, 0);
    await until(() => records() >= 60);
    await Promise.all(instances.map((each) => each.stop()));
    await run(cartJob(), { log, clock, ...quiet });
    expect(emitted(log, 'copies').sort()).toEqual(emitted(log, 'totals').slice(200).sort());
  });

  test('waits for one that imports, however long it takes', async () => {
    const clock = virtualClock();
    const { log, file } = await saved();
    more(log, 60, 2);
    const [begun, over] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    let transactions = 0;
    const slow = withProducer(log, (producer) => ({
      async commitOffsets(member, offsets) {
        // The first one says that an import is under way.
        if (++transactions === 2) {
          begun.resolve();
          await over.promise;
        }
        await producer.commitOffsets(member, offsets);
      },
    }));
    let looks = 0;
    const patient: Log = {
      ...log,
      instances(group) {
        // Twice a second: two minutes.
        if (++looks === 240) over.resolve();
        return log.instances(group);
      },
    };
    const begin = (of: Log): RunningJob =>
      start(cartJob(), { ...copy, log: of, clock, from: savepoint(file), logger: false });
    const first = begin(slow);
    await begun.promise;
    const second = begin(patient);
    await Promise.race([over.promise, second.result]);
    await until(() => first.metrics().records + second.metrics().records >= 60);
    await Promise.all([first.stop(), second.stop()]);
    await run(cartJob(), { log, ...quiet });
    expect(emitted(log, 'copies').sort()).toEqual(emitted(log, 'totals').slice(-60).sort());
  });

  test('is not disturbed for long by one that joins without it', async () => {
    const { log, file } = await saved();
    more(log, 9, 2);
    let stray: Promise<unknown> | undefined;
    const disturbed = withProducer(log, (producer) => ({
      async commit() {
        await producer.commit();
        if (stray !== undefined) return;
        const joins = Promise.withResolvers<void>();
        const joining: Log = {
          ...log,
          join(...how) {
            joins.resolve();
            return log.join(...how);
          },
        };
        stray = failure(run(cartJob(), { ...quiet, ...copy, log: joining }));
        await joins.promise;
        await turns(20);
      },
    }));
    const { metrics } = await run(cartJob(), { ...quiet, ...copy, log: disturbed, from: savepoint(file) });
    expect(metrics.restarts).toBeGreaterThan(0);
    expect(metrics.records).toBe(9);
    expect(await stray).toMatchObject({ code: 'JOB_SAVEPOINT', message: expect.stringContaining('is not finished') });
  });

  test('hears what comes out twice', async () => {
    const { log, file } = await saved();
    more(log, 20, 2);
    await run(cartJob(), { log, ...quiet });
    const warnings: unknown[] = [];
    const nothing = (): void => undefined;
    const logger = {
      debug: nothing,
      info: nothing,
      error: nothing,
      warn: (...all: unknown[]) => void warnings.push(all),
    };
    await run(cartJob(), { log, ...quiet, ...copy, from: savepoint(file), logger });
    expect(JSON.stringify(warnings)).toContain('its outputs are doubled');
    expect(JSON.stringify(warnings)).toContain('"records":20');
  });

  test.each(['first', 'last'] as const)(
    'and is cut off at the %s commit of the import: nobody goes on from it',
    async (which) => {
      const { log, file } = await saved();
      let commits = 0;
      const cut = withProducer(log, (producer) => ({
        async commit() {
          commits++;
          if (commits === 2 && which === 'last') throw new LogError('fatal', 'cut off');
          await producer.commit();
          if (which === 'first') throw new LogError('fatal', 'cut off');
        },
      }));
      await failure(run(cartJob(), { ...quiet, ...copy, log: cut, from: savepoint(file) }));
      const refused = await failure(run(cartJob(), { ...quiet, ...copy, log }));
      expect(refused).toMatchObject({ code: 'JOB_SAVEPOINT', message: expect.stringContaining('is not finished') });
      more(log, 9, 2);
      expect((await run(cartJob(), { ...quiet, ...copy, log, from: savepoint(file) })).metrics.records).toBe(9);
    },
  );
});

describe('a job that has changed', () => {
  test('reads values of earlier schemas, and writes them in its own', async () => {
    const { log, file } = await saved();
    const wide = cartJob('cart', {
      state: {
        total: { kind: 'value', value: WideCount },
        amounts: { kind: 'list', value: Text },
        seen: { kind: 'map', key: Text, value: Int },
      },
    });
    const { orders: count } = wide.handlers;
    const seen: unknown[] = [];
    const job = {
      ...wide,
      handlers: {
        ...wide.handlers,
        orders(...[order, ctx]: Parameters<typeof count>) {
          const before: unknown = ctx.state.total.get();
          seen.push(before);
          Object.assign(order, {});
        },
      },
    };
    more(log, 10, 2);
    await run(job, { log, ...quiet, ...copy, from: savepoint(file) });
    expect(seen).toHaveLength(10);
    for (const value of seen) {
      expect(value).toEqual({ note: 'none', count: expect.any(Number), sum: expect.any(Number) });
    }
    const again = newFile();
    await writeSavepoint(job, { log, file: again, group: 'other', logger: false });
    // Into a file of the new schema, from which the old one could not start.
    expect(readFileSync(again, 'latin1')).toContain('"note"');
  });

  test.each([
    ['another kind', { total: { kind: 'list', value: Count } }, 'state total is a value there'],
    ['a schema that cannot read', { total: { kind: 'value', value: Text } }, 'written with another schema'],
    [
      'another meaning, and a field more',
      { total: { kind: 'value', value: DayCount } },
      'total would mean something else: count',
    ],
    ['another key of a map', { seen: { kind: 'map', key: Int, value: Int } }, 'the keys of map seen'],
  ])('%s is refused', async (_, state, message) => {
    const { log, file } = await saved();
    const job = cartJob('cart', { state });
    const refused = await failure(run(job, { log, ...quiet, ...copy, from: savepoint(file) }));
    expect(refused).toMatchObject({ code: 'JOB_SAVEPOINT', message: expect.stringContaining(message) });
    // Nothing was touched.
    expect((await log.topics(['other-changelog'])).size).toBe(0);
  });
});

describe('another number of partitions', () => {
  const replace = (file: string) => ({ from: savepoint(file, { replace: true }) }) as const;

  test.each([3, 4, 8])('2 become %i: each key goes on, where its records are now', async (partitions) => {
    const { log, file } = await saved();
    log.addPartitions('orders', partitions);
    more(log, 300, 2);
    const { metrics } = await run(cartJob(), { log, ...quiet, ...replace(file) });
    expect(metrics.records).toBe(300);
    const straight = cartLog(200, 2);
    more(straight, 300, 2);
    await run(cartJob(), { log: straight, ...quiet });
    expect(emitted(log, 'totals').sort()).toEqual(emitted(straight, 'totals').sort());
    // And its timers.
    const again = newFile();
    const { tasks } = await writeSavepoint(cartJob(), { log, file: again, logger: false });
    const before = await writeSavepoint(cartJob(), { log: straight, file: newFile(), logger: false });
    const values = (all: typeof tasks): number => all.reduce((sum, task) => sum + task.values, 0);
    expect(tasks).toHaveLength(partitions);
    expect(values(tasks)).toBe(values(before.tasks));
  });

  test('is refused where a record was not read before', async () => {
    const { log, file } = await saved();
    more(log, 20, 2);
    log.addPartitions('orders', 4);
    const refused = await failure(run(cartJob(), { log, ...quiet, ...replace(file) }));
    expect(refused).toMatchObject({ code: 'JOB_SAVEPOINT', topic: 'orders' });
    expect(refused.message).toContain('it was written before the topic grew');
    expect((await log.topics(['cart-changelog'])).get('cart-changelog')?.partitions).toBe(2);
  });

  test('is refused where keys are not where murmur2 puts them', async () => {
    const log = cartLog(0);
    const misplaced = someOrders(40, 1).map((order) => ({ ...orders.serializeValue(order), partition: 1 }));
    log.produce(misplaced);
    await run(cartJob(), { log, ...quiet });
    const file = newFile();
    await writeSavepoint(cartJob(), { log, file, logger: false });
    log.addPartitions('orders', 4);
    const refused = await failure(run(cartJob(), { log, ...quiet, ...replace(file) }));
    expect(refused.message).toMatch(/key "c\d" has its state in task 1, where murmur2 puts it in 0/);
  });

  test('is refused where an input says that it is partitioned otherwise', async () => {
    const { log, file } = await saved();
    log.addPartitions('orders', 4);
    const topic = { ...orders, partitioner: () => 0 };
    const job = cartJob('cart', { inputs: { orders: { topic, as: 'stream', outOfOrderness: 0 } } });
    const refused = await failure(run(job, { log, ...quiet, ...replace(file) }));
    expect(refused.message).toContain('input orders is not partitioned by murmur2');
  });

  test('of a topic that was made anew is no growth', async () => {
    const { log, file } = await saved();
    log.deleteTopic('orders');
    log.createTopic('orders', 2);
    produce(log, someOrders(300, 1));
    const refused = await failure(run(cartJob(), { log, ...quiet, ...copy, from: savepoint(file) }));
    expect(refused).toMatchObject({ code: 'JOB_SAVEPOINT', message: expect.stringContaining('made anew') });
  });
});

describe('a file that is no savepoint', () => {
  test('or a damaged one is refused before anything is touched', async () => {
    const { log, file } = await saved();
    const good = readFileSync(file);
    const broken = newFile();
    const cases: readonly (readonly [Buffer, RegExp])[] = [
      [Buffer.from('hello'), /no Avro Object Container File/],
      [good.subarray(0, good.length - 9), /ends inside a block/],
      [Buffer.concat([good, good.subarray(-16)]), /byte \d+/],
      [Buffer.from(good.toString('latin1').replace('"version":1', '"version":9'), 'latin1'), /of version 9/],
    ];
    for (const [bytes, message] of cases) {
      writeFileSync(broken, bytes);
      const refused = await failure(run(cartJob(), { log, ...quiet, ...copy, from: savepoint(broken) }));
      expect(refused).toMatchObject({ code: 'JOB_SAVEPOINT', message: expect.stringMatching(message) });
      expect(refused.message).toContain(broken);
    }
    const missing = await failure(run(cartJob(), { log, ...quiet, ...copy, from: savepoint('/nowhere.avro') }));
    expect(missing.message).toContain('savepoint /nowhere.avro cannot be opened');
    expect((await log.topics(['other-changelog'])).size).toBe(0);
  });

  test('a path alone is told what it is to be', async () => {
    const from = 'savepoint.avro' as never;
    const refused = await failure(run(cartJob(), { log: cartLog(1), ...quiet, ...copy, from }));
    expect(refused).toMatchObject({
      code: 'JOB_OPTIONS',
      message: expect.stringContaining("savepoint('path of a file')"),
    });
  });

  test('bytes changed at random are refused, or give other values: never anything else', async () => {
    const { log, file } = await saved(60);
    const good = readFileSync(file);
    const broken = newFile();
    for (let i = 0; i < 60; i++) {
      const bytes = Buffer.from(good);
      const at = (i * 2_654_435_761) % bytes.length;
      bytes[at] = ((bytes[at] ?? 0) + 1 + i) & 0xff;
      writeFileSync(broken, bytes);
      const outcome = await run(cartJob(), {
        log,
        ...quiet,
        group: `g${i}`,
        topics: { totals: 'copies' },
        from: savepoint(broken),
      }).then(
        () => 'JOB_SAVEPOINT',
        (error: unknown) => (isJobError(error) ? error.code : String(error)),
      );
      expect(outcome).toBe('JOB_SAVEPOINT');
    }
  }, 30_000);
});
