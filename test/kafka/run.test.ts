import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type KafkaLog, kafkaLog } from '@kgen/runtime/kafka';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Sandbox } from '../cli/harness.ts';
import { configOf, jobProject, KgenRun } from '../run/project.ts';
import { describeKafka } from '../support/kafka/describe-kafka.ts';
import { java } from '../support/kafka/java.ts';
import { unique } from '../support/kafka/requests.ts';
import { produceRecords } from './chaos/orders.ts';

const PARTITIONS = 6;

await describeKafka('kgen run', (brokers) => {
  let project: Sandbox;
  let log: KafkaLog;
  beforeAll(async () => {
    project = await jobProject();
    log = kafkaLog({ brokers });
  });
  afterAll(() => log?.close());

  const runs: KgenRun[] = [];
  afterEach(async () => {
    await Promise.all(runs.splice(0).map((run) => run.kill()));
  });

  interface Place {
    readonly group: string;
    readonly lines: string;
    readonly copies: string;
    readonly flags: readonly string[];
  }

  /** Topics and a group of a test's own. */
  async function newPlace(): Promise<Place> {
    const [group, lines, copies] = [unique('run'), unique('lines'), unique('copies')];
    await log.createTopics([lines, copies].map((name) => ({ name, partitions: PARTITIONS })));
    const flags = ['--brokers', brokers.join(), '--group', group, '--topics', `lines=${lines}`, `copies=${copies}`];
    return { group, lines, copies, flags };
  }

  function start(place: Pick<Place, 'flags'>, args: readonly string[] = [], env = {}): KgenRun {
    const run = new KgenRun(project, ['copy-lines', ...place.flags, ...args], env);
    runs.push(run);
    return run;
  }

  /** By key and value. */
  function produce({ lines }: Place, records: readonly (readonly [string, string])[]): Promise<void> {
    const serialized = records.map(([key, value]) => ({
      topic: lines,
      key: Buffer.from(key),
      value: Buffer.from(value),
      timestamp: BigInt(Date.now()),
      headers: [],
    }));
    return produceRecords(log, { topic: lines, partitions: PARTITIONS }, serialized as never);
  }

  function manyLines(count: number, from = 0): [string, string][] {
    return Array.from({ length: count }, (_, i) => [`k${(from + i) % 50}`, `line ${from + i}`]);
  }

  async function committed({ group, lines }: Place): Promise<number> {
    const all = Array.from({ length: PARTITIONS }, (_, partition) => ({ topic: lines, partition }));
    return (await log.committedOffsets(group, all)).reduce((sum, { offset }) => sum + offset, 0);
  }

  /** What a reader of committed records that is not ours sees. */
  async function copies({ copies }: Place): Promise<readonly string[]> {
    const lines = await java('TopicReader', brokers.join(), copies, 'read_committed');
    return lines.map((line) => Buffer.from(JSON.parse(line).value, 'hex').toString());
  }

  /** Each line once, and counted by key in order. */
  function expected(count: number): readonly string[] {
    return manyLines(count).map(([, line], i) => `${line} ${Math.floor(i / 50) + 1}`);
  }

  const sorted = (list: readonly string[]): readonly string[] => [...list].sort();

  test('SIGTERM, with checkpoints under way: it drains, commits, leaves the group and ends with 0', async () => {
    const place = await newPlace();
    const args = ['--checkpoint-interval', '1', '--log-level', 'debug', '--instance', 'one'];
    const run = start(place, args);
    await produce(place, manyLines(3000));
    await expect.poll(() => committed(place), { timeout: 20_000, interval: 20 }).toBeGreaterThan(0);
    run.signal('SIGTERM');
    expect(await run.ended, run.said).toBe(0);
    expect(run.lines.map(({ msg }) => msg)).toEqual(
      expect.arrayContaining(['job starts', expect.stringMatching(/^checkpoint \d+$/), 'job stopped']),
    );
    expect(run.lines.at(-1)).toMatchObject({
      msg: 'job stopped',
      job: 'copy-lines',
      instance: 'one',
      pid: expect.any(Number),
    });
    expect(run.lines.filter(({ level }) => level > 30)).toEqual([]);
    expect(await log.instances(place.group)).toEqual([]);
    expect(await log.openTransactions(place.group)).toEqual([]);

    // What is left, the next run does: with `until` it ends by itself.
    const rest = start(place, ['--until', 'latest', '--instance', 'one']);
    expect(await rest.ended, rest.said).toBe(0);
    expect(rest.lines.at(-1)).toMatchObject({ msg: 'job done' });
    expect(sorted(await copies(place))).toEqual(sorted(expected(3000)));
  });

  test('SIGKILL: the next run goes on, nothing lost or doubled', async () => {
    const place = await newPlace();
    await produce(place, manyLines(2000));
    const killed = start(place, ['--checkpoint-interval', '5', '--instance', 'one']);
    await expect.poll(() => committed(place), { timeout: 20_000, interval: 20 }).toBeGreaterThan(0);
    await killed.kill();
    await produce(place, manyLines(2000, 2000));
    const next = start(place, ['--until', 'latest', '--instance', 'one']);
    expect(await next.ended, next.said).toBe(0);
    expect(sorted(await copies(place))).toEqual(sorted(expected(4000)));
  });

  test('--store: state lies in files, of threads too, and a restart goes on from them', async () => {
    const place = await newPlace();
    const store = mkdtempSync(join(tmpdir(), 'kgen-store-'));
    const options = ['--store', store, '--threads', '2', '--instance', 'one', '--until', 'latest'];
    for (const first of [0, 1000]) {
      await produce(place, manyLines(1000, first));
      const run = start(place, options);
      expect(await run.ended, run.said).toBe(0);
    }
    expect(readdirSync(join(store, place.group)).length).toBeGreaterThan(0);
    expect(sorted(await copies(place))).toEqual(sorted(expected(2000)));
    rmSync(store, { recursive: true, force: true });
  });

  test('a second signal ends it at once', async () => {
    const place = await newPlace();
    const run = start(place, [], { LOG_FORMAT: 'text' });
    await produce(place, [['a', 'hang']]);
    await expect.poll(() => run.said, { timeout: 20_000 }).toContain('the handler hangs');
    run.signal('SIGINT');
    await expect.poll(() => run.said, { timeout: 20_000 }).toContain('stopping, with a last checkpoint');
    run.signal('SIGTERM');
    expect(await run.ended, run.said).toBe(143);
    expect(run.said).toContain('nothing is lost');
  });

  test('what does not stop within the grace time is ended, with 1', async () => {
    const place = await newPlace();
    await produce(place, [['a', 'hang']]);
    const run = start(place, ['--grace', '300 ms']);
    await expect.poll(() => run.said, { timeout: 20_000 }).toContain('the handler hangs');
    run.signal('SIGTERM');
    expect(await run.ended, run.said).toBe(1);
    expect(run.lines.at(-1)).toMatchObject({ level: 50, msg: expect.stringContaining('nothing is lost') });
  });

  test('a handler that fails again and again ends it with 1: the record, and why', async () => {
    const place = await newPlace();
    await produce(place, [
      ['a', 'fine'],
      ['a', 'poison'],
    ]);
    const run = start(place, [], { LOG_FORMAT: 'text' });
    expect(await run.ended, run.said).toBe(1);
    expect(run.said.match(/ warn {2}the job failed: it starts over/g)?.length).toBe(2);
    expect(run.said).toMatch(
      /error job failed.*\n {2}JOB_HANDLER_FAILED {2}\S+ at offset 1: handler `lines` failed: cannot digest this\. This record, of key "a", failed 3 times.*\n {2}caused by Error: cannot digest this\n {4}at .*copy-lines\.ts:/,
    );
    // The record before it is committed, once.
    expect(await copies(place)).toEqual(['fine 1']);
  });

  test.each(['1', '2'])(
    'an error that nobody caught ends it with 1, as a line of the log, on %s threads',
    async (threads) => {
      const place = await newPlace();
      await produce(place, [['a', 'late']]);
      const run = start(place, ['--threads', threads]);
      expect(await run.ended, run.said).toBe(1);
      expect(run.lines.at(-1)).toMatchObject({
        level: 50,
        err: { message: expect.stringContaining('nobody caught this') },
      });
    },
  );

  test('what a job leaves open does not keep the process alive', async () => {
    const place = await newPlace();
    await produce(place, [['a', 'leak']]);
    const run = start(place, ['--until', 'latest']);
    expect(await run.ended, run.said).toBe(0);
    expect(run.lines.at(-1)).toMatchObject({ level: 40, msg: expect.stringContaining('onStop') });
  });

  test('missing topics are named, with 1', async () => {
    const group = unique('run');
    const run = start({ flags: ['--brokers', brokers.join(), '--group', group, '--topics', `lines=${group}`] });
    expect(await run.ended, run.said).toBe(1);
    expect(run.lines.at(-1)).toMatchObject({
      level: 50,
      msg: 'job failed',
      err: { code: 'JOB_UNKNOWN_TOPIC', message: expect.stringContaining(group) },
    });
  });

  test.each(['1', '2'])('flags say where it begins and ends, on %s threads', async (threads) => {
    const place = await newPlace();
    await produce(place, manyLines(600));
    const partitions = Array.from({ length: PARTITIONS }, (_, partition) => ({ topic: place.lines, partition }));
    const bounds = await log.bounds(partitions);
    const offsets = (of: (end: number) => number): string =>
      bounds.map(({ topic, partition, end }) => `${topic}:${partition}=${of(end)}`).join();
    const flags = ['--threads', threads, '--start-from', offsets(() => 3), '--until', offsets((end) => end - 4)];
    const run = start(place, flags);
    expect(await run.ended, run.said).toBe(0);
    const read = await java('TopicReader', brokers.join(), place.lines, 'read_committed');
    const due = read
      .map((line): { partition: number; offset: number; value: string } => JSON.parse(line))
      .filter(({ partition, offset }) => offset >= 3 && offset < (bounds[partition]?.end ?? 0) - 4)
      .map(({ value }) => Buffer.from(value, 'hex').toString());
    expect(due.length).toBeGreaterThan(300);
    expect(sorted((await copies(place)).map((line) => line.replace(/ \d+$/, '')))).toEqual(sorted(due));
    const ends = (await log.committedOffsets(place.group, partitions)).map(({ partition, offset }) => [
      partition,
      offset,
    ]);
    expect(ends.sort()).toEqual(bounds.map(({ partition, end }) => [partition, end - 4]));
    const rest = start(place, ['--until', 'latest', '--start-from', 'latest', '--on-out-of-range', 'earliest']);
    expect(await rest.ended, rest.said).toBe(0);
    expect(rest.lines.map(({ msg }) => msg)).toContain(
      'the job goes on from its last checkpoint, and not from where startFrom says',
    );
    const wrong = start(place, ['--until', '2026-05-01T12:00:00']);
    expect(await wrong.ended, wrong.said).toBe(2);
    expect(wrong.said).toContain('a time without its zone');
  });

  test.each(['1', '2'])('missing topics are created as the config says, on %s threads', async (threads) => {
    const group = unique('run');
    const created = await jobProject({ 'kgen.config.ts': configOf('kafka: { createTopics: { partitions: 3 } },') });
    const names = ['lines', 'copies'].map((name) => `${name}=${group}-${name}`);
    const flags = ['--brokers', brokers.join(), '--group', group, '--threads', threads, '--until', 'latest'];
    const run = new KgenRun(created, ['copy-lines', ...flags, '--topics', ...names]);
    expect(await run.ended, run.said).toBe(0);
    const found = await log.topics(['lines', 'copies'].map((name) => `${group}-${name}`));
    expect([...found.values()].map(({ partitions }) => partitions)).toEqual([3, 3]);
  });

  test('missing topics are created as --create-topics says', async () => {
    const group = unique('run');
    const names = ['lines', 'copies'].map((name) => `${group}-${name}`);
    const topics = ['--topics', `lines=${names[0]}`, `copies=${names[1]}`];
    const place = { flags: ['--brokers', brokers.join(), '--group', group, ...topics] };
    const run = start(place, ['--until', 'latest', '--create-topics', '4:1']);
    expect(await run.ended, run.said).toBe(0);
    const found = await log.topics(names);
    expect([...found.values()].map(({ partitions }) => partitions)).toEqual([4, 4]);
  });

  describe('worker threads', () => {
    test('share the tasks, have names, and stop together', async () => {
      const place = await newPlace();
      await produce(place, manyLines(1000));
      const run = start(place, ['--threads', '3', '--instance', 'pod-0', '--log-level', 'debug']);
      await expect.poll(() => committed(place), { timeout: 20_000 }).toBeGreaterThanOrEqual(1000);
      await expect
        .poll(() => log.instances(place.group).then((all) => [...all].sort()))
        .toEqual(['pod-0-1', 'pod-0-2', 'pod-0-3']);
      run.signal('SIGTERM');
      expect(await run.ended, run.said).toBe(0);
      const stopped = run.lines.filter(({ msg }) => msg === 'job stopped');
      expect(stopped.map(({ thread, instance }) => `${thread} ${instance}`).sort()).toEqual([
        '1 pod-0-1',
        '2 pod-0-2',
        '3 pod-0-3',
      ]);
      expect(await log.instances(place.group)).toEqual([]);
      expect(sorted(await copies(place))).toEqual(sorted(expected(1000)));
    });

    test('one that fails for good ends all of them, with its error', async () => {
      const place = await newPlace();
      await produce(place, [
        ['a', 'poison'],
        ['b', 'fine'],
        ['c', 'fine'],
      ]);
      const run = start(place, ['--threads', '2', '--log-format', 'text']);
      expect(await run.ended, run.said).toBe(1);
      expect(run.said).toContain('JOB_HANDLER_FAILED');
      expect(run.said).toContain('caused by Error: cannot digest this\n    at ');
      expect(run.said).toMatch(/job stopped {2}thread=\d/);
      expect(await log.instances(place.group)).toEqual([]);
    });

    test('one that ends its thread ends all of them as well', async () => {
      const place = await newPlace();
      await produce(place, [['a', 'exit']]);
      const run = start(place, ['--threads', '2']);
      expect(await run.ended, run.said).toBe(1);
      expect(run.lines.at(-1)).toMatchObject({
        msg: 'job failed',
        err: { message: expect.stringContaining('exit code 3') },
      });
    });
  });
});
