import { setTimeout as sleep } from 'node:timers/promises';
import { KafkaTransport } from '../../runtime/src/log/kafka/transport/transport.ts';
import { systemClock } from '../../runtime/src/time/clock.ts';
import { newTopic, unique } from '../../test/support/kafka/requests.ts';
import type { Report } from '../report.ts';
import { withBrokers } from './brokers.ts';
import { loadEvents, PARTITIONS } from './events.ts';
import { buildPackages, startJob } from './job-process.ts';

const SETTLE = 10_000;

/** What a job takes that has nothing to do: `[seconds]`, 60 by default. Linux only. */
export async function benchIdle([given = '60']: readonly string[]): Promise<Report> {
  const seconds = Number(given);
  buildPackages();
  return withBrokers(async (brokers) => {
    const transport = await KafkaTransport.connect({ brokers }, systemClock);
    const input = await newTopic(transport, PARTITIONS);
    await loadEvents(transport, input, { records: 10_000, users: 1000 });
    const output = await newTopic(transport, PARTITIONS);
    const job = startJob({ brokers, job: 'counts', input, output, name: unique('bench-idle') });
    await sleep(SETTLE);
    const before = job.cpu();
    await sleep(seconds * 1000);
    const after = job.cpu();
    const memory = job.memory();
    await job.stop();
    await transport.close();
    if (before === undefined || after === undefined || memory === undefined) {
      throw new Error('the system does not say what a process takes: /proc is missing');
    }
    const percent = ((after - before) / seconds) * 100;
    const megabytes = memory / 2 ** 20;
    return {
      name: 'kafka-idle',
      title: `A job with nothing to do, ${PARTITIONS} partitions, over ${seconds} s, Node ${process.versions.node}`,
      table: `${percent.toFixed(2)} % of a core, ${megabytes.toFixed(0)} MB`,
      results: { percentOfCore: percent, megabytes },
    };
  });
}
