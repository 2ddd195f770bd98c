import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import type { Job, JobLog, JobRegistryOptions, RunOptions } from '@kgen/runtime';
import type { KafkaLogOptions } from '@kgen/runtime/kafka';
import { silenceTypeStripping } from '../config/evaluate.ts';
import { findConfig, type LoadedConfig, loadConfig } from '../config/load.ts';
import { registerModuleHook } from '../config/module-hook.ts';
import type { Finding } from '../finding.ts';
import { type RunCall, type RunFlags, readCall, unknownTopics } from '../run/call.ts';
import { findJobFile, loadJob } from '../run/job-file.ts';
import { kafkaSettings } from '../run/kafka-settings.ts';
import { type Runtime, runtimeOf } from '../run/runtime.ts';
import { endOnUncaught, type Stopping, stopOnSignals } from '../run/stopping.ts';
import type { Console } from './console.ts';
import { WRONG_CALL } from './exit.ts';
import { printFindings } from './findings.ts';
import { jobRegistry } from './run-registry.ts';

/** The job has ended: it was stopped, or done. */
const ENDED = 0;
/** The job has failed for good. */
const FAILED = 1;
/** For how many milliseconds brokers may stay silent at the start. */
const CONNECT_WITHIN = 5000;
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

interface Prepared {
  readonly job: Job;
  /** Absolute. */
  readonly file: string;
  readonly call: RunCall;
  readonly kafka: KafkaLogOptions;
  readonly createTopics: RunOptions['createTopics'];
  readonly registry: JobRegistryOptions | undefined;
  readonly runtime: Runtime;
}

interface Refused {
  readonly findings: readonly Finding[];
  readonly root: string;
}

/** All that can be settled before anything is asked of Kafka. */
async function prepare(flags: RunFlags): Promise<Prepared | Refused> {
  const cwd = process.cwd();
  const config = await configFor(flags, cwd);
  if (config !== undefined && 'findings' in config) return config;
  const root = config?.root ?? cwd;
  const project = { root, config: config?.config };
  const found = findJobFile(flags.job, cwd, project);
  if ('finding' in found) return { findings: [found.finding], root };
  const read = readCall(flags, process.env);
  if ('findings' in read) return { findings: read.findings, root };
  silenceTypeStripping();
  registerModuleHook();
  const loaded = await loadJob(found.path, project);
  if ('finding' in loaded) return { findings: [loaded.finding], root };
  const { job } = loaded;
  const unknown = unknownTopics(job, read.call);
  const kafka = kafkaSettings({
    brokers: flags.brokers,
    env: process.env,
    config: config?.config.kafka,
    file: config?.file,
    clientId: job.declaration.name,
  });
  const registry = jobRegistry(config, process.env);
  const findings = [
    ...unknown,
    ...('findings' in kafka ? kafka.findings : threadFindings(kafka.options, read.call)),
    ...('findings' in registry ? registry.findings : []),
  ];
  if ('findings' in kafka || 'findings' in registry || findings.length > 0) return { findings, root };
  const runtime = await runtimeOf(found.path);
  return {
    job,
    file: found.path,
    call: read.call,
    kafka: kafka.options,
    // What a job says itself comes before what is said for all of them.
    createTopics: job.declaration.createTopics ?? config?.config.kafka?.createTopics,
    registry: registry.options,
    runtime,
  };
}

/** A job's file needs none, such as one that was compiled and deployed without it. */
async function configFor({ config, job }: RunFlags, cwd: string): Promise<LoadedConfig | Refused | undefined> {
  const isFile = job !== undefined && /[/\\]|\.[cm]?[jt]s$/.test(job);
  if (config === undefined && isFile && findConfig(cwd) === undefined) return undefined;
  return loadConfig({ cwd, config });
}

function threadFindings({ sasl }: KafkaLogOptions, { threads }: RunCall): readonly Finding[] {
  const given = sasl !== undefined && ('oauthBearerProvider' in sasl || 'authenticationProvider' in sasl);
  if (threads === 1 || !given) return [];
  const reason = 'kafka.sasl has a function, which stays in its thread';
  return [{ path: '--threads', reason, hint: 'Run more processes of one thread each' }];
}

async function runJob(
  { job, file, call, kafka, createTopics, registry, runtime }: Prepared,
  log: JobLog,
  stopping: Stopping,
): Promise<void> {
  const connection = runtime.kafkaLog(kafka);
  try {
    await connect(() => connection.connect(), kafka, { job, log, stopping, runtime });
    if (stopping.signal.aborted) return;
    const { topics, run: options, threads, grace } = call;
    const common = { ...options, topics, registry, createTopics, signal: stopping.signal, logger: log };
    if (threads === 1) {
      await runtime.run(job, { ...common, log: connection });
      return;
    }
    await connection.close();
    const hook = new URL(
      import.meta.url.endsWith('.ts') ? '../run/module-hook.ts' : '../run/module-hook.js',
      import.meta.url,
    );
    await runtime.runThreads(pathToFileURL(file), { ...common, threads, grace, kafka, preload: [hook.href] });
  } finally {
    await connection.close();
  }
}

interface Surroundings {
  readonly job: Job;
  readonly log: JobLog;
  readonly stopping: Stopping;
  readonly runtime: Runtime;
}

/** So that wrong addresses and credentials are said at once, and not after the patience that a running job has. */
async function connect(
  ask: () => Promise<void>,
  { brokers, tls }: KafkaLogOptions,
  { job, log, stopping, runtime }: Surroundings,
): Promise<void> {
  const end = performance.now() + CONNECT_WITHIN;
  for (let failures = 0; !stopping.signal.aborted; failures++) {
    try {
      await ask();
      return;
    } catch (error) {
      if (!runtime.isLogError(error)) throw error;
      const reason = error.message.replace(/^no broker answers: /, '');
      if (error.kind === 'fatal')
        throw unreachable(runtime, reason, 'Kafka refuses the connection', 'Check address, TLS and credentials');
      if (performance.now() > end)
        throw unreachable(
          runtime,
          reason,
          `Kafka cannot be reached at ${brokers.join(', ')}`,
          `Check --brokers or KAFKA_BROKERS, and that the brokers run${tls === undefined || tls === false ? '' : ' and take TLS at this port'}`,
        );
      if (failures === 0) log.warn({ job: job.declaration.name, brokers, reason }, 'no broker answers yet');
      await sleep(500, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  }
}

function unreachable({ JobError }: Runtime, reason: string, what: string, hint: string): Error {
  return new JobError('JOB_LOG_FAILED', `${what}: ${reason}. ${hint}`);
}
