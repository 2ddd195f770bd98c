// Runs one of the jobs until SIGTERM, as the environment asks for, and prints what it took.
import { type Job, run } from '@kgen/runtime';
import { kafkaLog } from '@kgen/runtime/kafka';
import counts from './jobs/counts.ts';
import double from './jobs/double.ts';

const { BOOTSTRAP = 'localhost:9092', JOB = 'counts', INPUT = 'events', OUTPUT = '', APP_ID = JOB } = process.env;
const { COMMIT_MS = '1000', UNTIL, INSTANCE = 'bench', SESSION_MS } = process.env;

const jobs: { readonly [name: string]: Job } = { counts, map: double };
const job = jobs[JOB];
if (job === undefined) {
  console.error(`there is no job ${JOB}`);
  process.exit(2);
}

const stop = new AbortController();
process.once('SIGTERM', () => stop.abort());

const group = SESSION_MS === undefined ? {} : { sessionTimeout: Number(SESSION_MS) };
const log = kafkaLog({ brokers: BOOTSTRAP.split(','), clientId: APP_ID, group });
const { duration, metrics } = await run(job, {
  log,
  group: APP_ID,
  instance: INSTANCE,
  topics: { events: INPUT, counted: OUTPUT, doubled: OUTPUT },
  checkpointInterval: Number(COMMIT_MS),
  signal: stop.signal,
  until: UNTIL === 'latest' ? UNTIL : undefined,
});
await log.close();
const { records, checkpoints } = metrics;
const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
const cpu = (userCPUTime + systemCPUTime) / 1e6;
console.log(JSON.stringify({ records, checkpoints, duration, cpu, peakMemory: maxRSS * 1024 }));
