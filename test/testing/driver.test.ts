import { isJobError } from '@kgen/runtime';
import { type DriverOf, drive, type LogFailure, type LogRequest, sample } from '@kgen/runtime/testing';
import { describe, expect, test, vi } from 'vitest';
import { Airport, Flight } from '../../fixtures/flights/src/generated/index.ts';
import { type AirportDelays, airportDelays } from '../../fixtures/flights/src/generated/jobs/airport-delays.ts';
import job from '../../fixtures/flights/src/jobs/airport-delays.ts';

const flight: Flight = sample(Flight, { origin: 'SEA', delay: 12, scheduled: new Date(1000) });

function minutes(driver: DriverOf<AirportDelays>, options = {}): unknown[] {
  return driver.read.delays(options).map(({ value }) => value?.minutes);
}

describe('send and read', () => {
  test('what is sent is processed and committed, and what comes out is read', async () => {
    const driver = await drive(job);
    await driver.send.airports(sample(Airport, { iata: 'SEA', name: 'Seattle' }));
    await driver.send.flights(flight, { headers: [['from', Buffer.from('test')]] });
    expect(driver.read.delays()).toEqual([
      {
        topic: 'delays',
        partition: 0,
        offset: 0n,
        timestamp: 1000n,
        headers: [],
        key: 'SEA',
        value: { airport: 'SEA', name: 'Seattle', flights: 1, minutes: 12 },
      },
    ]);
    expect(driver.state.total.get('SEA')).toEqual({ flights: 1, minutes: 12 });
    expect(driver.state.total.get('OAK')).toBe(undefined);
    expect(driver.metrics()).toMatchObject({ records: 1, outputs: 1, tableRecords: 1 });
  });

  test('records sent at once keep their order', async () => {
    const driver = await drive(job);
    await Promise.all([1, 2, 3, 4].map((delay) => driver.send.flights({ ...flight, delay })));
    expect(minutes(driver)).toEqual([1, 3, 6, 10]);
  });

  test('a tombstone deletes a row; a key, a time and a partition may be given', async () => {
    const driver = await drive(job, { partitions: 3 });
    await driver.send.airports(sample(Airport, { iata: 'SEA', name: 'Seattle' }));
    await driver.send.airports(null, { key: 'SEA' });
    await driver.send.flights(flight, { timestamp: new Date(5) });
    await driver.send.flights(flight, { key: 'OAK', timestamp: 7, partition: 2 });
    const seen = driver.read.delays().map(({ key, value, timestamp }) => [key, value?.name, timestamp]);
    // Event time is the topic's `timestampFrom`.
    expect(seen.sort()).toEqual([
      ['OAK', 'OAK', 1000n],
      ['SEA', 'SEA', 1000n],
    ]);
    expect(driver.state.total.get('OAK')).toEqual({ flights: 1, minutes: 12 });
  });

  test('a value that is not of its type is refused where it is sent', async () => {
    const driver = await drive(job);
    await expect(driver.send.flights({ ...flight, delay: 0.5 })).rejects.toMatchObject({ path: 'value.delay' });
    await driver.send.flights(flight);
    expect(minutes(driver)).toEqual([12]);
  });
});

describe('time', () => {
  test('passes only when the test says so', async () => {
    const driver = await drive(job, { now: new Date('2026-05-01T00:00:00Z'), checkpoints: 'interval' });
    await driver.advance('1 s');
    await driver.send.flights(flight);
    await driver.checkpoint();
    await driver.send.flights(flight);
    expect([driver.now.toISOString(), minutes(driver), minutes(driver, { uncommitted: true })]).toEqual([
      '2026-05-01T00:00:01.000Z',
      [12],
      [12, 24],
    ]);
    await driver.advance(999);
    expect(minutes(driver)).toEqual([12]);
    await driver.advance('1 ms');
    expect([driver.now.toISOString(), minutes(driver)]).toEqual(['2026-05-01T00:00:02.000Z', [12, 24]]);
    const { checkpoints } = driver.metrics();
    await driver.advance('2 hours');
    expect(driver.now.toISOString()).toBe('2026-05-01T02:00:02.000Z');
    expect(driver.metrics().checkpoints).toBe(checkpoints);
    await expect(driver.advance('soon')).rejects.toThrow(`"soon" is not a duration`);
  });

  test('a checkpoint may be asked for, and changes nothing where there is nothing to commit', async () => {
    const driver = await drive(job, { checkpoints: 'interval' });
    await driver.checkpoint();
    const { checkpoints } = driver.metrics();
    await driver.send.flights(flight);
    expect(minutes(driver)).toEqual([]);
    await driver.checkpoint();
    await driver.checkpoint();
    expect([minutes(driver), driver.metrics().checkpoints]).toEqual([[12], checkpoints + 1]);
    await driver.send.flights(flight);
    expect(minutes(driver)).toEqual([12]);
  });

  test('handlers may wait for what takes real time, which takes none of the driver’s', async () => {
    const slow = airportDelays({
      async flights(value, ctx) {
        await new Promise((resolve) => setTimeout(resolve, 20));
        ctx.emit.delays({ airport: ctx.key, name: '', flights: 1, minutes: value.delay });
      },
    });
    const driver = await drive(slow);
    const before = driver.now;
    await driver.send.flights(flight);
    expect([minutes(driver), driver.now]).toEqual([[12], before]);
  });

  test('a handler that never settles is named', async () => {
    const driver = await drive(airportDelays({ flights: () => new Promise(() => undefined) }), { patience: 20 });
    await expect(driver.send.flights(flight)).rejects.toThrow(
      'a call of handler `flights` has not come to an end within 20 ms',
    );
    await driver.crash();
  });

  test('fake timers of a test framework do not hold the driver up', async () => {
    vi.useFakeTimers();
    try {
      const driver = await drive(job);
      await driver.send.flights(flight);
      expect(minutes(driver)).toEqual([12]);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe('crash, stop and restart', () => {
  test('after a crash all goes on from the last checkpoint', async () => {
    const driver = await drive(job, { checkpoints: 'interval', partitions: 4 });
    const total = { ...flight, origin: 'SEA' };
    await driver.send.flights(total);
    await driver.checkpoint();
    await driver.send.flights(total);
    await driver.crash();
    expect([minutes(driver), driver.state.total.get('SEA')]).toEqual([[12], { flights: 1, minutes: 12 }]);
    await driver.send.flights(total);
    expect(driver.metrics().records).toBe(1);
    await driver.restart();
    await driver.checkpoint();
    expect([minutes(driver), driver.state.total.get('SEA')]).toEqual([[12, 24, 36], { flights: 3, minutes: 36 }]);
    expect(driver.metrics()).toMatchObject({ records: 2, restoredRecords: 7 });
  });

  test('a job with several checkpoints at once is driven as any other', async () => {
    const several: AirportDelays = { ...job, declaration: { ...job.declaration, concurrentCheckpoints: 3 } };
    const driver = await drive(several, { partitions: 4 });
    for (const origin of ['SEA', 'PDX', 'SEA', 'SFO', 'SEA']) await driver.send.flights({ ...flight, origin });
    await driver.crash();
    expect(driver.state.total.get('SEA')).toEqual({ flights: 3, minutes: 36 });
    driver.fail('commit', 'lose-answer');
    await driver.send.flights(flight);
    await driver.restart(job);
    await driver.send.flights(flight);
    expect(driver.state.total.get('SEA')).toEqual({ flights: 5, minutes: 60 });
    expect(minutes(driver).length).toBe(7);
  });

  test('a stop commits; a restart may be of another version of the job', async () => {
    const driver = await drive(job, { checkpoints: 'interval' });
    await driver.send.flights(flight);
    await driver.stop();
    await driver.stop();
    expect(minutes(driver)).toEqual([12]);
    const doubled = airportDelays({
      flights(value, ctx) {
        const minutes = (ctx.state.total.get()?.minutes ?? 0) + 2 * value.delay;
        ctx.emit.delays({ airport: ctx.key, name: '', flights: 0, minutes });
      },
    });
    await driver.restart(doubled);
    await driver.send.flights(flight);
    await driver.restart();
    expect(minutes(driver)).toEqual([12, 36]);
  });
});

describe('failures', () => {
  test('what a handler throws is thrown where the test awaits, with its own stack', async () => {
    const failing = airportDelays({
      flights(value) {
        if (value.delay === 13) throw new RangeError('no such flight');
      },
    });
    const driver = await drive(failing);
    await driver.send.flights(flight);
    const error: unknown = await driver.send.flights({ ...flight, delay: 13 }).catch((error: unknown) => error);
    expect(isJobError(error, 'JOB_HANDLER_FAILED') && error.message).toBe(
      'flights-0 at offset 1: handler `flights` failed: no such flight',
    );
    expect(String((error as Error).cause)).toBe('RangeError: no such flight');
    expect(((error as Error).cause as Error).stack).toContain('driver.test.ts');
    // The job is down now. What is sent waits; after a restart it fails again.
    await driver.send.flights(flight);
    await expect(driver.restart()).rejects.toMatchObject({ code: 'JOB_HANDLER_FAILED', offset: 1n });
    await driver.restart(job);
    expect(minutes(driver)).toEqual([13, 25]);
  });

  test('a job that cannot start says why', async () => {
    const broken = airportDelays({
      flights() {},
      onStart() {
        throw new Error('no database');
      },
    });
    await expect(drive(broken)).rejects.toThrow('onStart failed: no database');
  });

  test('another instance of its name takes over: the job ends, and what it had not committed is gone', async () => {
    const driver = await drive(job, { checkpoints: 'interval' });
    await driver.send.flights(flight);
    expect((await driver.fence()).code).toBe('JOB_FENCED');
    expect(minutes(driver, { uncommitted: true })).toEqual([]);
    await driver.restart();
    await driver.checkpoint();
    expect(minutes(driver)).toEqual([12]);
  });

  test('a job that the group expels starts over', async () => {
    const driver = await drive(job, { checkpoints: 'interval' });
    await driver.send.flights(flight);
    await driver.expel();
    expect(driver.metrics()).toMatchObject({ restarts: 1 });
    await driver.checkpoint();
    expect(minutes(driver)).toEqual([12]);
  });

  const requests: readonly LogRequest[] = ['produce', 'offsets', 'commit'];
  const ways: readonly LogFailure[] = ['unavailable', 'refuse', 'lose-request', 'lose-answer', { delay: '3 s' }];
  test.each(requests.flatMap((request) => ways.map((how) => [request, how] as const)))(
    '%s that fails by %o costs nothing but time',
    async (request, how) => {
      const driver = await drive(job);
      await driver.send.flights(flight);
      const failure = driver.fail(request, how);
      await driver.send.flights(flight);
      expect(failure.happened).toBe(1);
      await driver.send.flights(flight);
      expect([minutes(driver), driver.state.total.get('SEA')]).toEqual([[12, 24, 36], { flights: 3, minutes: 36 }]);
      if (how === 'unavailable') expect(driver.metrics().aborts).toBe(0);
      if (how !== 'refuse') return;
      // Whoever looks at the log sees why.
      const aborted = driver.logs.find(({ message }) => message?.startsWith('the transaction was aborted'));
      expect(aborted?.fields['err']).toMatchObject({ code: 'LOG', kind: 'abortable' });
    },
  );

  test('what is said to happen again and again does so, until it is healed', async () => {
    const driver = await drive(job);
    const refused = driver.fail('commit', 'unavailable', { times: 1000 });
    await expect(driver.send.flights(flight)).rejects.toMatchObject({ code: 'JOB_LOG_FAILED' });
    expect(refused.happened).toBeGreaterThan(8);
    driver.heal();
    await driver.restart();
    expect(minutes(driver)).toEqual([12]);
    const started = driver.fail('start', 'lose-answer');
    await driver.restart();
    expect(started.happened).toBe(1);
  });
});

test('what is logged is kept, and nothing is printed', async () => {
  const driver = await drive(
    airportDelays({
      flights(value, ctx) {
        ctx.log.warn({ delay: value.delay }, 'late');
      },
    }),
  );
  await driver.advance('1 s');
  await driver.send.flights(flight);
  expect(driver.logs.find(({ message }) => message === 'late')).toEqual({
    level: 'warn',
    message: 'late',
    fields: { job: 'airport-delays', instance: 'driver', task: 0, delay: 12 },
    time: Date.UTC(2024, 0, 1) + 1000,
  });
});
