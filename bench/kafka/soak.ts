import { setTimeout as sleep } from 'node:timers/promises';
import { committedOffsets } from '../../runtime/src/log/kafka/admin/committed-offsets.ts';
import { KafkaTransport } from '../../runtime/src/log/kafka/transport/transport.ts';
import { systemClock } from '../../runtime/src/time/clock.ts';
import { appendBatch } from '../../test/support/kafka/raw-producer.ts';
import { newTopic, unique } from '../../test/support/kafka/requests.ts';
import type { Report } from '../report.ts';
import { withBrokers } from './brokers.ts';
import { eventBatches, PARTITIONS } from './events.ts';
import { buildPackages, startJob } from './job-process.ts';

/** Events that are put into the input again and again. */
const RECORDS = 400_000;
/** So far may the input be ahead of the job: always enough to do, and little to keep. */
const AHEAD = 4 * RECORDS;
const SAMPLE = 5000;
/** Old segments go, so that any length fits on a disk. */
const SHORT: Readonly<Record<string, string>> = {
  'retention.bytes': String(256 * 2 ** 20),
  'segment.bytes': String(64 * 2 ** 20),
};

/** Memory of a job at full rate: `[minutes]`, 10 by default. Linux only. */
export async function benchSoak([given = '10']: readonly string[]): Promise<Report> {
  const minutes = Number(given);
  buildPackages();
  return withBrokers(async (brokers) => {
    const transport = await KafkaTransport.connect({ brokers }, systemClock);
    const input = await newTopic(transport, PARTITIONS, SHORT);
    const output = await newTopic(transport, PARTITIONS, SHORT);
    const name = unique('bench-soak');
    const batches: { readonly partition: number; readonly batch: Buffer }[] = [];
    for await (const { partition, batch } of eventBatches({
      records: RECORDS,
      users: 50_000,
      batchBytes: 512 * 1024,
    })) {
      batches.push({ partition, batch: Buffer.from(batch) });
    }
    const partitions = Array.from({ length: PARTITIONS }, (_, partition) => ({ topic: input, partition }));
    const processed = async (): Promise<number> => {
      const offsets = await committedOffsets(transport, name, partitions, { patience: 30_000, undecided: 75_000 });
      return offsets.reduce((sum, { offset }) => sum + Math.max(0, offset), 0);
    };
    const job = startJob({ brokers, job: 'counts', input, output, name });
    const samples: { readonly seconds: number; readonly records: number; readonly megabytes: number }[] = [];
    const start = performance.now();
    const over = (): boolean => performance.now() - start > minutes * 60_000;
    let loaded = 0;
    const load = async (): Promise<void> => {
      while (!over()) {
        for (const { partition, batch } of batches) await appendBatch(transport, { topic: input, partition }, batch);
        loaded += RECORDS;
        while (!over() && loaded - (await processed()) > AHEAD) await sleep(100);
      }
    };
    const watch = async (): Promise<void> => {
      while (!over()) {
        await sleep(SAMPLE);
        const megabytes = (job.memory() ?? Number.NaN) / 2 ** 20;
        samples.push({ seconds: (performance.now() - start) / 1000, records: await processed(), megabytes });
      }
    };
    const died = job.ended.then(() => {
      throw new Error('the job ended by itself');
    });
    died.catch(() => undefined);
    await Promise.race([Promise.all([load(), watch()]), died]);
    const { records, cpu, peakMemory } = await job.stop();
    await transport.close();
    const growth = slope(samples.slice(Math.floor(samples.length / 4)));
    const last = samples.at(-1);
    const rate = last === undefined ? 0 : last.records / last.seconds;
    const cpuSecondsPerMillion = (cpu / records) * 1e6;
    return {
      name: 'kafka-soak',
      title: `A job at full rate for ${minutes} minutes, 50,000 keys, ${PARTITIONS} partitions, Node ${process.versions.node}`,
      table: [
        `${Math.round(rate / 1000)}k records/s, ${cpuSecondsPerMillion.toFixed(2)} CPU s per million`,
        `${(peakMemory / 2 ** 20).toFixed(0)} MB at most, ${growth.toFixed(2)} MB more each minute after the first quarter`,
      ].join('\n'),
      results: {
        recordsPerSecond: Math.round(rate),
        cpuSecondsPerMillion,
        peakMegabytes: peakMemory / 2 ** 20,
        megabytesPerMinute: growth,
        samples,
      },
    };
  });
}

/** Of the line that fits best, in megabytes a minute. */
function slope(samples: readonly { readonly seconds: number; readonly megabytes: number }[]): number {
  const n = samples.length;
  const meanTime = samples.reduce((sum, { seconds }) => sum + seconds, 0) / n;
  const meanSize = samples.reduce((sum, { megabytes }) => sum + megabytes, 0) / n;
  const both = samples.reduce((sum, each) => sum + (each.seconds - meanTime) * (each.megabytes - meanSize), 0);
  const square = samples.reduce((sum, { seconds }) => sum + (seconds - meanTime) ** 2, 0);
  return (both / square) * 60;
}
