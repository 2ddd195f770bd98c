import type { KafkaLog } from '@kgen/runtime/kafka';
import { silenceTypeStripping } from '../config/evaluate.ts';
import { findConfig, loadConfig } from '../config/load.ts';
import { registerModuleHook } from '../config/module-hook.ts';
import type { Finding } from '../finding.ts';
import { readCall, unknownTopics } from './call.ts';
import { findJobFile, loadJob } from './job-file.ts';
import { inputTopics, type JobScope } from './job-transactions.ts';
import { kafkaSettings } from './kafka-settings.ts';
import { runtimeOf } from './runtime.ts';

export interface TransactionsFlags {
  readonly config?: string | undefined;
  readonly brokers?: string | undefined;
  readonly group?: string | undefined;
  readonly topics?: readonly string[] | undefined;
}

export interface PreparedTransactions {
  readonly root: string;
  readonly log: KafkaLog;
  readonly isLogError: (error: unknown) => error is Error;
  readonly scope: JobScope;
}

/** For how long questions are repeated that get no answer, in milliseconds: somebody waits for it. */
const PATIENCE = 10_000;

/** A job's log and group, with nothing asked of Kafka yet. */
export async function prepareTransactions(
  job: string | undefined,
  call: TransactionsFlags,
): Promise<PreparedTransactions | { readonly findings: readonly Finding[]; readonly root: string }> {
  const cwd = process.cwd();
  const isThere = call.config !== undefined || findConfig(cwd) !== undefined;
  const config = isThere ? await loadConfig({ cwd, config: call.config }) : undefined;
  if (config !== undefined && 'findings' in config) return config;
  const root = config?.root ?? cwd;
  const project = { root, config: config?.config };
  const found = findJobFile(job, cwd, project);
  if ('finding' in found) return { findings: [found.finding], root };
  const read = readCall({ group: call.group, topics: call.topics }, {});
  if ('findings' in read) return { findings: read.findings, root };
  const kafka = kafkaSettings({
    brokers: call.brokers,
    env: process.env,
    config: config?.config.kafka,
    file: config?.file,
    clientId: 'kgen-transactions',
  });
  if ('findings' in kafka) return { findings: kafka.findings, root };
  silenceTypeStripping();
  registerModuleHook();
  const loaded = await loadJob(found.path, project);
  if ('finding' in loaded) return { findings: [loaded.finding], root };
  // Topics that are not the job's would be asked for, and nothing found to hold it back.
  const unknown = unknownTopics(loaded.job, read.call);
  if (unknown.length > 0) return { findings: unknown, root };
  const runtime = await runtimeOf(found.path);
  const { topics, run } = read.call;
  return {
    root,
    log: runtime.kafkaLog({ ...kafka.options, patience: PATIENCE }),
    isLogError: runtime.isLogError,
    scope: {
      group: run.group ?? loaded.job.declaration.name,
      inputs: inputTopics(loaded.job, topics),
    },
  };
}
