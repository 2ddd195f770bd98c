import { kafkaLog } from '@kgen/runtime/kafka';
import { expect, test } from 'vitest';
import { jobProject } from '../run/project.ts';
import { committedValues } from '../support/kafka/committed-values.ts';
import { describeKafka } from '../support/kafka/describe-kafka.ts';
import { unique } from '../support/kafka/requests.ts';
import { produceRecords } from './chaos/orders.ts';

const PARTITIONS = 3;
const ENV = { env: { KAFKA_BROKERS: '', LOG_LEVEL: '', LOG_FORMAT: 'json' } };

await describeKafka('kgen savepoint, and kgen run --from', (brokers) => {
  test('carry a job over, into threads as well', async () => {
    const project = await jobProject();
    const log = kafkaLog({ brokers });
    const [group, lines, copies, others] = [unique('run'), unique('lines'), unique('copies'), unique('others')];
    await log.createTopics([lines, copies, others].map((name) => ({ name, partitions: PARTITIONS })));
    const produce = (from: number, count: number): Promise<void> =>
      produceRecords(
        log,
        { topic: lines, partitions: PARTITIONS },
        Array.from({ length: count }, (_, i) => ({
          topic: lines,
          key: Buffer.from(`k${(from + i) % 20}`),
          value: Buffer.from('line'),
          timestamp: BigInt(Date.now()),
          headers: [],
        })),
      );
    const common = ['--brokers', brokers.join(), '--topics', `lines=${lines}`];
    const kgen = async (
      ...args: readonly string[]
    ): Promise<{ readonly code: number | null; readonly said: string }> => {
      const { code, stdout, stderr } = await project.run(args, ENV);
      return { code, said: stdout + stderr };
    };
    const first = [...common, `copies=${copies}`, '--group', group];
    await produce(0, 100);
    expect(await kgen('run', 'copy-lines', ...first, '--until', 'latest')).toMatchObject({ code: 0 });
    const saved = await kgen('savepoint', 'copy-lines', 'lines.avro', ...first, '--stopped');
    expect(saved, saved.said).toMatchObject({ code: 0 });
    expect(saved.said).toMatch(
      /^lines\.avro: 20 values of state in [\d,]+ bytes\ntasks at their checkpoints: 0 at \d+, 1 at/,
    );
    const twice = await kgen('savepoint', 'copy-lines', 'lines.avro', ...first);
    expect(twice).toMatchObject({ code: 1, said: expect.stringContaining('exists already') });

    await produce(100, 40);
    const second = [...common, `copies=${others}`, '--group', `${group}-2`, '--until', 'latest'];
    const started = await kgen('run', 'copy-lines', ...second, '--from', 'lines.avro', '--threads', '2');
    expect(started, started.said).toMatchObject({ code: 0 });
    const expected = Array.from({ length: 40 }, (_, i) => `line ${6 + Math.floor(i / 20)}`);
    expect([...(await committedValues(log, others))].sort()).toEqual(expected.sort());

    const occupied = await kgen('run', 'copy-lines', ...first, '--until', 'latest', '--from', 'lines.avro');
    expect(occupied).toMatchObject({ code: 1, said: expect.stringContaining('--replace') });
    const wrong = await kgen('run', 'copy-lines', ...first, '--replace');
    expect(wrong).toMatchObject({ code: 2, said: expect.stringContaining('there is nothing to replace it with') });
    await log.close();
  }, 120_000);
});
