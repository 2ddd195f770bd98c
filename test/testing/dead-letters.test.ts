import { type ErrorPolicies, isJobError, type Job, type JobShape } from '@kgen/runtime';
import { drive, sample } from '@kgen/runtime/testing';
import { describe, expect, test } from 'vitest';
import { Airport, Flight } from '../../fixtures/flights/src/generated/index.ts';
import { type AirportDelays, airportDelays } from '../../fixtures/flights/src/generated/jobs/airport-delays.ts';
import flightsJob from '../../fixtures/flights/src/jobs/airport-delays.ts';
import { type TimeContext, type TimeJob, timeJob } from './time-job.ts';

const flight: Flight = sample(Flight, { origin: 'SEA', delay: 12 });

function withPolicies<S extends JobShape>(job: Job<S>, onError: ErrorPolicies): Job<S> {
  return { ...job, declaration: { ...job.declaration, onError } };
}

function count(ctx: TimeContext): number {
  const total = { count: (ctx.state.total.get()?.count ?? 0) + 1, sum: 0 };
  ctx.state.total.set(total);
  return total.count;
}

describe('a driver', () => {
  test('reads dead letters, with what went wrong', async () => {
    const driver = await drive(withPolicies(flightsJob, { decode: { deadLetter: 'flights-dead' } }));
    const value = Uint8Array.of(1, 2, 3);
    const key = Buffer.from('SEA');
    await driver.produce({ topic: 'flights', key, value, timestamp: 5n, headers: [['trace', key]] });
    await driver.send.flights(flight);
    expect(driver.deadLetters()).toEqual([
      {
        topic: 'flights-dead',
        place: 'decode',
        code: 'JOB_DECODE_FAILED',
        reason: expect.stringContaining('negative length'),
        stack: expect.any(String),
        job: 'airport-delays',
        input: 'flights',
        origin: { topic: 'flights', partition: 0, offset: 0n },
        timestamp: 5n,
        key: new Uint8Array(key),
        value,
        headers: [['trace', new Uint8Array(key)]],
      },
    ]);
    expect(driver.read.delays()).toHaveLength(1);
    expect(driver.metrics()).toMatchObject({ deadLetters: 1, records: 1, restarts: 0 });
    expect(driver.logs.filter(({ level }) => level === 'warn')).toMatchObject([
      {
        message: expect.stringMatching(
          /^flights-0 at offset 0: the record cannot be read: .*: written to flights-dead$/,
        ),
      },
    ]);
  });

  test('shows one dead letter where the log fails in between', async () => {
    const driver = await drive(withPolicies(flightsJob, { decode: { deadLetter: 'flights-dead' } }));
    const refused = driver.fail('commit', 'refuse', { times: 2 });
    const lost = driver.fail('commit', 'lose-answer');
    await driver.produce({ topic: 'flights', key: Buffer.from('SEA'), value: null });
    expect(driver.deadLetters()).toHaveLength(1);
    expect([refused.happened, lost.happened]).toEqual([2, 1]);
    await driver.crash();
    await driver.restart();
    expect(driver.deadLetters()).toHaveLength(1);
    expect(driver.metrics()).toMatchObject({ deadLetters: 0, records: 0 });
  });

  test('logs those that are skipped at a bounded rate, and how many it left out', async () => {
    const driver = await drive(withPolicies(flightsJob, { decode: 'skip' }));
    const bad = { topic: 'flights', key: Buffer.from('SEA'), value: null, partition: 0 };
    for (let i = 0; i < 25; i++) await driver.produce(bad);
    const warnings = () => driver.logs.filter(({ level }) => level === 'warn');
    expect(warnings()).toHaveLength(10);
    await driver.advance('10 s');
    await driver.produce(bad);
    expect(warnings()).toHaveLength(11);
    expect(warnings().at(-1)).toMatchObject({ fields: { place: 'decode', suppressed: 15 } });
    expect(driver.metrics().skipped).toBe(26);
  });

  test('tells of a value changed in place also where handlers that fail are passed over', async () => {
    const careless: AirportDelays = airportDelays({
      flights(_, ctx) {
        const total = ctx.state.total.get() ?? { flights: 0, minutes: 0 };
        ctx.state.total.set({ flights: 1, minutes: 1 });
        Object.assign(ctx.state.total.get() ?? total, { minutes: 7 });
      },
    });
    const driver = await drive(withPolicies(careless, { process: 'skip' }));
    const sent = driver.send.flights(flight);
    await expect(sent).rejects.toMatchObject({ cause: { code: 'JOB_STATE_MUTATED' } });
  });
});

describe('a row of a table that cannot be read', () => {
  const key = Buffer.from('SEA');
  const corrupt = { topic: 'airports', key, value: Uint8Array.of(255), partition: 0 };
  const seattle = sample(Airport, { iata: 'SEA', name: 'Seattle' });

  test('fails who looks it up, though handlers that fail are passed over: it is no failure of theirs', async () => {
    const driver = await drive(withPolicies(flightsJob, { process: 'skip' }));
    await driver.send.airports(seattle);
    await driver.produce(corrupt);
    const error = await driver.send.flights(flight).catch((error: unknown) => error);
    expect(error).toMatchObject({
      code: 'JOB_ROW_UNREADABLE',
      message: expect.stringMatching(
        /^flights-0 at offset 0: handler `flights` asked for what cannot be read: row "SEA" of table airports \(airports-0 at offset 1\) cannot be read: /,
      ),
      topic: 'flights',
      offset: 0n,
      cause: { code: 'JOB_ROW_UNREADABLE', topic: 'airports', partition: 0, offset: 1n, key: '"SEA"' },
    });
    expect(isJobError(error) && isJobError(error.cause) && error.cause.cause).toMatchObject({
      name: 'AvroDecodeError',
    });
    expect(driver.metrics()).toMatchObject({ skipped: 0, records: 0 });
  });

  test('is no former row where such are skipped: who looks it up is skipped with it, until there is a row that can be read', async () => {
    const driver = await drive(withPolicies(flightsJob, { decode: 'skip' }));
    const names = () => driver.read.delays().map(({ value }) => value?.name);
    await driver.send.airports(seattle);
    await driver.send.flights(flight);
    await driver.produce(corrupt);
    await driver.send.flights(flight);
    expect(names()).toEqual(['Seattle']);
    expect(driver.metrics()).toMatchObject({ skippedRows: 1, deadLetters: 0, skipped: 1 });
    expect(driver.logs.filter(({ level }) => level === 'warn').map(({ message }) => message)).toEqual([
      expect.stringMatching(
        /^airports-0 at offset 1: the record of table airports cannot be read: .*: skipped; records that ask for its row fail/,
      ),
      expect.stringMatching(
        /^flights-0 at offset 1: handler `flights` asked for .*row "SEA" of table airports .*: skipped$/,
      ),
    ]);
    await driver.crash();
    await driver.restart();
    await driver.send.flights(flight);
    expect(driver.metrics()).toMatchObject({ skippedRows: 1, skipped: 1 });
    await driver.send.airports({ ...seattle, name: 'Tacoma' });
    await driver.send.flights(flight);
    expect(names()).toEqual(['Seattle', 'Tacoma']);
    await driver.produce(corrupt);
    await driver.produce({ ...corrupt, value: null });
    await driver.send.flights(flight);
    expect(names()).toEqual(['Seattle', 'Tacoma', 'SEA']);
  });

  test('has those who look it up in the topic for dead letters, with the place of the row', async () => {
    const driver = await drive(withPolicies(flightsJob, { decode: { deadLetter: 'dead' } }));
    await driver.produce(corrupt);
    await driver.send.flights(flight);
    expect(driver.deadLetters()).toMatchObject([
      {
        place: 'decode',
        code: 'JOB_ROW_UNREADABLE',
        reason: expect.stringMatching(/^row "SEA" of table airports \(airports-0 at offset 0\) cannot be read: /),
        input: 'flights',
        origin: { topic: 'flights', partition: 0, offset: 0n },
      },
    ]);
    expect(driver.metrics()).toMatchObject({ skippedRows: 1, deadLetters: 1, skipped: 0 });
  });

  test.each([undefined, 'skip'] as const)(
    'is known by its code to a handler that goes on without it (%j)',
    async (decode) => {
      const seen: unknown[] = [];
      const job: AirportDelays = airportDelays({
        flights(_, ctx) {
          try {
            ctx.tables.airports.get();
          } catch (error) {
            seen.push(isJobError(error, 'JOB_ROW_UNREADABLE') && [error.topic, error.offset, error.key]);
          }
          ctx.emit.delays({ airport: ctx.key, name: 'unknown', flights: 1, minutes: 0 });
        },
      });
      const driver = await drive(withPolicies(job, { decode }));
      await driver.produce(corrupt);
      await driver.send.flights(flight);
      expect(seen).toEqual([['airports', 0n, '"SEA"']]);
      expect(driver.read.delays()).toHaveLength(1);
    },
  );

  test('is decided on by the function of its input, and so is who looks it up', async () => {
    const { handlers, declaration } = flightsJob;
    const asked: unknown[] = [];
    const onError: (typeof handlers)['onError'] = {
      decode(error, { input, offset, valueBytes }) {
        asked.push([error.code, input, offset, input === 'airports' && valueBytes]);
        return error.code === 'JOB_NULL_KEY' ? 'fail' : 'skip';
      },
    };
    const driver = await drive<typeof flightsJob extends Job<infer S> ? S : never>({
      declaration,
      handlers: { ...handlers, onError },
    });
    await driver.produce(corrupt);
    await driver.send.flights(flight);
    expect(asked).toEqual([
      ['JOB_DECODE_FAILED', 'airports', 0n, Uint8Array.of(255)],
      ['JOB_ROW_UNREADABLE', 'flights', 0n, false],
    ]);
    await expect(driver.produce({ topic: 'flights', key: null, value: null })).rejects.toMatchObject({
      code: 'JOB_NULL_KEY',
    });
  });

  test('of a key that cannot be read either says nothing of any row', async () => {
    const driver = await drive(withPolicies(flightsJob, { decode: 'skip' }));
    await driver.send.airports(seattle);
    await driver.produce({ ...corrupt, key: Uint8Array.of(255) });
    await driver.send.flights(flight);
    expect(driver.read.delays().map(({ value }) => value?.name)).toEqual(['Seattle']);
    expect(driver.metrics()).toMatchObject({ skippedRows: 1, skipped: 0 });
  });
});

describe('a timer whose handler fails', () => {
  const failing = (later: boolean): TimeJob =>
    timeJob({
      words(_, ctx) {
        ctx.timers.set('wake', { after: 1000 });
      },
      others() {},
      onTimer: {
        quiet() {},
        wake(_, ctx) {
          const work = (): void => {
            ctx.emit.counts(ctx.key, String(count(ctx)));
            if (ctx.key !== 'bad') return;
            ctx.timers.set('wake', { after: 1000 });
            throw new Error('no more');
          };
          return later ? Promise.resolve().then(work) : work();
        },
      },
    });

  test.each([false, true])(
    'is over when it is passed over, and nothing of its call stays (later: %j)',
    async (later) => {
      const driver = await drive(withPolicies(failing(later), { process: { deadLetter: 'timers-dead' } }));
      for (const key of ['good', 'bad']) await driver.send.words('word', { key });
      const due = BigInt(driver.now.getTime() + 1000);
      await driver.advance('1 hour');
      expect(driver.read.counts().map(({ key, value }) => [key, value])).toEqual([['good', '1']]);
      expect(driver.state.total.get('bad')).toBe(undefined);
      expect(driver.deadLetters()).toMatchObject([
        {
          place: 'process',
          code: 'JOB_HANDLER_FAILED',
          reason: 'no more',
          input: 'onTimer.wake',
          origin: undefined,
          timestamp: due,
          key: new Uint8Array(Buffer.from('bad')),
          value: null,
          headers: [],
        },
      ]);
      expect(driver.metrics()).toMatchObject({ timers: 1, deadLetters: 1, restarts: 0 });
      await driver.crash();
      await driver.restart();
      await driver.advance('1 hour');
      expect(driver.deadLetters()).toHaveLength(1);
    },
  );

  test('is shown to the function that decides', async () => {
    const seen: unknown[] = [];
    const job = failing(false);
    const onError = {
      process(error: unknown, failed: unknown): 'skip' {
        seen.push((error as Error).message, failed);
        return 'skip';
      },
    };
    const deciding: TimeJob = { ...job, handlers: Object.assign(job.handlers, { onError }) };
    const driver = await drive(deciding);
    await driver.send.words('word', { key: 'bad' });
    const time = BigInt(driver.now.getTime() + 1000);
    await driver.advance('1 minute');
    expect(seen).toEqual(['no more', { timer: { name: 'wake', time, in: 'processing' }, key: 'bad' }]);
    expect(driver.metrics()).toMatchObject({ timers: 0, skipped: 1 });
  });

  test('fails the job where nothing is said of such, and names its key', async () => {
    const driver = await drive(failing(false));
    await driver.send.words('word', { key: 'bad' });
    await expect(driver.advance('1 minute')).rejects.toMatchObject({ code: 'JOB_HANDLER_FAILED', key: '"bad"' });
  });
});

describe('event time', () => {
  const minute = (n: number): Date => new Date(Date.UTC(2024, 0, 1, 0, n));
  const seen = (): { readonly watermarks: bigint[]; readonly job: TimeJob } => {
    const watermarks: bigint[] = [];
    const job = timeJob({
      words(word, ctx) {
        watermarks.push(ctx.watermark);
        if (word === 'bad') throw new Error('no');
      },
      others() {},
      onTimer: { quiet() {}, wake() {} },
    });
    return { watermarks, job };
  };
  const least = -(2n ** 63n);
  const reached = (n: number): bigint => BigInt(minute(n).getTime() - 1000 - 1);

  test('advances over records whose handlers failed, and over such as cannot be read', async () => {
    const { watermarks, job } = seen();
    const driver = await drive(withPolicies(job, { decode: 'skip', process: 'skip' }));
    await driver.send.others('x', { key: 'a', timestamp: minute(59) });
    await driver.send.words('bad', { key: 'a', timestamp: minute(1) });
    await driver.send.words('fine', { key: 'a', timestamp: minute(2) });
    const timestamp = BigInt(minute(5).getTime());
    await driver.produce({ topic: 'words', key: Buffer.from('a'), value: Uint8Array.of(0xff), timestamp });
    await driver.send.words('fine', { key: 'a', timestamp: minute(6) });
    expect(watermarks).toEqual([least, reached(1), reached(5)]);
  });
});
