import type { Job, JobRegistryOptions, RunOptions } from '@kgen/runtime';
import type { KafkaLogOptions } from '@kgen/runtime/kafka';
import { silenceTypeStripping } from '../config/evaluate.ts';
import { findConfig, type LoadedConfig, loadConfig } from '../config/load.ts';
import { registerModuleHook } from '../config/module-hook.ts';
import type { Finding } from '../finding.ts';
import { type RunCall, type RunFlags, readCall, unknownTopics } from '../run/call.ts';
import { createTopicsOf } from '../run/create-topics-flag.ts';
import { findJobFile, loadJob } from '../run/job-file.ts';
import { kafkaSettings } from '../run/kafka-settings.ts';
import { type Runtime, runtimeOf } from '../run/runtime.ts';
import { jobRegistry } from './run-registry.ts';

/** A job and all that its call says of it. */
export interface Prepared {
  readonly job: Job;
  /** Absolute. */
  readonly file: string;
  readonly call: RunCall;
  readonly kafka: KafkaLogOptions;
  readonly createTopics: RunOptions['createTopics'];
  readonly registry: JobRegistryOptions | undefined;
  readonly runtime: Runtime;
}

export interface Refused {
  readonly findings: readonly Finding[];
  readonly root: string;
}

/** All that can be settled before anything is asked of Kafka. */
export async function prepare(flags: RunFlags): Promise<Prepared | Refused> {
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
  const unusable = await savepointFinding(job, read.call, runtime);
  if (unusable !== undefined) return { findings: [unusable], root };
  return {
    job,
    file: found.path,
    call: read.call,
    kafka: kafka.options,
    // What a job says itself comes before what is said for all of them.
    createTopics: createTopicsOf(
      read.call.run.createTopics,
      job.declaration.createTopics ?? config?.config.kafka?.createTopics,
    ),
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

async function savepointFinding(
  { declaration }: Job,
  { from }: RunCall,
  runtime: Runtime,
): Promise<Finding | undefined> {
  if (from === undefined) return undefined;
  try {
    await runtime.savepoint(from.file, from)['~check'](declaration);
    return undefined;
  } catch (error) {
    if (!runtime.isJobError(error, 'JOB_SAVEPOINT')) throw error;
    return { path: '--from', reason: error.message, hint: 'Give a file that `kgen savepoint` has written of this job' };
  }
}

function threadFindings({ sasl }: KafkaLogOptions, { threads }: RunCall): readonly Finding[] {
  const given = sasl !== undefined && ('oauthBearerProvider' in sasl || 'authenticationProvider' in sasl);
  if (threads === 1 || !given) return [];
  const reason = 'kafka.sasl has a function, which stays in its thread';
  return [{ path: '--threads', reason, hint: 'Run more processes of one thread each' }];
}
