// Speed side by side with peers, in one run: `npm run bench`, or `npm run bench -- event order` for some shapes,
// `npm run bench -- jobs` for the loop of jobs alone.
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CodecResult, codecsTitle, printCodecs } from './codecs.ts';
import { benchConfluent, confluentTitle } from './confluent.ts';
import { benchGeneration, generationTitle, printGeneration } from './generation.ts';
import { type JobLoopResult, jobLoopTitle, jobNames, printJobLoop } from './job-loop.ts';
import { benchRecordBatch, printRecordBatch, recordBatchTitle } from './record-batch.ts';
import { shapes as all } from './shapes.ts';

const shapes = process.argv.slice(2);
const folder = join(import.meta.dirname, 'results');
mkdirSync(folder, { recursive: true });

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

function keep(name: string, title: string, results: unknown): void {
  writeFileSync(join(folder, `${name}.json`), `${JSON.stringify({ title, results }, undefined, 2)}\n`);
}

if (!shapes.includes('jobs')) {
  const codecs = shapesNamed(shapes).flatMap(measureShape);
  console.log(`${codecsTitle()}\n\n${printCodecs(codecs)}`);
  keep('codecs', codecsTitle(), codecs);

  const confluent = await benchConfluent(shapes);
  console.log(`\n${confluentTitle()}\n\n${printCodecs(confluent, 'registry')}`);
  keep('confluent', confluentTitle(), confluent);
}

if (shapes.length === 0) {
  const generation = benchGeneration();
  console.log(`\n${generationTitle()}\n\n${printGeneration(generation)}`);
  keep('generation', generationTitle(), generation);
}

if (shapes.length === 0) {
  const recordBatch = await benchRecordBatch();
  console.log(`\n${recordBatchTitle()}\n\n${printRecordBatch(recordBatch)}`);
  keep('record-batch', recordBatchTitle(), recordBatch);
}

if (shapes.length === 0 || shapes.includes('jobs')) {
  const jobs = jobNames.map(measureJob);
  console.log(`\n${jobLoopTitle()}\n\n${printJobLoop(jobs)}`);
  keep('jobs', jobLoopTitle(), jobs);
}
