import { KafkaTransport } from '../../runtime/src/log/kafka/transport/transport.ts';
import { systemClock } from '../../runtime/src/time/clock.ts';
import { newTopic, unique } from '../../test/support/kafka/requests.ts';
import type { Report } from '../report.ts';
import { withBrokers } from './brokers.ts';
import { loadEvents, PARTITIONS } from './events.ts';
import { buildPackages, startJob } from './job-process.ts';

/** What the state of many keys takes, as the job makes it and as it is restored: `[keys]`, 1,000,000 by default. */
export async function benchMemory([given = '1000000']: readonly string[]): Promise<Report> {
  const keys = Number(given);
  buildPackages();
  return withBrokers(async (brokers) => {
    const transport = await KafkaTransport.connect({ brokers }, systemClock);
    const input = await newTopic(transport, PARTITIONS, { 'retention.ms': '-1' });
    const output = await newTopic(transport, PARTITIONS);
    const options = { brokers, job: 'counts', input, output, name: unique('bench-memory'), untilLatest: true } as const;
    await loadEvents(transport, input, { records: keys, users: keys });
    const made = await startJob(options).ended;
    // So that it is restored before it is done.
    await loadEvents(transport, input, { records: 1000, users: 1000 });
    const restored = await startJob(options).ended;
    await transport.close();
    const results = [
      {
        what: 'counted',
        seconds: made.duration / 1000,
        cpuSeconds: made.cpu,
        peakMegabytes: made.peakMemory / 2 ** 20,
      },
      {
        what: 'restored',
        seconds: restored.duration / 1000,
        cpuSeconds: restored.cpu,
        peakMegabytes: restored.peakMemory / 2 ** 20,
      },
    ];
    const lines = results.map(({ what, seconds, cpuSeconds, peakMegabytes }) => {
      const time = seconds.toFixed(2).padStart(10);
      return `${what.padEnd(10)}${time}${cpuSeconds.toFixed(2).padStart(10)}${peakMegabytes.toFixed(0).padStart(10)}`;
    });
    return {
      name: 'kafka-memory',
      title: `State of ${keys} keys, ${PARTITIONS} partitions, from the start to the last commit, Node ${process.versions.node}`,
      table: ['             seconds     CPU s   peak MB', ...lines].join('\n'),
      results,
    };
  });
}
