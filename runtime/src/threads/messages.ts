import type { RunOptions, RunResult } from '../job/options.ts';
import type { KafkaLogOptions } from '../log/kafka/log-options.ts';
import type { JobLog } from '../ops/job-log.ts';
import type { JobRegistryOptions } from '../registry/job-registry.ts';
import type { Sent } from './transfer.ts';

/** What a thread is started with: plain data, since functions stay in the thread that they were made in. */
export interface ThreadData {
  /** Imported before the job. */
  readonly preload: readonly string[];
  /** URL of the module whose default export is the job. */
  readonly job: string;
  readonly kafka: Omit<KafkaLogOptions, 'clock'>;
  readonly run: ThreadRunOptions;
}

/** Options of `run` that are data. */
export type ThreadRunOptions = Pick<
  RunOptions,
  | 'until'
  | 'group'
  | 'instance'
  | 'startFrom'
  | 'onOutOfRange'
  | 'isolation'
  | 'inputs'
  | 'discovery'
  | 'checkpointInterval'
  | 'concurrentCheckpoints'
  | 'guarantee'
  | 'commitOffsets'
  | 'autoCommitInterval'
  | 'restart'
  | 'onError'
  | 'changelog'
  | 'createTopics'
  | 'store'
> & {
  readonly topics?: { readonly [declared: string]: string } | undefined;
  /** What `schemaRegistry` takes: each thread has one of its own. */
  readonly registry?: JobRegistryOptions | undefined;
};

export type ToThread = 'stop';

export type FromThread =
  | {
      readonly kind: 'log';
      readonly level: keyof JobLog;
      readonly fields: Sent[];
      readonly names: string[];
      readonly message: string | undefined;
      /** True for a line of counters. */
      readonly counts: boolean;
    }
  | { readonly kind: 'done'; readonly result: RunResult }
  | { readonly kind: 'failed'; readonly error: Sent };
