import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { kafkaLog } from '@kgen/runtime/kafka';
import { expect, test } from 'vitest';
import { flightRows } from '../../fixtures/flights/src/data.ts';
import * as topics from '../../fixtures/flights/src/generated/topics.ts';
import { totalsOf } from '../../fixtures/flights/src/totals.ts';
import { describeKafka } from '../support/kafka/describe-kafka.ts';
import { java } from '../support/kafka/java.ts';
import { unique } from '../support/kafka/requests.ts';

const PARTITIONS = 4;

const FIXTURE = join(import.meta.dirname, '../../fixtures/flights');
const KGEN = join(import.meta.dirname, '../../generator/cli.ts');

/** A program in the fixture's folder, as its owner runs it. */
function program(
  args: readonly string[],
  env: Record<string, string>,
): {
  child: ChildProcess;
  ended: Promise<number | string>;
  said: () => string;
} {
  const child = spawn(process.execPath, ['--conditions=kgen-source', ...args], {
    cwd: FIXTURE,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text) => {
      said += text;
    });
  const ended = new Promise<number | string>((resolve) =>
    child.on('close', (code, signal) => resolve(signal ?? code ?? -1)),
  );
  return { child, ended, said: () => said };
}

test('seeding without a Kafka says in a line what to do', async () => {
  const seed = program([join(FIXTURE, 'src/seed.ts')], { KAFKA_BROKERS: '127.0.0.1:1' });
  expect(await seed.ended).toBe(1);
  expect(seed.said()).toMatch(
    /^Kafka cannot be reached at 127\.0\.0\.1:1: .*ECONNREFUSED.*\. Start it, or set KAFKA_BROKERS\n$/,
  );
}, 30_000);

await describeKafka("the fixture's job by kgen run", (brokers) => {
  test('totals all flights over a SIGKILL, and ends well on SIGTERM', async () => {
    const log = kafkaLog({ brokers });
    const prefix = `${unique('fixture')}-`;
    const group = `${prefix}airport-delays`;
    const env = { KAFKA_BROKERS: brokers.join(), KAFKA_PREFIX: prefix };
    const rename = ['flights', 'airports', 'delays'].map((name) => `${name}=${prefix}${name}`);
    const run = [KGEN, 'run', 'airport-delays', '--group', group, '--instance', 'one', '--topics', ...rename];
    const rows = flightRows();
    const partitions = Array.from({ length: PARTITIONS }, (_, partition) => ({ topic: `${prefix}flights`, partition }));
    const committed = async (): Promise<number> =>
      (await log.committedOffsets(group, partitions)).reduce((sum, { offset }) => sum + offset, 0);

    const seed = program([join(FIXTURE, 'src/seed.ts')], env);
    expect(await seed.ended, seed.said()).toBe(0);
    // Slow enough to die in the middle: each checkpoint waits for its answer.
    const first = program([...run, '--checkpoint-interval', '1'], env);
    await expect.poll(committed, { timeout: 20_000, interval: 10 }).toBeGreaterThan(0);
    first.child.kill('SIGKILL');
    await first.ended;
    const second = program(run, env);
    await expect.poll(committed, { timeout: 20_000 }).toBeGreaterThanOrEqual(rows.length);
    second.child.kill('SIGTERM');
    expect(await second.ended, second.said()).toBe(0);
    await log.close();

    const lines = await java('TopicReader', brokers.join(), `${prefix}delays`, 'read_committed');
    const latest = new Map(
      lines.map((line) => {
        const { key, value } = JSON.parse(line);
        const record = { topic: 'delays', partition: 0, offset: 0n, timestamp: 0n, headers: [] };
        const { key: airport, value: total } = topics.delays.deserialize({
          ...record,
          key: Buffer.from(key, 'hex'),
          value: Buffer.from(value, 'hex'),
        });
        return [airport, { flights: total?.flights, minutes: total?.minutes }] as const;
      }),
    );
    expect(lines.length).toBe(rows.length);
    expect(latest).toEqual(totalsOf(rows));
  }, 60_000);
});
