import type { RunFlags } from '../run/call.ts';
import { connect } from '../run/connect.ts';
import type { Console } from './console.ts';
import { FINDINGS, FINE, WRONG_CALL } from './exit.ts';
import { printFindings } from './findings.ts';
import { prepare } from './prepared-job.ts';

/** The flags of `kgen savepoint`, as commander gives them. */
export interface SavepointFlags
  extends Pick<RunFlags, 'job' | 'config' | 'brokers' | 'group' | 'topics' | 'logLevel' | 'logFormat'> {
  /** Path of the file to write. */
  readonly output: string;
  readonly stopped?: boolean | undefined;
}

/** `kgen savepoint`: writes offsets and state of a job to a file. */
export async function savepointCommand(
  { output, stopped, ...flags }: SavepointFlags,
  console: Console,
): Promise<number> {
  const prepared = await prepare(flags);
  if ('findings' in prepared) {
    printFindings(prepared.findings, prepared.root, { ...console, print: console.note });
    return WRONG_CALL;
  }
  const { runtime, call, job, kafka } = prepared;
  const log = runtime.consoleLog({ level: call.logLevel, format: call.logFormat });
  const controller = new AbortController();
  const giveUp = (): void => controller.abort();
  process.once('SIGINT', giveUp).once('SIGTERM', giveUp);
  const connection = runtime.kafkaLog(kafka);
  try {
    const { signal } = controller;
    await connect(() => connection.connect(), kafka, { job, log, signal, runtime });
    const { group } = call.run;
    const options = { log: connection, file: output, group, topics: call.topics, stopped, logger: log, signal };
    const { tasks, bytes, running } = await runtime.writeSavepoint(job, options);
    const values = tasks.reduce((sum, task) => sum + task.values, 0);
    const checkpoints = tasks.map(({ task, checkpoint }) => `${task} at ${checkpoint}`).join(', ');
    console.print(`${output}: ${count(values)} values of state in ${count(bytes)} bytes`);
    console.print(`tasks at their checkpoints: ${checkpoints}`);
    if (running.length > 0) console.print(`the job runs on: ${running.join(', ')}`);
    return FINE;
  } catch (error) {
    log.error({ job: job.declaration.name, err: error }, 'no savepoint was written');
    return runtime.isJobError(error, 'JOB_OPTIONS') ? WRONG_CALL : FINDINGS;
  } finally {
    process.off('SIGINT', giveUp).off('SIGTERM', giveUp);
    await connection.close();
  }
}

function count(n: number): string {
  return n.toLocaleString('en-US');
}
