import { Worker } from 'node:worker_threads';
import type { RunResult } from '../job/options.ts';
import type { KafkaLogOptions } from '../log/kafka/log-options.ts';
import { useKeytab } from '../log/kafka/transport/sasl/keytab.ts';
import { consoleLog } from '../ops/console-log.ts';
import { COUNTS, type JobLog, silentLog } from '../ops/job-log.ts';
import { JobError } from '../task/job-error.ts';
import { atMost, systemClock } from '../time/clock.ts';
import type { FromThread, ThreadData, ThreadRunOptions, ToThread } from './messages.ts';
import { receive } from './transfer.ts';

export interface RunThreadsOptions extends ThreadRunOptions {
  /** How many instances of the job run in this process. */
  readonly threads: number;
  /** Where the topics are. Each thread has connections of its own, so that this is data: no tokens that a function gives. */
  readonly kafka: Omit<KafkaLogOptions, 'clock'>;
  /** Name of this process: its threads are `<instance>-1`, `<instance>-2`, …. Default: random ones. */
  readonly instance?: string | undefined;
  /** Stops all threads when it is aborted: each processes what it has read, and makes a last checkpoint. */
  readonly signal?: AbortSignal | undefined;
  /** Takes the lines of all threads, which have `thread` as a field. Default and false: as of `run`. */
  readonly logger?: JobLog | false | undefined;
  /** For how many milliseconds the others may drain when a thread has failed. Default 25,000. */
  readonly grace?: number | undefined;
  /** URLs of modules that each thread imports before the job, such as one that registers module hooks. */
  readonly preload?: readonly string[] | undefined;
}

/** What has ended may hold handles still: so long does its thread have to let them go, in milliseconds. */
const EXIT_WITHIN = 1000;

/**
 * Runs a job in several worker threads, each an instance of its own: tasks are shared among them as among processes.
 * A thread that fails for good ends them all. `module` is the URL of a module whose default export is the job.
 * @throws JobError, that of the thread which failed first
 * @example
 * await runThreads(new URL('./jobs/totals.ts', import.meta.url), { threads: 4, kafka: { brokers: ['kafka-1:9092'] } });
 */
export async function runThreads(module: URL, options: RunThreadsOptions): Promise<readonly RunResult[]> {
  const { threads, signal, grace = 25_000 } = options;
  if (!Number.isInteger(threads) || threads < 1)
    throw new JobError('JOB_OPTIONS', `option threads: ${threads} is not a whole number from 1`);
  const logger = options.logger === false ? silentLog : (options.logger ?? consoleLog());
  const { sasl } = options.kafka;
  // Of the environment, which threads have a copy of from here on.
  if (sasl !== undefined && 'keytab' in sasl && sasl.keytab !== undefined) useKeytab(sasl.keytab);
  const running = Array.from({ length: threads }, (_, i) => startThread(module, options, logger, i + 1));
  const stop = (): void => {
    for (const thread of running) thread.stop();
  };
  signal?.addEventListener('abort', stop, { once: true });
  if (signal?.aborted === true) stop();
  try {
    return await Promise.all(running.map(({ result }) => result));
  } catch (error) {
    stop();
    await atMost(systemClock, grace, Promise.allSettled(running.map(({ result }) => result)));
    throw error;
  } finally {
    signal?.removeEventListener('abort', stop);
    await Promise.all(running.map((thread) => thread.end()));
  }
}

interface Thread {
  readonly result: Promise<RunResult>;
  stop(): void;
  /** Ends it if it does not end by itself. */
  end(): Promise<void>;
}

function startThread(module: URL, options: RunThreadsOptions, logger: JobLog, number: number): Thread {
  // What is of this thread alone; all else is the run's.
  const { threads: _threads, signal: _signal, logger: _logger, grace: _grace, kafka, preload = [], ...run } = options;
  const instance = run.instance === undefined ? undefined : `${run.instance}-${number}`;
  const data: ThreadData = { preload, job: module.href, kafka, run: { ...run, instance } };
  const worker = new Worker(workerFile(), { workerData: data, name: `thread ${number}` });
  const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
  const result = new Promise<RunResult>((resolve, reject) => {
    worker.on('message', (message: FromThread) => {
      if (message.kind === 'done') resolve(message.result);
      else if (message.kind === 'failed') reject(receive(message.error));
      else {
        const { level, names, fields, counts } = message;
        const own = names.map((name, i) => [name, receive(fields[i] ?? { value: undefined })]);
        logger[level](
          { thread: number, ...Object.fromEntries(own), ...(counts ? { [COUNTS]: true } : {}) },
          message.message,
        );
      }
    });
    // What nobody caught, in a callback of the user's own for one.
    worker.once('error', (cause) => {
      reject(new JobError('JOB_HANDLER_FAILED', `thread ${number} failed: ${cause}`, { cause }));
    });
    worker.once('exit', (code) => {
      reject(new JobError('JOB_HANDLER_FAILED', `thread ${number} ended by itself, with exit code ${code}`));
    });
  });
  return {
    result,
    stop: () => worker.postMessage('stop' satisfies ToThread),
    async end() {
      await atMost(systemClock, EXIT_WITHIN, exited);
      await worker.terminate();
    },
  };
}

/** Beside this one, as a source and as built. */
function workerFile(): URL {
  return new URL(import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js', import.meta.url);
}
