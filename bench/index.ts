// Speed side by side with peers, in one run: `npm run bench`, or `npm run bench -- event order` for some shapes,
// `npm run bench -- jobs` for the loop of jobs alone. `npm run bench -- state` for restoring state, `savepoint` for writing it to a file.
// `npm run bench -- registry` for records of three versions in one topic.
// `npm run bench -- peers FOLDER` measures whole jobs on Kafka.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { type CodecResult, codecsTitle, printCodecs } from './codecs.ts';
import { benchConfluent, confluentTitle } from './confluent.ts';
import { benchGeneration, generationTitle, printGeneration } from './generation.ts';
import { type JobLoopResult, jobLoopTitle, jobNames, printJobLoop } from './job-loop.ts';
import { runHarness } from './peers/harness.ts';
import { benchRecordBatch, printRecordBatch, recordBatchTitle } from './record-batch.ts';
import { benchRegistry } from './registry.ts';
import { keep, type Report } from './report.ts';
import { benchSavepoint } from './savepoint.ts';
import { shapes as all } from './shapes.ts';
import { benchState } from './state.ts';

const names = process.argv.slice(2);

/** Only when asked for by name: they take a Kafka, or minutes. */
const commands: { readonly [name: string]: (args: readonly string[]) => Report | Promise<Report> } = {
  peers: runHarness,
  state: (args) => benchState(args),
  savepoint: (args) => benchSavepoint(args),
  registry: () => benchRegistry(),
  'kafka-jobs': async (args) => (await import('./kafka/jobs.ts')).benchJobs(args),
  'kafka-consume': async () => (await import('./kafka/consume.ts')).benchConsume(),
  'kafka-produce': async () => (await import('./kafka/produce.ts')).benchProduce(),
  'kafka-checkpoints': async (args) => (await import('./kafka/checkpoints.ts')).benchCheckpoints(args),
  'kafka-memory': async (args) => (await import('./kafka/memory.ts')).benchMemory(args),
  'kafka-idle': async (args) => (await import('./kafka/idle.ts')).benchIdle(args),
  'kafka-life': async () => (await import('./kafka/life.ts')).benchLife(),
  'kafka-soak': async (args) => (await import('./kafka/soak.ts')).benchSoak(args),
};

function shapesNamed(names: readonly string[]): readonly string[] {
  return all.map(({ name }) => name).filter((name) => names.length === 0 || names.includes(name));
}

function measureShape(name: string): readonly CodecResult[] {
  const script = join(import.meta.dirname, 'codecs-shape.ts');
  const output = execFileSync(process.execPath, [...process.execArgv, script, name], { encoding: 'utf8' });
  return JSON.parse(output) as readonly CodecResult[];
}

function measureJob(name: string): JobLoopResult {
  const script = join(import.meta.dirname, 'job-loop-job.ts');
  const output = execFileSync(process.execPath, [...process.execArgv, script, name], { encoding: 'utf8' });
  return JSON.parse(output) as JobLoopResult;
}

async function codecs(shapes: readonly string[]): Promise<void> {
  const results = shapesNamed(shapes).flatMap(measureShape);
  keep({ name: 'codecs', title: codecsTitle(), table: printCodecs(results), results });
  const messages = await benchConfluent(shapes);
  keep({
    name: 'confluent',
    title: confluentTitle(),
    table: printCodecs(messages, 'registry'),
    results: messages,
  });
}

function jobs(): void {
  const results = jobNames.map(measureJob);
  keep({ name: 'jobs', title: jobLoopTitle(), table: printJobLoop(results), results });
}

const command = commands[names[0] ?? ''];
if (command !== undefined) {
  keep(await command(names.slice(1)));
} else if (names.includes('jobs')) {
  jobs();
} else {
  const known = all.map(({ name }) => name);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    const there = [...Object.keys(commands), 'jobs', ...known].join(', ');
    console.error(`There is no bench ${unknown}, but ${there}`);
    process.exit(2);
  }
  await codecs(names);
  if (names.length === 0) {
    const generation = benchGeneration();
    keep({ name: 'generation', title: generationTitle(), table: printGeneration(generation), results: generation });
    const batches = await benchRecordBatch();
    keep({ name: 'record-batch', title: recordBatchTitle(), table: printRecordBatch(batches), results: batches });
    jobs();
  }
}
