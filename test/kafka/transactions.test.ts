import { type JobLog, type RunningJob, start } from '@kgen/runtime';
import { type KafkaLog, kafkaLog } from '@kgen/runtime/kafka';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { silentLog } from '../../runtime/src/ops/job-log.ts';
import type { Sandbox } from '../cli/harness.ts';
import { record } from '../log/harness.ts';
import { jobProject } from '../run/project.ts';
import { virtualSteps } from '../support/fast-clock.ts';
import { describeKafka } from '../support/kafka/describe-kafka.ts';
import { unique } from '../support/kafka/requests.ts';
import { positionJob } from '../task/position-job.ts';

type Producer = Awaited<ReturnType<KafkaLog['producer']>>;

await describeKafka('transactions that linger', (brokers) => {
  const log = kafkaLog({ brokers });
  const logs: KafkaLog[] = [log];
  const jobs: RunningJob[] = [];
  let project: Sandbox;
  beforeAll(async () => {
    project = await jobProject();
  });
  afterEach(async () => {
    for (const job of jobs.splice(0)) {
      job.result.catch(() => undefined);
      job.kill();
    }
  });
  afterAll(() => Promise.all(logs.map((each) => each.close())));

  async function open(transactionalId: string, topic: string, partition = 0): Promise<Producer> {
    const producer = await log.producer(transactionalId);
    void producer.append({ topic, partition, ...record('k', 'open'), timestamp: Date.now() });
    if ('flush' in producer && typeof producer.flush === 'function') await producer.flush();
    return producer;
  }

  async function scene() {
    const [group, a, out] = [unique('group'), unique('a'), unique('out')];
    await log.createTopics([a, out].map((name) => ({ name, partitions: 2 })));
    return { group, a, out, options: { log, group, topics: { a, out }, logger: false } as const };
  }

  function run(instance: string, options: Parameters<typeof start>[1]): RunningJob {
    const job = start(positionJob(), { ...options, instance });
    jobs.push(job);
    return job;
  }

  test('of instances that were scaled in are ended by the next start, and ids are those of instances', async () => {
    const { group, a, out, options } = await scene();
    const gone = run('two', options);
    // It is killed in the middle of one: a checkpoint long after its first record.
    await expect.poll(() => log.instances(group), { timeout: 20_000 }).toEqual(['two']);
    gone.kill();
    gone.result.catch(() => undefined);
    const left = await open(`${group}/two`, out);
    left.close();
    expect(await log.openTransactions(`${group}/`)).toEqual([`${group}/two`]);
    const one = run('one', { ...options, log: another({ sessionTimeout: 6000 }) });
    await expect.poll(() => log.openTransactions(`${group}/`), { timeout: 30_000 }).toEqual([]);
    const writer = await log.producer(unique('upstream'));
    void writer.append({ topic: a, partition: 1, ...record('k', 'v'), timestamp: Date.now() });
    await writer.commit();
    await expect.poll(() => one.metrics().records, { timeout: 30_000 }).toBe(1);
    await one.stop();
    const all = await log.transactions({ prefix: `${group}/` });
    expect(all.map(({ transactionalId, open: isOpen }) => [transactionalId, isOpen])).toEqual([
      [`${group}/one`, undefined],
      [`${group}/two`, undefined],
    ]);
  }, 90_000);

  function another(group: { readonly sessionTimeout: number }): KafkaLog {
    const made = kafkaLog({ brokers, group });
    logs.push(made);
    return made;
  }

  test('of strangers are told with all that brokers know', async () => {
    const { group, a } = await scene();
    const producer = await open(`${group}/x`, a, 1);
    const before = Date.now();
    const [found] = await log.transactions({ ids: [`${group}/x`, 'none'] });
    expect(found).toEqual({
      transactionalId: `${group}/x`,
      producerId: producer.producerId,
      state: 'Ongoing',
      open: {
        epoch: producer.epoch,
        startTime: expect.any(Number),
        timeout: 60_000,
        partitions: [{ topic: a, partition: 1 }],
      },
    });
    expect(Math.abs((found?.open?.startTime ?? 0) - before)).toBeLessThan(10_000);
    await producer.abort();
    await expect
      .poll(async () => (await log.transactions({ prefix: group }))[0], { timeout: 10_000 })
      .toMatchObject({ state: 'CompleteAbort', open: undefined });
  });

  test('and hold the readers of a job back are named by it, by producer and transactional id', async () => {
    const { group, a, options } = await scene();
    const stranger = await open(`${group}-stranger`, a, 0);
    const warnings: { fields: object; message: string }[] = [];
    const logger: JobLog = {
      ...silentLog,
      warn(fields: object, message?: string) {
        // With time as it is here, anything may seem to take long.
        if ('transactionalId' in fields) warnings.push({ fields, message: message ?? '' });
      },
    };
    const job = run('one', { ...options, logger, clock: virtualSteps(20) });
    await expect.poll(() => warnings.length, { timeout: 40_000 }).toBe(1);
    expect(warnings[0]?.fields).toMatchObject({
      producerId: stranger.producerId,
      transactionalId: `${group}-stranger`,
      partitions: [`${a}-0`],
      offset: 0,
    });
    expect(job.metrics().blockedPartitions).toBe(1);
    await stranger.abort();
    await expect.poll(() => job.metrics().blockedPartitions, { timeout: 20_000 }).toBe(0);
    await job.stop();
  }, 90_000);

  describe('kgen transactions', () => {
    async function kgen(args: readonly string[], { group, lines }: { group: string; lines: string }) {
      const flags = ['--brokers', brokers.join(), '--group', group, '--topics', `lines=${lines}`];
      const { code, stdout, stderr } = await project.run(['transactions', ...args, ...flags]);
      return { code, stdout, stderr };
    }

    async function place() {
      const [group, lines] = [unique('group'), unique('lines')];
      await log.createTopics([{ name: lines, partitions: 2 }]);
      return { group, lines };
    }

    test('lists what is open, for how long, where, and whose it is', async () => {
      const at = await place();
      const { group, lines } = at;
      expect(await kgen(['copy-lines'], at)).toMatchObject({
        code: 0,
        stdout: expect.stringContaining('has no transactional ids, and nothing holds its readers back'),
      });
      const membership = await log.join(
        { group, instance: 'alive', static: true, layout: [{ topic: lines, partitions: 2, global: false }] },
        { revoked: async () => undefined, assigned: () => undefined, lost: () => undefined },
      );
      const alive = await open(`${group}/alive`, lines, 0);
      const gone = await open(`${group}/gone/1`, lines, 1);
      const idle = await open(`${group}/idle`, lines, 1);
      await idle.abort();
      const stateOf = async (id: string): Promise<string | undefined> =>
        (await log.transactions({ ids: [id] })).map(({ state }) => state)[0];
      await expect.poll(() => stateOf(`${group}/idle`)).toBe('CompleteAbort');
      const other = await open(`${group}-other`, lines, 1);
      const { code, stdout, stderr } = await kgen(['list', 'copy-lines'], at);
      expect(stdout.split('\n').map((line) => line.trim().split(/ {2,}/))).toEqual([
        ['transactional id', 'state', 'producer', 'open for', 'owner', 'partitions'],
        [
          `${group}/alive`,
          'Ongoing',
          `${alive.producerId}`,
          expect.stringMatching(/^[\d.]+ s$/),
          'live',
          `${lines}-0; holds back ${lines}-0 from 0`,
        ],
        [
          `${group}/gone/1`,
          'Ongoing',
          `${gone.producerId}`,
          expect.stringMatching(/ s$/),
          'gone',
          `${lines}-1; holds back ${lines}-1 from 0`,
        ],
        [
          `${group}-other`,
          'Ongoing',
          `${other.producerId}`,
          expect.stringMatching(/ s$/),
          'another program',
          expect.stringMatching(`^${lines}-1; holds back ${lines}-1 from [23]$`),
        ],
        ['and 1 id of instances that are gone, with nothing open'],
        [''],
      ]);
      expect(stderr).toContain('1 transaction of instances that are gone');
      expect(code).toBe(1);
      const json = await kgen(['copy-lines', '--json'], at);
      expect(JSON.parse(json.stdout)).toMatchObject({
        group,
        transactions: [
          { transactionalId: `${group}/alive`, owner: 'live', holdsBack: [{ topic: lines, partition: 0, offset: 0 }] },
          { transactionalId: `${group}/gone/1`, owner: 'gone', open: { timeout: 60_000 } },
          { transactionalId: `${group}/idle`, owner: 'gone' },
          { transactionalId: `${group}-other`, owner: 'other' },
        ],
      });

      const dry = await kgen(['abort', 'copy-lines', '--dry-run'], at);
      expect(dry).toMatchObject({
        code: 0,
        stderr: expect.stringContaining('1 transaction would be aborted; nothing was'),
      });
      expect(dry.stdout).toContain(`${group}/gone/1`);
      expect(dry.stdout).not.toContain(`${group}/alive`);
      expect((await log.openTransactions(`${group}/`)).length).toBe(2);
      expect(await kgen(['abort', 'copy-lines'], at)).toMatchObject({
        code: 2,
        stdout: expect.stringContaining('it asks before it aborts, and there is no terminal'),
      });

      expect(await kgen(['abort', 'copy-lines', `${group}/alive`, `${group}/idle`, 'none', '--yes'], at)).toMatchObject(
        {
          code: 1,
          stdout: expect.stringMatching(
            /its instance is a live member of group[\s\S]*it has no transaction open[\s\S]*there is no such transactional id/,
          ),
        },
      );
      const done = await kgen(['abort', 'copy-lines', '--yes'], at);
      expect(done).toMatchObject({ code: 0, stdout: expect.stringContaining(`aborted ${group}/gone/1`) });
      await expect.poll(() => log.openTransactions(`${group}/`), { timeout: 10_000 }).toEqual([`${group}/alive`]);
      expect(await kgen(['abort', 'copy-lines', '--yes'], at)).toMatchObject({
        code: 0,
        stdout: expect.stringContaining('Nothing to abort'),
      });
      // Who comes too late is fenced; who is alive goes on.
      await expect(gone.commit()).rejects.toMatchObject({ code: 'LOG' });
      await alive.commit();
      const named = await kgen(['abort', 'copy-lines', `${group}-other`, '--yes'], at);
      expect(named).toMatchObject({
        code: 0,
        stderr: expect.stringContaining('is not of this job: its program, if it runs, is fenced'),
      });
      await expect(other.commit()).rejects.toMatchObject({ code: 'LOG' });
      await membership.end({ leave: true });
    }, 120_000);

    test('says what is wrong with the call, and with the brokers', async () => {
      const at = await place();
      expect(await kgen(['copy-line'], at)).toMatchObject({
        code: 2,
        stdout: expect.stringContaining("Did you mean 'copy-lines'?"),
      });
      expect(await kgen(['list', 'copy-lines', 'x'], at)).toMatchObject({ code: 2 });
      expect(await kgen([], at)).toMatchObject({ code: 2, stdout: expect.stringContaining('no job is named') });
      expect(await kgen(['copy-lines', '--topics', 'lnes=other'], at)).toMatchObject({
        code: 2,
        stdout: expect.stringContaining("job copy-lines has no topic 'lnes'"),
      });
      expect(await kgen(['abort', 'copy-lines', '--yes', '--json'], at)).toMatchObject({
        code: 2,
        stdout: '',
        stderr: expect.stringContaining('what is aborted is told as text alone'),
      });
      const { code, stdout, stderr } = await project.run(['transactions', 'copy-lines', '--brokers', 'localhost:1']);
      expect({ code, said: stdout + stderr }).toEqual({ code: 1, said: expect.stringContaining('localhost:1') });
    }, 60_000);
  });
});
