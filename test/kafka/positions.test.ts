import { type JobError, run, start } from '@kgen/runtime';
import { kafkaLog } from '@kgen/runtime/kafka';
import { Kafka, logLevel } from 'kafkajs';
import { afterAll, expect, test } from 'vitest';
import { KafkaTransport } from '../../runtime/src/log/kafka/transport/transport.ts';
import { systemClock } from '../../runtime/src/time/clock.ts';
import { record } from '../log/harness.ts';
import { describeKafka } from '../support/kafka/describe-kafka.ts';
import { decidedValues } from '../support/kafka/producing.ts';
import { deleteBefore, unique } from '../support/kafka/requests.ts';
import { COUNTED, positionJob } from '../task/position-job.ts';

await describeKafka('positions', (brokers) => {
  const log = kafkaLog({ brokers });
  const transport = KafkaTransport.open({ brokers }, systemClock);
  afterAll(() => Promise.all([log.close(), transport.close()]));

  async function scene(partitions = 1) {
    const topics = { a: unique('a'), out: unique('out') };
    await log.createTopics([
      { name: topics.a, partitions },
      { name: topics.out, partitions: 1 },
    ]);
    const group = unique('group');
    const options = { log, topics, group, logger: false, until: 'latest' } as const;
    const a = { topic: topics.a, partition: 0 };
    return {
      a,
      group,
      options,
      /** One transaction of records, whose values are their times, and its marker: brokers write that behind their answer. */
      async write(times: readonly number[], end: 'commit' | 'abort' = 'commit', partition = 0): Promise<void> {
        const place = { topic: topics.a, partition };
        const endOf = async (): Promise<number> => (await log.bounds([place]))[0]?.end ?? 0;
        const before = await endOf();
        const producer = await log.producer(unique('upstream'));
        for (const timestamp of times) void producer.append({ ...place, ...record('k', String(timestamp)), timestamp });
        if ('flush' in producer && typeof producer.flush === 'function') await producer.flush();
        await producer[end]();
        producer.close();
        await expect.poll(endOf, { timeout: 20_000, interval: 5 }).toBe(before + times.length + 1);
      },
      emitted: async () => (await decidedValues(transport, { topic: topics.out, partition: 0 })).sort(),
      committed: async () => (await log.committedOffsets(group, [a]))[0]?.offset,
    };
  }

  test("a job takes over from a consumer of kafkajs: 'group' begins where that has come to", async () => {
    for (const state of [{}, COUNTED]) {
      const { a, group, options, write, emitted } = await scene();
      await write([1, 2, 3, 4]);
      const kafka = new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING });
      const consumer = kafka.consumer({ groupId: group });
      await consumer.connect();
      await consumer.subscribe({ topic: a.topic, fromBeginning: true });
      const third = Promise.withResolvers<void>();
      await consumer.run({
        autoCommit: false,
        async eachMessage({ topic, partition, message }) {
          if (message.offset !== '2') return;
          await consumer.commitOffsets([{ topic, partition, offset: '3' }]);
          third.resolve();
        },
      });
      await third.promise;
      await consumer.disconnect();
      await expect(run(positionJob({ state }), { ...options, startFrom: 'latest' })).rejects.toMatchObject({
        code: 'JOB_STATE_MISMATCH',
        message: expect.stringContaining("startFrom: 'group' begins with the offsets of group"),
      });
      await run(positionJob({ state, startFrom: 'group' }), options);
      expect((await emitted()).map((value) => value.replace(/#.*/, ''))).toEqual(['4']);
      await write([5]);
      await run(positionJob({ state, startFrom: 'group' }), options);
      expect((await emitted()).map((value) => value.replace(/#.*/, ''))).toEqual(['4', '5']);
    }
  }, 60_000);

  test('a job begins at a time, at offsets, and where neither is said of a partition, as it is told', async () => {
    const now = Date.now() - 100_000;
    const first = await scene(2);
    await first.write([now, now + 20, now + 10, now + 30]);
    await first.write([now + 5], 'commit', 1);
    await run(positionJob(), { ...first.options, startFrom: { timestamp: new Date(now + 6) } });
    expect(await first.emitted()).toEqual([now + 10, now + 20, now + 30].map(String));
    const second = await scene(2);
    await second.write([1, 2, 3]);
    await second.write([4], 'commit', 1);
    const startFrom = { offsets: { a: { 0: 2n } } };
    await expect(run(positionJob(), { ...second.options, startFrom })).rejects.toMatchObject({
      code: 'JOB_NO_OFFSETS',
    });
    await run(positionJob(), { ...second.options, startFrom: { ...startFrom, group: 'earliest' } });
    expect(await second.emitted()).toEqual(['3', '4']);
  }, 60_000);

  test('a bounded run ends exactly where it is told, also among aborted records and markers', async () => {
    // Offsets: 0 and 1 committed, 2 its marker; 3 and 4 aborted, 5 its marker; 6 committed, 7 its marker.
    for (const [end, expected] of [
      [1, ['10']],
      [2, ['10', '20']],
      [4, ['10', '20']],
      [5, ['10', '20']],
      [6, ['10', '20']],
      [7, ['10', '20', '50']],
      [8, ['10', '20', '50']],
    ] as const) {
      const { options, write, emitted, committed } = await scene();
      await write([10, 20]);
      await write([30, 40], 'abort');
      await write([50]);
      const { reason } = await run(positionJob(), { ...options, until: { offsets: { a: { 0: end } } } });
      expect(reason).toBe('done');
      expect(await emitted()).toEqual(expected);
      expect(await committed()).toBe(end);
    }
    const { options, write, emitted } = await scene();
    const now = Date.now() - 100_000;
    await write([now, now + 10, now + 20]);
    await run(positionJob({ state: COUNTED }), { ...options, until: { timestamp: now + 10 } });
    await run(positionJob({ state: COUNTED }), { ...options, until: { timestamp: now + 20 } });
    expect(await emitted()).toEqual([`${now + 10}#2`, `${now}#1`].sort());
  }, 120_000);

  test('records that retention took are noticed at the start and while a job runs, which goes on as it is told', async () => {
    const { a, options, write, emitted } = await scene();
    await write([1, 2, 3]);
    const job = positionJob({ state: COUNTED });
    await run(job, { ...options, until: { offsets: { a: { 0: 1 } } } });
    await deleteBefore(transport, a, 2);
    const error: JobError = await run(job, options).then(
      () => expect.unreachable(),
      (thrown) => thrown,
    );
    expect(error).toMatchObject({ code: 'JOB_RECORDS_LOST', topic: a.topic, partition: 0, offset: 1n });
    expect(error.message).toMatch(
      /The last checkpoint was \d+ \w+ ago, and \S+ keeps records for \d+ days \(retention\.ms=\d+\)\. Records are lost/,
    );
    const { metrics } = await run(job, { ...options, onOutOfRange: 'earliest' });
    expect(metrics).toMatchObject({ outOfRange: 1, records: 1 });
    expect(await emitted()).toEqual(['1#1', '3#2']);

    const held = await scene();
    const gate = Promise.withResolvers<void>();
    await held.write([1]);
    const slow = positionJob({ onOutOfRange: 'earliest' }, async (value, ctx) => {
      if (value === '1') await gate.promise;
      ctx.emit.out(ctx.key, value);
    });
    // What is prefetched is not lost: a source of one record at a time has little of it.
    const small = kafkaLog({ brokers, source: { partitionBytes: 1, answerBytes: 1, maxWait: 50 } });
    const running = start(slow, { ...held.options, log: small, until: undefined });
    await expect.poll(() => running.metrics().bytesRead, { timeout: 20_000 }).toBeGreaterThan(0);
    for (const time of [2, 3, 4, 5]) await held.write([time]);
    await deleteBefore(transport, held.a, 8);
    gate.resolve();
    await expect.poll(() => running.metrics().outOfRange, { timeout: 20_000 }).toBe(1);
    await expect.poll(held.emitted, { timeout: 20_000 }).toContain('5');
    expect((await running.stop()).metrics.restarts).toBe(0);
    await small.close();
    expect((await held.emitted()).filter((value) => value !== '2')).toEqual(['1', '5']);
  }, 60_000);

  test('a topic that is made anew under a running job is another one', async () => {
    for (const [onOutOfRange, state] of [
      ['fail', COUNTED],
      ['earliest', COUNTED],
      // The broker forgets its offsets with the topic.
      ['earliest', {}],
    ] as const) {
      const { a, options, write, emitted } = await scene();
      await write([1, 2]);
      const job = positionJob({ state, onOutOfRange, startFrom: { offsets: { a: { 0: 0n } } } });
      const restart = { strategy: 'fixed-delay', delay: 200 } as const;
      const running = start(job, { ...options, restart, until: undefined });
      running.result.catch(() => undefined);
      await expect.poll(() => running.metrics().records, { timeout: 20_000 }).toBe(2);
      const id = (await log.topics([a.topic])).get(a.topic)?.id ?? '';
      await log.deleteTopics([{ name: a.topic, id }]);
      await expect.poll(async () => (await log.topics([a.topic])).size, { timeout: 20_000 }).toBe(0);
      await log.createTopics([{ name: a.topic, partitions: 1 }]);
      await write([11, 12]);
      if (onOutOfRange === 'fail') {
        await expect(running.result).rejects.toMatchObject({
          code: 'JOB_RECORDS_LOST',
          message: expect.stringContaining('was deleted and made anew'),
        });
        continue;
      }
      await expect.poll(() => running.metrics().records, { timeout: 30_000 }).toBe(4);
      const { metrics } = await running.stop();
      expect(metrics.outOfRange).toBe(1);
      const counted = ['1#1', '11#3', '12#4', '2#2'];
      expect(await emitted()).toEqual(state === COUNTED ? counted : counted.map((value) => value.replace(/#.*/, '')));
    }
  }, 120_000);
});
