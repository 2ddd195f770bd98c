import { KafkaTransport } from '../../runtime/src/log/kafka/transport/transport.ts';
import { systemClock } from '../../runtime/src/time/clock.ts';
import { newTopic, unique } from '../../test/support/kafka/requests.ts';
import { median } from '../harness.ts';
import type { Report } from '../report.ts';
import { withBrokers } from './brokers.ts';
import { loadEvents, PARTITIONS } from './events.ts';
import { buildPackages, type JobFigures, startJob } from './job-process.ts';

const ROUNDS = 3;
const USERS = 50_000;

/** Whole jobs as processes of their own, from the start to the last commit: `[records]`, 1,000,000 by default. */
export async function benchJobs([given = '1000000']: readonly string[]): Promise<Report> {
  const records = Number(given);
  buildPackages();
  return withBrokers(async (brokers) => {
    const transport = await KafkaTransport.connect({ brokers }, systemClock);
    const input = await newTopic(transport, PARTITIONS, { 'retention.ms': '-1' });
    await loadEvents(transport, input, { records, users: USERS });
    const rounds: { readonly job: 'counts' | 'map'; readonly figures: JobFigures }[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      for (const job of ['counts', 'map'] as const) {
        const output = await newTopic(transport, PARTITIONS);
        const name = unique(`bench-${job}`);
        const figures = await startJob({ brokers, job, input, output, name, untilLatest: true }).ended;
        if (figures.records !== records) throw new Error(`${job} processed ${figures.records} of ${records} records`);
        rounds.push({ job, figures });
      }
    }
    await transport.close();
    const results = (['counts', 'map'] as const).map((job) => {
      const own = rounds.filter((round) => round.job === job).map(({ figures }) => figures);
      return {
        job,
        recordsPerSecond: Math.round(median(own.map(({ duration }) => (records / duration) * 1000))),
        cpuSecondsPerMillion: median(own.map(({ cpu }) => (cpu / records) * 1e6)),
        peakMegabytes: median(own.map(({ peakMemory }) => peakMemory / 2 ** 20)),
      };
    });
    const lines = results.map(({ job, recordsPerSecond, cpuSecondsPerMillion, peakMegabytes }) => {
      const rate = `${Math.round(recordsPerSecond / 1000)}k`.padStart(10);
      const cpu = cpuSecondsPerMillion.toFixed(2).padStart(20);
      return `${job.padEnd(8)}${rate}${cpu}${peakMegabytes.toFixed(0).padStart(10)}`;
    });
    const title = `Jobs on Kafka, ${records} records, ${PARTITIONS} partitions, checkpoints of 1 s, start included, Node ${process.versions.node}`;
    const table = [`job      records/s   CPU s per million   peak MB`, ...lines].join('\n');
    return { name: 'kafka-jobs', title, table, results };
  });
}
