// Runs one of the jobs until SIGTERM, as the peers' harness asks for in the environment.
import { type Job, run } from '@kgen/runtime';
import { kafkaLog } from '@kgen/runtime/kafka';
import counts from './jobs/counts.ts';
import double from './jobs/double.ts';

const { BOOTSTRAP = 'localhost:9092', JOB = 'counts', INPUT = 'events', OUTPUT = '', APP_ID = JOB } = process.env;
const { COMMIT_MS = '1000' } = process.env;

const jobs: { readonly [name: string]: Job } = { counts, map: double };
const job = jobs[JOB];
if (job === undefined) throw new Error(`no job ${JOB}`);

const stop = new AbortController();
process.once('SIGTERM', () => stop.abort());

const log = kafkaLog({ brokers: [BOOTSTRAP], clientId: APP_ID });
await run(job, {
  log,
  group: APP_ID,
  instance: 'bench',
  topics: { events: INPUT, counted: OUTPUT, doubled: OUTPUT },
  checkpointInterval: Number(COMMIT_MS),
  signal: stop.signal,
});
await log.close();
