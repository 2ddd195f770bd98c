import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { type Clock, type JobLog, start, systemClock } from '@kgen/runtime';
import { kafkaLog } from '@kgen/runtime/kafka';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { KafkaTransport } from '../../runtime/src/log/kafka/transport/transport.ts';
import { record } from '../log/harness.ts';
import { createPartitions, deleteTopic } from '../support/kafka/administration.ts';
import { describeKafka } from '../support/kafka/describe-kafka.ts';
import { decidedValues } from '../support/kafka/producing.ts';
import { unique } from '../support/kafka/requests.ts';
import { growingJob, type Seen } from './growth/job.ts';
import type { GrowthOptions } from './growth/worker.ts';

await describeKafka('topics and partitions that come and go', (brokers) => {
  const log = kafkaLog({ brokers });
  const transport = KafkaTransport.open({ brokers }, systemClock);
  const workers = new Set<ChildProcess>();
  afterEach(async () => {
    for (const worker of workers) await kill(worker);
  });
  afterAll(() => Promise.all([log.close(), transport.close()]));

  async function kill(worker: ChildProcess): Promise<void> {
    workers.delete(worker);
    if (worker.exitCode !== null || worker.signalCode !== null) return;
    const exit = once(worker, 'exit');
    worker.kill('SIGKILL');
    await exit;
  }

  async function scene(partitions: number, stateful: boolean) {
    const [prefix, out, group] = [unique('events'), unique('out'), unique('group')];
    const create = (name: string, count: number) => log.createTopics([{ name, partitions: count }]);
    await create(`${prefix}-a`, partitions);
    await create(out, 1);
    let sent = 0;
    return {
      group,
      out,
      prefix,
      create,
      launch(instance: string): ChildProcess {
        const options: GrowthOptions = { brokers, prefix, stateful, out, group, instance };
        const worker = fork(join(import.meta.dirname, 'growth', 'worker.ts'), [JSON.stringify(options)], {
          execArgv: ['--conditions=kgen-source'],
          stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
        });
        workers.add(worker);
        return worker;
      },
      /** A few records to each partition, in one transaction. Their keys are those of the partition. */
      async write(topic: string, partitions: number): Promise<void> {
        const producer = await log.producer(unique('upstream'));
        for (let i = 0; i < 5 * partitions; i++) {
          const partition = i % partitions;
          void producer.append({ topic, partition, ...record(`k${partition}`, String(sent++)) });
        }
        await producer.commit();
        producer.close();
      },
      get sent(): number {
        return sent;
      },
      emitted: async (): Promise<Seen[]> =>
        (await decidedValues(transport, { topic: out, partition: 0 })).map((value) => JSON.parse(value)),
    };
  }

  type Scene = Awaited<ReturnType<typeof scene>>;
  const soon = { timeout: 40_000, interval: 100 };

  async function expectAll(of: Scene): Promise<void> {
    await expect.poll(async () => (await of.emitted()).length, soon).toBeGreaterThanOrEqual(of.sent);
    const values = (await of.emitted()).map(({ value }) => Number(value)).sort((a, b) => a - b);
    expect(values).toEqual(Array.from({ length: of.sent }, (_, i) => i));
  }

  test('are read from their beginning, exactly once, by instances that are killed meanwhile', async () => {
    const own = await scene(2, false);
    const { prefix, create, launch, write } = own;
    let [one, two] = [launch('one'), launch('two')];
    await write(`${prefix}-a`, 2);
    await expectAll(own);
    await transport.sendToAny(createPartitions, { topic: `${prefix}-a`, partitions: 4 });
    await write(`${prefix}-a`, 4);
    await kill(one);
    await create(`${prefix}-b`, 6);
    await write(`${prefix}-b`, 6);
    one = launch('one');
    await expectAll(own);
    await create(`${prefix}-c`, 1);
    await write(`${prefix}-c`, 1);
    // Whoever of them has it.
    await Promise.race([once(one, 'message'), once(two, 'message')]);
    await Promise.all([kill(one), kill(two)]);
    await transport.sendToAny(createPartitions, { topic: `${prefix}-c`, partitions: 8 });
    await write(`${prefix}-c`, 8);
    [one, two] = [launch('one'), launch('two')];
    await write(`${prefix}-a`, 4);
    await expectAll(own);
  }, 120_000);

  test('come with the state that there is: keys count on in topics that are new', async () => {
    const own = await scene(3, true);
    const { prefix, create, launch, write } = own;
    const worker = launch('one');
    await write(`${prefix}-a`, 3);
    await expectAll(own);
    await create(`${prefix}-b`, 3);
    await write(`${prefix}-b`, 3);
    await once(worker, 'message');
    await kill(worker);
    await create(`${prefix}-c`, 3);
    await write(`${prefix}-c`, 3);
    launch('one');
    await expectAll(own);
    const counts = (await own.emitted()).map(({ count = 0 }) => count).sort((a, b) => a - b);
    expect(counts).toEqual(Array.from({ length: 15 }, (_, i) => [i + 1, i + 1, i + 1]).flat());
  }, 120_000);

  test('are waited for where there is none yet, and the first one is read from its beginning', async () => {
    const own = await scene(1, true);
    const { group, out, create, write } = own;
    const prefix = unique('later');
    const lines: string[] = [];
    const options = { log, group, topics: { out }, startFrom: 'latest', logger: listening(lines) } as const;
    const jobs = ['one', 'two'].map((instance) => start(growingJob(prefix, true), { ...options, instance }));
    const waits = (): number => lines.filter((line) => line.includes('waits for the first one')).length;
    await expect.poll(waits, soon).toBe(2);
    expect(await log.topics([`${group}-changelog`])).toEqual(new Map());
    await create(`${prefix}-a`, 3);
    await write(`${prefix}-a`, 3);
    await expectAll(own);
    await create(`${prefix}-b`, 3);
    await write(`${prefix}-b`, 3);
    await expectAll(own);
    await Promise.all(jobs.map((job) => job.stop()));
    expect(waits()).toBe(2);
    expect((await log.topics([`${group}-changelog`])).get(`${group}-changelog`)?.partitions).toBe(3);
  }, 60_000);

  function listening(lines: string[]): JobLog {
    const add = (_: unknown, message?: string): void => void lines.push(String(message));
    return { debug: () => undefined, info: add, warn: add, error: add };
  }

  describe('topics that are deleted', () => {
    /** Time that passes ten times as fast. */
    const hurried: Clock = {
      ...systemClock,
      monotonic: () => systemClock.monotonic() * 10,
      after: (ms, call) => systemClock.after(ms / 10, call),
    };

    test('under a pattern are done without', async () => {
      const own = await scene(2, true);
      const { prefix, group, out, create, write } = own;
      const impatient = kafkaLog({ brokers, producer: { patience: 2000 } });
      await create(`${prefix}-b`, 2);
      const lines: string[] = [];
      const options = { log: impatient, group, topics: { out }, clock: hurried, logger: listening(lines) };
      const job = start(growingJob(prefix, true), options);
      await write(`${prefix}-a`, 2);
      await write(`${prefix}-b`, 2);
      await expectAll(own);
      await transport.sendToAny(deleteTopic, `${prefix}-b`);
      await write(`${prefix}-a`, 2);
      await expectAll(own);
      await expect.poll(() => lines.join('\n'), soon).toMatch(/goes on without it/);
      await write(`${prefix}-a`, 2);
      await expectAll(own);
      await job.stop();
      await impatient.close();
    }, 60_000);

    test('end the job where they were the last of it, and the error says so', async () => {
      const own = await scene(2, false);
      const { prefix, group, out, write } = own;
      const job = start(growingJob(prefix, false), { log, group, topics: { out }, clock: hurried, logger: false });
      await write(`${prefix}-a`, 2);
      await expectAll(own);
      await transport.sendToAny(deleteTopic, `${prefix}-a`);
      await expect(job.result).rejects.toMatchObject({ code: 'JOB_UNKNOWN_TOPIC' });
    }, 60_000);
  });
});
