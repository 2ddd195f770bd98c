import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { kafkaLog } from '@kgen/runtime/kafka';
import { expect, test } from 'vitest';
import { airports, flightRows, toFlight } from '../../fixtures/flights/src/data.ts';
import * as topics from '../../fixtures/flights/src/generated/topics.ts';
import { totalsOf } from '../../fixtures/flights/src/totals.ts';
import { KafkaTransport } from '../../runtime/src/log/kafka/transport/transport.ts';
import { systemClock } from '../../runtime/src/time/clock.ts';
import { describeKafka } from '../support/kafka/describe-kafka.ts';
import { java } from '../support/kafka/java.ts';
import { newTopic, unique } from '../support/kafka/requests.ts';
import { produceRecords } from './chaos/orders.ts';

const PARTITIONS = 4;

/** The fixture's program, as its owner runs it. */
function program(env: Record<string, string>): {
  child: ChildProcess;
  ended: Promise<number | string>;
  said: () => string;
} {
  const main = join(import.meta.dirname, '../../fixtures/flights/src/kafka.ts');
  const child = spawn(process.execPath, ['--conditions=kgen-source', main], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    said += text;
  });
  const ended = new Promise<number | string>((resolve) =>
    child.on('close', (code, signal) => resolve(signal ?? code ?? -1)),
  );
  return { child, ended, said: () => said };
}

await describeKafka("the fixture's program", (brokers) => {
  test('totals all flights over a SIGKILL, and ends well on SIGTERM', async () => {
    const log = kafkaLog({ brokers });
    const prefix = `${unique('fixture')}-`;
    const group = `${prefix}airport-delays`;
    const env = { KAFKA_BROKERS: brokers.join(), KAFKA_PREFIX: prefix, INSTANCE: 'one' };
    const own = (name: string) => ({ topic: prefix + name, partitions: PARTITIONS });
    const transport = await KafkaTransport.connect({ brokers }, systemClock);
    // Totals have the time of the flights, of 2001: with the usual retention the broker would delete them soon.
    for (const name of ['flights', 'airports', 'delays'])
      await newTopic(transport, PARTITIONS, { 'retention.ms': '-1' }, prefix + name);
    await transport.close();
    await produceRecords(
      log,
      own('airports'),
      airports().map((airport) => topics.airports.serializeValue(airport)),
    );
    const rows = flightRows();
    const flights = rows.map((row) => topics.flights.serializeValue(toFlight(row)));
    const partitions = Array.from({ length: PARTITIONS }, (_, partition) => ({ topic: `${prefix}flights`, partition }));
    const committed = async (): Promise<number> =>
      (await log.committedOffsets(group, partitions)).reduce((sum, { offset }) => sum + offset, 0);

    await produceRecords(log, own('flights'), flights.slice(0, 10_000));
    const first = program(env);
    await expect.poll(committed, { timeout: 20_000 }).toBeGreaterThan(0);
    first.child.kill('SIGKILL');
    await first.ended;
    await produceRecords(log, own('flights'), flights.slice(10_000));
    const second = program(env);
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

  test('says what it lacks, and fails with a code where the job cannot run', async () => {
    const none = program({ KAFKA_BROKERS: '' });
    expect([await none.ended, none.said()]).toEqual([2, expect.stringContaining('KAFKA_BROKERS is not set')]);
    const empty = program({ KAFKA_BROKERS: brokers.join(), KAFKA_PREFIX: `${unique('nothing')}-` });
    expect([await empty.ended, empty.said()]).toEqual([1, expect.stringContaining('JOB_UNKNOWN_TOPIC: ')]);
  });
});
