import { type JobLog, type Log, type RunOptions, start } from '@kgen/runtime';
import { memoryLog } from '@kgen/runtime/memory';
import { expect, test } from 'vitest';
import { silentLog } from '../../runtime/src/ops/job-log.ts';
import { append } from '../log/harness.ts';
import { emitted, positionJob, produce } from './position-job.ts';
import { until } from './until.ts';
import { virtualClock } from './virtual-clock.ts';

interface Line {
  readonly fields: Record<string, unknown>;
  readonly message: string;
}

function scene(change: (log: Log) => Partial<Log> = () => ({}), options: Partial<RunOptions> = {}) {
  const clock = virtualClock(1, 0.1);
  const log = memoryLog({ topics: { a: 2, b: 2, out: 1 }, clock, transactionTimeout: 3_600_000 });
  const warnings: Line[] = [];
  const notes: Line[] = [];
  const into = (lines: Line[]) => (fields: object, message?: string) =>
    void lines.push({ fields: { ...fields }, message: message ?? '' });
  const logger: JobLog = { ...silentLog, warn: into(warnings), info: into(notes) };
  const running = start(positionJob({ b: {} }), { log: { ...log, ...change(log) }, clock, logger, ...options });
  return { clock, log, running, warnings, notes };
}

test('a transaction that holds readers back is named once, and again when it is over', async () => {
  const { clock, log, running, warnings, notes } = scene();
  const stranger = await log.producer('stranger');
  append(stranger, 'a', 0, 'k', 'held');
  append(stranger, 'b', 1, 'k', 'held');
  produce(log, 'a', 0, [1]);
  produce(log, 'a', 1, [2]);
  const begun = clock.monotonic();
  await until(() => warnings.length > 0);
  expect(clock.monotonic() - begun).toBeGreaterThan(30_000);
  expect(clock.monotonic() - begun).toBeLessThan(60_000);
  expect(running.metrics().blockedPartitions).toBe(2);
  const { producerId } = stranger;
  expect(warnings[0]?.fields).toMatchObject({
    producerId,
    transactionalId: 'stranger',
    partitions: ['a-0', 'b-1'],
    offset: 0,
  });
  expect(warnings[0]?.message).toMatch(
    /'stranger' of producer \d+ is open, and holds back a-0, b-1: nothing behind offset 0/,
  );
  expect(warnings[0]?.message).toContain('Its broker aborts it after 3600 s; `kgen transactions` shows it');
  const later = clock.monotonic() + 120_000;
  await until(() => clock.monotonic() > later);
  expect(warnings.length).toBe(1);
  expect(emitted(log)).toEqual(['a1@2']);
  await stranger.abort();
  await until(() => notes.some(({ message }) => message.includes('holds readers back no more')));
  expect(running.metrics().blockedPartitions).toBe(0);
  expect(emitted(log)).toEqual(['a0@1', 'a1@2']);
  await running.stop();
});

test('a transaction holds nobody back who reads what is undecided', async () => {
  const isolation = { inputs: { a: { isolation: 'read_uncommitted' } } } as const;
  const { clock, log, running, warnings } = scene(undefined, isolation);
  const stranger = await log.producer('stranger');
  append(stranger, 'a', 0, 'k', 'read');
  append(stranger, 'b', 0, 'k', 'held');
  await until(() => warnings.length > 0);
  expect(warnings[0]?.fields).toMatchObject({ partitions: ['b-0'] });
  expect(running.metrics().blockedPartitions).toBe(1);
  expect(emitted(log)).toEqual(['read']);
  const later = clock.monotonic() + 60_000;
  await until(() => clock.monotonic() > later);
  expect(warnings.length).toBe(1);
  await stranger.abort();
  await running.stop();
});

test('transactions that come and go hold nobody back for long, and are not named', async () => {
  const { clock, log, running, warnings } = scene();
  const busy = await log.producer('busy');
  const end = clock.monotonic() + 200_000;
  for (let i = 0; clock.monotonic() < end; i++) {
    append(busy, 'a', 0, 'k', `${i}`);
    const next = clock.monotonic() + 20_000;
    await until(() => clock.monotonic() > next);
    await busy.commit();
    append(busy, 'a', 0, 'k', `${i} again`);
  }
  await busy.abort();
  await running.stop();
  expect(warnings).toEqual([]);
});

test('of many some are named; one that no coordinator knows, with the command that ends it; questions may fail', async () => {
  let failures = 0;
  const { clock, log, running, warnings } = scene((of) => ({
    undecided: async (partitions) => {
      if (failures++ === 0) throw new Error('no answer');
      const [first] = await of.undecided(partitions);
      return first === undefined
        ? []
        : Array.from({ length: 8 }, (_, i) => ({ ...first, producerId: i, transactionalId: undefined }));
    },
  }));
  const stranger = await log.producer('stranger');
  append(stranger, 'a', 1, 'k', 'held');
  await until(() => warnings.length > 5);
  expect(warnings.length).toBe(6);
  expect(warnings[0]?.message).toContain(
    'no coordinator knows it, and it does not end by itself: kafka-transactions.sh abort --topic a --partition 1 --start-offset 0',
  );
  expect(warnings[5]?.message).toBe('and 3 more transactions hold readers back');
  const later = clock.monotonic() + 60_000;
  await until(() => clock.monotonic() > later);
  expect(warnings.length).toBe(6);
  await running.stop();
});
