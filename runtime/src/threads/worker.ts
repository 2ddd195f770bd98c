// One thread of `runThreads`: an instance of its own, with connections of its own.
import { parentPort, workerData } from 'node:worker_threads';
import type { Job } from '../job/declaration.ts';
import { run } from '../job/run.ts';
import { kafkaLog } from '../log/kafka/kafka-log.ts';
import { COUNTS, type JobLog } from '../ops/job-log.ts';
import { schemaRegistry } from '../registry/job-registry.ts';
import { JobError, reasonOf } from '../task/job-error.ts';
import type { FromThread, ThreadData, ToThread } from './messages.ts';
import { send } from './transfer.ts';

const {
  preload,
  job: url,
  kafka,
  run: { registry, ...options },
}: ThreadData = workerData;
const stop = new AbortController();
const port = parentPort;
const post = (message: FromThread): void => port?.postMessage(message);
port?.on('message', (message: ToThread) => {
  if (message === 'stop') stop.abort();
});

try {
  for (const each of preload) await import(each);
  const job = await importJob();
  const log = kafkaLog(kafka);
  try {
    post({
      kind: 'done',
      result: await run(job, {
        ...options,
        registry: registry && schemaRegistry(registry),
        log,
        signal: stop.signal,
        logger: logger(),
      }),
    });
  } finally {
    await log.close();
  }
} catch (error) {
  post({ kind: 'failed', error: send(error) });
} finally {
  port?.close();
}

async function importJob(): Promise<Job> {
  let module: unknown;
  try {
    module = await import(url);
  } catch (cause) {
    throw new JobError('JOB_OPTIONS', `the job's module cannot be loaded: ${reasonOf(cause)}`, { cause });
  }
  const exported = member(module, 'default');
  // Of a module that a compiler turned into CommonJS, the one inside.
  const job = member(exported, 'default') ?? exported;
  if (isJob(job)) return job;
  throw new JobError('JOB_OPTIONS', `the default export of ${url} is not a job`);
}

function isJob(value: unknown): value is Job {
  const [declaration, handlers] = [member(value, 'declaration'), member(value, 'handlers')];
  return typeof member(declaration, 'name') === 'string' && typeof handlers === 'object' && handlers !== null;
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

/** Lines are written by the thread that started this one. */
function logger(): JobLog {
  const at =
    (level: keyof JobLog) =>
    (fields: object, message?: string): void => {
      const entries = fields instanceof Error ? [['err', fields] as const] : Object.entries(fields);
      const text = message ?? (fields instanceof Error ? fields.message : undefined);
      post({
        kind: 'log',
        level,
        names: entries.map(([name]) => name),
        fields: entries.map(([, value]) => send(value)),
        message: text,
        counts: COUNTS in fields,
      });
    };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}
