import { pathToFileURL } from 'node:url';
import type { JobLog } from '@kgen/runtime';
import type { RunFlags } from '../run/call.ts';
import { connect } from '../run/connect.ts';
import { endOnUncaught, type Stopping, stopOnSignals } from '../run/stopping.ts';
import type { Console } from './console.ts';
import { WRONG_CALL } from './exit.ts';
import { printFindings } from './findings.ts';
import { type Prepared, prepare } from './prepared-job.ts';

/** The job has ended: it was stopped, or done. */
const ENDED = 0;
/** The job has failed for good. */
const FAILED = 1;
/** What a job leaves open keeps the process alive no longer than this, in milliseconds. */
const LINGER = 2000;

/** `kgen run`: runs a job on Kafka until it is stopped, done, or has failed for good. */
export async function runCommand(flags: RunFlags, console: Console): Promise<number> {
  const prepared = await prepare(flags);
  if ('findings' in prepared) {
    // Standard output is the job's own.
    printFindings(prepared.findings, prepared.root, { ...console, print: console.note });
    return WRONG_CALL;
  }
  const { runtime, call } = prepared;
  const log = runtime.consoleLog({ level: call.logLevel, format: call.logFormat });
  const exit = (code: number): never => process.exit(code);
  const stopping = stopOnSignals(log, call.grace, exit);
  endOnUncaught(log, exit);
  let code = FAILED;
  try {
    await runJob(prepared, log, stopping);
    code = ENDED;
  } catch (error) {
    log.error({ job: prepared.job.declaration.name, err: error }, 'job failed');
    code = runtime.isJobError(error, 'JOB_OPTIONS') ? WRONG_CALL : FAILED;
  } finally {
    stopping.end();
  }
  const linger = setTimeout(() => {
    log.warn({}, 'the job has ended, but something that it opened is open still: close it in onStop');
    process.exit(code);
  }, LINGER);
  linger.unref();
  return code;
}

async function runJob(
  { job, file, call, kafka, createTopics, registry, runtime }: Prepared,
  log: JobLog,
  stopping: Stopping,
): Promise<void> {
  const connection = runtime.kafkaLog(kafka);
  try {
    await connect(() => connection.connect(), kafka, { job, log, signal: stopping.signal, runtime });
    if (stopping.signal.aborted) return;
    const { topics, run: options, threads, grace } = call;
    const from = call.from && runtime.savepoint(call.from.file, call.from);
    const common = { ...options, topics, createTopics, signal: stopping.signal, logger: log };
    if (threads === 1) {
      const asked = registry && runtime.schemaRegistry(registry);
      await runtime.run(job, { ...common, registry: asked, from, log: connection });
      return;
    }
    if (from !== undefined) await runtime.importSavepoint(job, { ...common, from, log: connection });
    await connection.close();
    const hook = new URL(
      import.meta.url.endsWith('.ts') ? '../run/module-hook.ts' : '../run/module-hook.js',
      import.meta.url,
    );
    await runtime.runThreads(pathToFileURL(file), { ...common, registry, threads, grace, kafka, preload: [hook.href] });
  } finally {
    await connection.close();
  }
}
