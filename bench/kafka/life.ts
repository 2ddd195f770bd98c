import { setTimeout as sleep } from 'node:timers/promises';
import { type KafkaLog, kafkaLog } from '../../runtime/src/log/kafka/kafka-log.ts';
import { KafkaTransport } from '../../runtime/src/log/kafka/transport/transport.ts';
import { systemClock } from '../../runtime/src/time/clock.ts';
import { newTopic, unique } from '../../test/support/kafka/requests.ts';
import { median } from '../harness.ts';
import type { Report } from '../report.ts';
import { withBrokers } from './brokers.ts';
import { Feed } from './feed.ts';
import { buildPackages, type JobProcess, type JobProcessOptions, startJob } from './job-process.ts';

const ROUNDS = 3;
const SESSION_TIMEOUT = 6000;
/** A job that has no output by then does not work, in milliseconds. */
const AT_THE_LATEST = 60_000;
/** For how long latencies are taken, in milliseconds, and how long before they are not. */
const MEASURED = 20_000;
const WARM_UP = 5000;

/** Times of a job's life, in milliseconds; percentiles of all records for the latency. */
export interface LifeFigures {
  /** From the start of the process to the first committed output. */
  readonly coldStart: number;
  /** From the start of a process whose predecessor of that name was killed to its first new output. */
  readonly restart: number;
  /** From SIGKILL of one of two to new output in the slowest partition. */
  readonly failover: number;
  readonly latency: { readonly p50: number; readonly p99: number; readonly max: number };
}

/** How soon a job starts, comes back and is replaced, and how late its outputs are. */
export async function benchLife(): Promise<Report> {
  buildPackages();
  return withBrokers(async (brokers) => {
    const transport = await KafkaTransport.connect({ brokers }, systemClock);
    const log = kafkaLog({ brokers });
    const scene = new Scene(brokers, transport, log);
    const starts: { readonly coldStart: number; readonly restart: number }[] = [];
    for (let round = 0; round < ROUNDS; round++) starts.push(await scene.start());
    const figures: LifeFigures = {
      coldStart: median(starts.map(({ coldStart }) => coldStart)),
      restart: median(starts.map(({ restart }) => restart)),
      failover: await scene.failover(),
      latency: await scene.latency(),
    };
    await log.close();
    await transport.close();
    const { p50, p99, max } = figures.latency;
    const table = [
      `first output after a cold start          ${ms(figures.coldStart)}`,
      `first output of a killed one's successor ${ms(figures.restart)}`,
      `slowest partition after SIGKILL of one   ${ms(figures.failover)}  (session timeout ${SESSION_TIMEOUT} ms)`,
      `latency at 5,000 records/s, p50          ${ms(p50)}  (checkpoints of 100 ms)`,
      `                            p99          ${ms(p99)}`,
      `                            max          ${ms(max)}`,
    ].join('\n');
    return {
      name: 'kafka-life',
      title: `Life of jobs on Kafka, Node ${process.versions.node}`,
      table,
      results: figures,
    };
  });
}

function ms(value: number): string {
  return `${Math.round(value)} ms`.padStart(9);
}

class Scene {
  readonly #brokers: readonly string[];
  readonly #transport: KafkaTransport;
  readonly #log: KafkaLog;

  constructor(brokers: readonly string[], transport: KafkaTransport, log: KafkaLog) {
    this.#brokers = brokers;
    this.#transport = transport;
    this.#log = log;
  }

  async start(): Promise<{ readonly coldStart: number; readonly restart: number }> {
    const feed = await this.#feed(2000);
    const options = { ...(await this.#options(feed)), instance: 'one' };
    const first = this.#run(options);
    const begun = performance.now();
    await this.#progress(options.output, []);
    const coldStart = performance.now() - begun;
    await sleep(3000);
    await kill(first);
    const before = await this.#ends(options.output);
    const again = performance.now();
    const second = this.#run(options);
    await this.#progress(options.output, before);
    const restart = performance.now() - again;
    await feed.end();
    await second.stop();
    return { coldStart, restart };
  }

  async failover(): Promise<number> {
    const feed = await this.#feed(2000);
    const options = await this.#options(feed);
    const one = this.#run({ ...options, instance: 'one' });
    const other = this.#run({ ...options, instance: 'other' });
    await this.#progress(options.output, [], 'all');
    await sleep(3000);
    const killed = performance.now();
    await kill(other);
    await this.#progress(options.output, await this.#ends(options.output), 'all');
    const failover = performance.now() - killed;
    await feed.end();
    await one.stop();
    return failover;
  }

  async latency(): Promise<LifeFigures['latency']> {
    const feed = await this.#feed(5000);
    const options = await this.#options(feed);
    const job = this.#run({ ...options, checkpointInterval: 100 });
    const source = this.#log.source();
    source.assign(feed.partitions.map((partition) => ({ topic: options.output, partition, offset: 0 })));
    const seen = feed.partitions.map(() => 0);
    const latencies: number[] = [];
    const begun = performance.now();
    while (performance.now() < begun + WARM_UP + MEASURED) {
      const fetched = await source.poll(100);
      const now = performance.now();
      for (const { partition, records } of fetched) {
        while (records.next()) {
          const position = seen[partition] ?? 0;
          seen[partition] = position + 1;
          const sent = feed.sentAt(partition, position);
          if (sent > begun + WARM_UP) latencies.push(now - sent);
        }
      }
    }
    source.close();
    await feed.end();
    await job.stop();
    latencies.sort((a, b) => a - b);
    const at = (share: number): number => latencies[Math.floor((latencies.length - 1) * share)] ?? Number.NaN;
    return { p50: at(0.5), p99: at(0.99), max: at(1) };
  }

  async #feed(perSecond: number): Promise<Feed> {
    const input = await newTopic(this.#transport, 8);
    const feed = new Feed(this.#transport, input, perSecond);
    await feed.sendOnce();
    feed.begin();
    return feed;
  }

  async #options({ topic, partitions }: Feed): Promise<JobProcessOptions> {
    const output = await newTopic(this.#transport, partitions.length);
    return { brokers: this.#brokers, job: 'map', input: topic, output, name: unique('bench-life') };
  }

  #run(options: JobProcessOptions): JobProcess {
    return startJob({ ...options, sessionTimeout: SESSION_TIMEOUT });
  }

  /** Until readers see more than before: in a partition, or in all of them. */
  async #progress(topic: string, before: readonly number[], where: 'one' | 'all' = 'one'): Promise<void> {
    for (const deadline = performance.now() + AT_THE_LATEST; performance.now() < deadline; await sleep(10)) {
      const grown = (await this.#ends(topic)).map((end, partition) => end > (before[partition] ?? 0));
      if (where === 'all' ? grown.every(Boolean) : grown.some(Boolean)) return;
    }
    throw new Error(`nothing new in ${topic} for ${AT_THE_LATEST} ms`);
  }

  async #ends(topic: string): Promise<readonly number[]> {
    const partitions = Array.from({ length: 8 }, (_, partition) => ({ topic, partition }));
    return (await this.#log.bounds(partitions)).map(({ stableEnd }) => stableEnd);
  }
}

async function kill(job: JobProcess): Promise<void> {
  job.kill();
  await job.ended.catch(() => undefined);
}
