import { isJobError, LogError, run } from '@kgen/runtime';
import { describe, expect, test } from 'vitest';
import { countOrder } from './count-job.ts';
import { bad, emitted, failingJob, letters, logWith, order, runOn } from './failing-job.ts';
import { withProducer } from './wrapped-log.ts';

const unreadable = (key: Uint8Array | null, value: Uint8Array | null) => ({ topic: 'orders', key, value });

const total = (customer: string, count: number, sum: number) => ({ customer, name: '', count, sum });

/** Of ann and bob in turn: those with amount 0 are to fail. */
const MIXED = [order('ann', 1), order('bob', 0), order('ann', 0), order('bob', 2), order('ann', 3)];
const COUNTED = [total('ann', 1, 1), total('bob', 1, 2), total('ann', 2, 4)];

describe.each([
  { how: 'a synchronous handler', concurrency: 1, later: undefined },
  { how: 'an asynchronous handler', concurrency: 1, later: () => new Promise(setImmediate) },
  { how: 'handlers that run at once', concurrency: 4, later: () => new Promise(setImmediate) },
  { how: 'synchronous handlers where several may run at once', concurrency: 4, later: undefined },
])('$how', ({ concurrency, later }) => {
  const job = (onError: Parameters<typeof failingJob>[1]) =>
    failingJob(
      {
        orders(value, ctx) {
          const work = (): void => {
            countOrder(value, ctx);
            if (value.amount === 0) throw new Error(`of ${value.customer}`);
          };
          return later === undefined ? work() : later().then(work);
        },
      },
      { concurrency, ...onError },
    );

  test('whose records are skipped has no effect for them, and all others count', async () => {
    const log = logWith(MIXED);
    const { metrics } = await runOn(log, job({ onError: { process: 'skip' } }));
    expect(emitted(log)).toEqual(COUNTED);
    expect(metrics).toMatchObject({ records: 3, skipped: 2, deadLetters: 0, outputs: 3, restarts: 0, aborts: 0 });
    expect(await log.committedOffsets('count', [{ topic: 'orders', partition: 0 }])).toMatchObject([{ offset: 5 }]);
  });

  test('whose records are dead letters has them in that topic once, as they were', async () => {
    const log = logWith([{ ...order('bob', 0), headers: [['trace', bad('t1')]] }, ...MIXED]);
    const { metrics } = await runOn(log, job({ onError: { process: { deadLetter: 'dead' } } }));
    expect(emitted(log)).toEqual(COUNTED);
    expect(metrics).toMatchObject({ records: 3, skipped: 0, deadLetters: 3, outputs: 3, restarts: 0, aborts: 0 });
    expect(letters(log)).toMatchObject([
      {
        key: 'bob',
        value: 'bob 0',
        partition: 0,
        headers: {
          trace: 't1',
          'kgen.place': 'process',
          'kgen.code': 'JOB_HANDLER_FAILED',
          'kgen.reason': 'of bob',
          'kgen.stack': expect.stringContaining('failing-records.test.ts'),
          'kgen.job': 'count',
          'kgen.input': 'orders',
          'kgen.topic': 'orders',
          'kgen.partition': '0',
          'kgen.offset': '0',
        },
      },
      { key: 'bob', value: 'bob 0', headers: { 'kgen.offset': '2' } },
      { key: 'ann', value: 'ann 0', headers: { 'kgen.offset': '3' } },
    ]);
    expect(letters(log)[1]?.headers).not.toHaveProperty('trace');
  });

  test('that emits what cannot be written has its record passed over as outputs say, not as handlers do', async () => {
    const log = logWith(MIXED);
    const refusing = failingJob(
      {
        orders(value, ctx) {
          const work = (): void => {
            countOrder(value, ctx);
            if (value.amount === 0) ctx.emit.totals({ customer: '\ud800', name: '', count: 0, sum: 0 });
          };
          return later === undefined ? work() : later().then(work);
        },
      },
      { concurrency, onError: { produce: { deadLetter: 'dead' }, process: 'fail' } },
    );
    const { metrics } = await runOn(log, refusing);
    expect(emitted(log)).toEqual(COUNTED);
    expect(metrics).toMatchObject({ records: 3, deadLetters: 2, outputs: 3, restarts: 0 });
    expect(letters(log)[0]).toMatchObject({
      value: 'bob 0',
      headers: { 'kgen.place': 'produce', 'kgen.code': 'JOB_PRODUCE_FAILED', 'kgen.offset': '1' },
    });
  });

  test.each([1, 2])(
    'whose output is too large has its record passed over, also where it is the %i. of its call',
    async (which) => {
      const log = logWith([order('ann', 1), order('bob', 0), order('ann', 3)], 2000);
      const loud = failingJob(
        {
          orders(value, ctx) {
            const work = (): void => {
              const emit = (n: number): void => {
                const name = value.amount === 0 && n === which ? 'x'.repeat(3000) : String(n);
                ctx.emit.totals({ customer: ctx.key, name, count: value.amount, sum: 0 });
              };
              ctx.state.total.set({ count: value.amount, sum: 0 });
              for (const n of [1, 2, 3]) emit(n);
            };
            return later === undefined ? work() : later().then(work);
          },
        },
        { concurrency, onError: { produce: { deadLetter: 'dead' } } },
      );
      const { metrics } = await runOn(log, loud);
      const counts = emitted(log).map((each) => (each as { readonly count: number }).count);
      expect(counts.sort()).toEqual([1, 1, 1, 3, 3, 3]);
      expect(metrics).toMatchObject({ records: 2, deadLetters: 1, outputs: 6, aborts: 0, restarts: 0 });
      expect(letters(log)).toMatchObject([
        {
          value: 'bob 0',
          headers: {
            'kgen.place': 'produce',
            'kgen.reason': expect.stringMatching(/more than the 2000 that the topic allows \(max\.message\.bytes\)$/),
          },
        },
      ]);
      // Its state is that of before its call.
      const seen: unknown[] = [];
      log.produce([order('bob', 5)]);
      await runOn(log, failingJob({ orders: (_, ctx) => void seen.push(ctx.state.total.get()) }));
      expect(seen).toEqual([undefined]);
    },
  );

  test('goes on behind records that cannot be read', async () => {
    const records = [
      order('ann', 1),
      unreadable(bad('ann'), bad('nonsense')),
      unreadable(Uint8Array.of(0xff), bad('ann 1')),
      unreadable(null, bad('ann 1')),
      order('bob', 2),
      unreadable(bad('ann'), null),
    ];
    const log = logWith(records);
    const { metrics } = await runOn(log, job({ onError: { decode: { deadLetter: 'dead' } } }));
    expect(emitted(log)).toEqual([total('ann', 1, 1), total('bob', 1, 2)]);
    expect(metrics).toMatchObject({ records: 2, deadLetters: 4, skipped: 0 });
    const raw = [...log.records('dead')];
    expect(raw.map(({ key, value }) => [key, value])).toEqual(
      [1, 2, 3, 5].map((i) => [records[i]?.key, records[i]?.value].map((bytes) => bytes && new Uint8Array(bytes))),
    );
    expect(letters(log).map(({ headers }) => [headers['kgen.code'], headers['kgen.offset']])).toEqual([
      ['JOB_DECODE_FAILED', '1'],
      ['JOB_DECODE_FAILED', '2'],
      ['JOB_NULL_KEY', '3'],
      ['JOB_NULL_VALUE', '5'],
    ]);
    const skipping = logWith(records);
    const skipped = await runOn(skipping, job({ onError: { decode: 'skip' } }));
    expect(emitted(skipping)).toEqual([total('ann', 1, 1), total('bob', 1, 2)]);
    expect(skipped.metrics).toMatchObject({ records: 2, deadLetters: 0, skipped: 4 });
  });
});

test('what is thrown may be anything: policies hold, and dead letters say of it what can be said', async () => {
  const unspeakable = {
    toString(): string {
      throw new Error('no text');
    },
  };
  const details = { status: 500 };
  for (const [thrown, reason] of [
    [undefined, 'undefined'],
    [Symbol('gone'), 'Symbol(gone)'],
    [Object.create(null), '{}'],
    [unspeakable, '{"toString":"[function]"}'],
    [{ message: 'of another realm' }, 'of another realm'],
    [Object.assign(new Error('x'), { message: details, stack: details }), '{"status":500}'],
    [Object.assign(new Error('x'), { message: undefined }), 'Error'],
  ] as const) {
    for (const concurrency of [1, 4]) {
      for (const process of ['skip', { deadLetter: 'dead' }] as const) {
        const log = logWith([order('ann', 1), order('bob', 0), order('ann', 2)]);
        const throwing = failingJob(
          {
            orders(value, ctx) {
              countOrder(value, ctx);
              if (value.amount === 0) throw thrown;
            },
          },
          { concurrency, onError: { process } },
        );
        const { metrics } = await runOn(log, throwing, { restart: { strategy: 'none' } });
        expect(metrics).toMatchObject({ records: 2, skipped: process === 'skip' ? 1 : 0 });
        const [letter] = letters(log);
        if (process !== 'skip') expect(letter?.headers['kgen.reason']).toBe(reason);
      }
    }
  }
});

test('the end of the log may be records that fail: what is committed is the position behind them', async () => {
  const log = logWith([order('ann', 1), unreadable(bad('ann'), bad('nonsense'))]);
  await runOn(log, failingJob({ orders: countOrder }, { onError: { decode: 'skip' } }));
  const again = await runOn(log, failingJob({ orders: countOrder }));
  expect(again.metrics).toMatchObject({ records: 0, skipped: 0 });
});

describe('a record that cannot be read, and is not to be passed over', () => {
  test('fails the job for good when it has failed again and again, and says which it is and what to do', async () => {
    const log = logWith([order('bob', 1), unreadable(bad('ann'), bad('nonsense'))]);
    const failure = await runOn(log, failingJob({ orders: countOrder })).catch((error: unknown) => error);
    expect(isJobError(failure, 'JOB_DECODE_FAILED') && failure).toMatchObject({
      topic: 'orders',
      partition: 0,
      offset: 1n,
      key: '"ann"',
    });
    expect(isJobError(failure) && failure.message).toBe(
      'orders-0 at offset 1: the record cannot be read: not an order. This record, of key "ann", failed 3 times for the same ' +
        'reason: restarting does not help. Mend what writes such records, or let the job go on without it: onError.decode. ' +
        'Look at it: kgen inspect --topic orders --partition 0 --offset 1',
    );
  });

  test('is named by the bytes of its key where that cannot be read either', async () => {
    const log = logWith([unreadable(Uint8Array.of(0xff, 0x01), bad('ann 1'))]);
    const run = runOn(log, failingJob({ orders: countOrder }), { restart: { strategy: 'none' } });
    await expect(run).rejects.toMatchObject({ code: 'JOB_DECODE_FAILED', key: '0xff01' });
  });

  test('says of a row that its handler asked for where that lies', async () => {
    const log = logWith([order('ann', 1)]);
    log.produce([{ topic: 'names', key: bad('ann'), value: Uint8Array.of(0xff) }]);
    const failure = await runOn(log, failingJob({ orders: countOrder })).catch((error: unknown) => error);
    expect(isJobError(failure, 'JOB_ROW_UNREADABLE') && failure.message).toMatch(
      /^orders-0 at offset 0: handler `orders` asked for what cannot be read: row "ann" of table names \(names-0 at offset 0\) cannot be read: .* Write a row of that key that can be read, .*: onError.decode. Look at it: kgen inspect --topic names --partition 0 --offset 0$/,
    );
  });
});

describe('functions that decide', () => {
  test.each([1, 4])('get the record as it was, and what was thrown, where %i calls may run', async (concurrency) => {
    const log = logWith([
      { ...order('ann', 0), timestamp: 7n, headers: [['h', bad('x')]] },
      unreadable(null, bad('?')),
    ]);
    const seen: unknown[] = [];
    const thrown = new RangeError('too small');
    const job = failingJob(
      {
        orders(value, ctx) {
          Object.assign(value, { amount: 99 });
          for (const [, header] of ctx.record.headers) header?.fill(0);
          throw thrown;
        },
        onError: {
          process(error, record) {
            seen.push(error, record);
            return 'skip';
          },
          decode(error, record) {
            seen.push(error.code, record);
            return { deadLetter: 'dead' };
          },
        },
      },
      { concurrency, onError: { decode: 'fail', produce: { deadLetter: 'dead' } } },
    );
    const { metrics } = await runOn(log, job);
    const place = { input: 'orders', topic: 'orders', partition: 0 };
    expect(seen).toEqual([
      thrown,
      {
        ...place,
        offset: 0n,
        timestamp: 7n,
        headers: [['h', new Uint8Array(bad('x'))]],
        keyBytes: new Uint8Array(bad('ann')),
        valueBytes: new Uint8Array(bad('ann 0')),
        key: 'ann',
        value: { customer: 'ann', amount: 0 },
      },
      'JOB_NULL_KEY',
      expect.objectContaining({ ...place, offset: 1n, keyBytes: null, valueBytes: new Uint8Array(bad('?')) }),
    ]);
    expect(metrics).toMatchObject({ skipped: 1, deadLetters: 1, records: 0 });
  });

  test('leave what they do not know to the policy, options of the run before what is declared', async () => {
    const records = [order('ann', 1), order('ann', 2), order('ann', 3)];
    const job = failingJob(
      {
        orders: ({ amount }) => {
          throw new Error(`amount ${amount}`);
        },
        onError: {
          process: (_error, { value }) => (value.amount === 2 ? { deadLetter: 'dead' } : undefined),
        },
      },
      { onError: { process: { deadLetter: 'dead' } } },
    );
    const { metrics } = await runOn(logWith(records), job);
    expect(metrics).toMatchObject({ skipped: 0, deadLetters: 3 });
    const overridden = await runOn(logWith(records), job, { onError: { process: 'skip' } });
    expect(overridden.metrics).toMatchObject({ skipped: 2, deadLetters: 1 });
  });

  test.each([
    ['fail', { code: 'JOB_HANDLER_FAILED', message: 'orders-0 at offset 0: handler `orders` failed: no' }],
    [
      Promise.resolve('skip'),
      { message: expect.stringMatching(/`onError.process` returned a promise\. It is to return/) },
    ],
    [true, { message: expect.stringMatching(/`onError.process` returned boolean true\. It is to return/) }],
    [{ deadLetter: 'elsewhere' }, { code: 'JOB_OPTIONS', message: expect.stringMatching(/names \(none\)/) }],
  ])('and answer %j fail the job', async (answer, expected) => {
    const job = failingJob({
      orders: () => {
        throw new Error('no');
      },
      onError: { process: () => answer as 'fail' },
    });
    await expect(runOn(logWith([order('ann', 1)]), job, { restart: { strategy: 'none' } })).rejects.toMatchObject(
      expected,
    );
  });

  test('and throw fail the job, with both errors', async () => {
    const job = failingJob({
      orders: () => {
        throw new Error('no');
      },
      onError: {
        process: () => {
          throw new Error('neither');
        },
      },
    });
    const run = runOn(logWith([order('ann', 1)]), job, { restart: { strategy: 'none' } });
    await expect(run).rejects.toMatchObject({
      code: 'JOB_HANDLER_FAILED',
      offset: 0n,
      message: 'orders-0 at offset 0: handler `orders` failed: no; and `onError.process` failed: neither',
      cause: { message: 'neither' },
    });
  });
});

describe('a topic for dead letters', () => {
  const job = (deadLetter: string) => failingJob({ orders: countOrder }, { onError: { decode: { deadLetter } } });

  test('that does not exist is missing at the start', async () => {
    await expect(runOn(logWith([]), job('nowhere'))).rejects.toMatchObject({
      code: 'JOB_UNKNOWN_TOPIC',
      topic: 'nowhere',
    });
  });

  test('may be called otherwise in this environment', async () => {
    const log = logWith([unreadable(null, null)]);
    await runOn(log, job('declared'), { topics: { declared: 'dead' } });
    expect(letters(log)).toHaveLength(1);
  });

  test('cannot be one of the inputs', async () => {
    await expect(runOn(logWith([]), job('orders'))).rejects.toMatchObject({
      code: 'JOB_OPTIONS',
      message:
        'onError: orders is an input of the job, which would read its own dead letters. Give dead letters a topic of their own',
    });
  });

  test('that cannot take one fails the job: neither is the record passed over, nor anything written', async () => {
    const log = logWith([order('ann', 1), unreadable(bad('ann'), bad('nonsense'))]);
    const full = withProducer(log, (producer) => ({
      append(record) {
        if (record.topic === 'dead') throw new LogError('fatal', 'it is too large');
        return producer.append(record);
      },
    }));
    const run = runOn(log, job('dead'), { log: full, restart: { strategy: 'none' }, checkpointInterval: 60_000 });
    await expect(run).rejects.toMatchObject({
      code: 'JOB_PRODUCE_FAILED',
      offset: 1n,
      message:
        'orders-0 at offset 1: the record cannot be read: not an order; ' +
        'and its dead letter cannot be written to dead: it is too large. Let that topic take larger records than the inputs hold',
    });
    expect(letters(log)).toEqual([]);
    // What came before it may have been committed by then: it goes on behind that.
    const again = await runOn(log, job('dead'));
    expect(again.metrics).toMatchObject({ deadLetters: 1 });
    expect(emitted(log)).toHaveLength(1);
  });
});

test.each([
  [{ process: 'ignore' }, "option onError.process: use 'fail', 'skip' or { deadLetter: 'name of a topic' }"],
  [{ process: { deadLetter: '' } }, "option onError.process: use 'fail', 'skip' or { deadLetter: 'name of a topic' }"],
  [{ handler: 'skip' }, 'option onError.handler: there is no such place; there are `decode`, `process` and `produce`'],
  ['skip', 'option onError: give an object with `decode`, `process`, `produce`'],
])('the option %j is refused', async (onError, message) => {
  const run = runOn(logWith([]), failingJob({ orders: countOrder }), { onError: onError as object });
  await expect(run).rejects.toMatchObject({ code: 'JOB_OPTIONS', message });
});

test.each([{ decode: 'skip' }, { decode: { deadLetter: 'dead' } }] as const)(
  'a batch that does not hold together is no record that could be passed over: the job fails (%j)',
  async (onError) => {
    const log = logWith([order('ann', 1), order('ann', 2)]);
    const handlers = { orders: countOrder };
    const broken = new LogError('fatal', 'orders-0: the batch at offset 1 is corrupt');
    const corrupt = {
      ...log,
      source: (...of: Parameters<typeof log.source>) => {
        const source = log.source(...of);
        const { poll } = source;
        source.poll = async (ms) => {
          const fetched = await poll.call(source, ms);
          for (const { records } of fetched) {
            const { next } = records;
            records.next = () => {
              if (records.offset >= 0) throw broken;
              return next.call(records);
            };
          }
          return fetched;
        };
        return source;
      },
    };
    const running = run(failingJob(handlers, { onError }), {
      log: corrupt,
      until: 'latest',
      logger: false,
      restart: { strategy: 'none' },
    });
    await expect(running).rejects.toMatchObject({ code: 'JOB_LOG_FAILED', cause: broken });
    expect(letters(log)).toEqual([]);
  },
);
