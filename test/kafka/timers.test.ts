import { type Clock, type RunningJob, start, systemClock } from '@kgen/runtime';
import { type KafkaLog, kafkaLog } from '@kgen/runtime/kafka';
import { expect, test } from 'vitest';
import { describeKafka } from '../support/kafka/describe-kafka.ts';
import { unique } from '../support/kafka/requests.ts';
import { clicks, timerJob } from '../task/timer-job.ts';
import { produceRecords } from './chaos/orders.ts';

const PARTITIONS = 2;
const KEYS = 40;
const HOUR = 3_600_000;

/** Records of a topic, `key: value`, also of commits that were answered, and whose markers are not there yet. */
async function committed(log: KafkaLog, topic: string): Promise<string[]> {
  const bounds = await log.bounds(Array.from({ length: PARTITIONS }, (_, partition) => ({ topic, partition })));
  const found: string[] = [];
  const source = log.source();
  source.assign(bounds.map(({ partition, start }) => ({ topic, partition, offset: start })));
  const left = new Map(bounds.filter(({ start, end }) => start < end).map((b) => [b.partition, b.end]));
  while (left.size > 0) {
    for (const { partition, records, nextOffset } of await source.poll(500)) {
      while (records.next()) {
        const { bytes, keyStart, keyEnd, valueStart, valueEnd } = records;
        found.push(`${bytes.toString('utf8', keyStart, keyEnd)}: ${bytes.toString('utf8', valueStart, valueEnd)}`);
      }
      if (nextOffset >= (left.get(partition) ?? 0)) left.delete(partition);
    }
  }
  source.close();
  return found;
}

await describeKafka('timers', (brokers) => {
  test('survive crashes of their job, and fire once, by the clock and by event time', async () => {
    const log = kafkaLog({ brokers });
    const topics = { clicks: unique('clicks'), notes: unique('notes') };
    await log.createTopics(Object.values(topics).map((name) => ({ name, partitions: PARTITIONS })));
    const begin = Date.now();
    const click = (key: number, at: number) => clicks.serializeValue({ key: `k${key}`, at: begin + at, note: '' });
    const feed = (records: readonly ReturnType<typeof click>[]): Promise<void> =>
      produceRecords(log, { topic: topics.clicks, partitions: PARTITIONS }, records);

    const job = timerJob({
      clicks(event, ctx) {
        ctx.timers.set('close', { eventTime: BigInt(event.at) + 1000n });
        ctx.timers.set('remind', { processingTime: BigInt(begin + HOUR) });
      },
      onTimer: {
        close: (timer, ctx) => ctx.emit.notes(ctx.key, `close ${timer.time - BigInt(begin)}`),
        remind: (_timer, ctx) => ctx.emit.notes(ctx.key, 'remind'),
      },
    });
    let ahead = 0;
    const clock: Clock = { ...systemClock, now: () => systemClock.now() + ahead };
    const options = {
      log,
      clock,
      group: unique('group'),
      topics,
      instance: 'a',
      logger: false,
      checkpointInterval: 50,
    } as const;
    /** A life that is killed when `until` is true, at whatever it is then. */
    const live = async (until: (job: RunningJob) => Promise<boolean> | boolean): Promise<void> => {
      const running = start(job, options);
      running.result.catch(() => undefined);
      await expect.poll(async () => until(running), { timeout: 30_000, interval: 5 }).toBe(true);
      running.kill();
      await expect(running.result).rejects.toMatchObject({ code: 'JOB_KILLED' });
    };
    const count = async (what: string): Promise<number> =>
      (await committed(log, topics.notes)).filter((note) => note.includes(what)).length;

    // Each key is clicked three times: its timers are set to the last.
    await feed(Array.from({ length: 3 * KEYS }, (_, i) => click(i % KEYS, i)));
    await live((first) => first.metrics().records === 3 * KEYS);
    expect(await committed(log, topics.notes)).toEqual([]);

    // By the clock they fire while no record comes: a moment after the next life begins. Killed as the first of them are out, and again a while later.
    ahead = begin + HOUR - 1000 - systemClock.now();
    await live(async () => (await count('remind')) > 0);
    await live(async () => (await count('remind')) === KEYS);
    // Event time comes by as many records more, of one key.
    await feed(Array.from({ length: 2000 }, (_, i) => click(1000 + (i % 8), i)));
    await live(async () => (await count('close')) > 0);
    const last = start(job, options);
    await expect.poll(() => count('close'), { timeout: 30_000 }).toBeGreaterThanOrEqual(KEYS);
    await last.stop();

    const notes = await committed(log, topics.notes);
    const own = notes.filter((note) => /^k\d\d?:/.test(note)).sort();
    const expected = Array.from({ length: KEYS }, (_, key) => [
      `k${key}: close ${1000 + 2 * KEYS + key}`,
      `k${key}: remind`,
    ]);
    expect(own).toEqual(expected.flat().sort());
    await log.close();
  }, 120_000);
});
