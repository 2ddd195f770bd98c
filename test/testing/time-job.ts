import type { EmitKeyed, Job, JobContext, JobHooks, Topic, ValueState } from '@kgen/runtime';
import { createJob, murmur2, topic, utf8 } from '@kgen/runtime/codegen/v1';
import { Count } from '../task/codecs.ts';

// A job with timers by both clocks, as a generator would write it: it counts records until nothing came for a minute.

function texts<N extends string>(id: N): Topic<string, string, N> {
  return topic({ id, names: [id], key: utf8, value: utf8, partitioner: murmur2 });
}

const words: Topic<string, string, 'words'> = texts('words');
const others: Topic<string, string, 'others'> = texts('others');
const counts: Topic<string, string, 'counts'> = texts('counts');

export interface TimeHandlers extends JobHooks {
  readonly words: (word: string, ctx: TimeContext) => void | Promise<void>;
  readonly others: (word: string, ctx: TimeContext) => void | Promise<void>;
  readonly onTimer: { readonly [name in 'quiet' | 'wake']: (timer: object, ctx: TimeContext) => void | Promise<void> };
}

export interface TimeContext extends JobContext<string> {
  readonly watermark: bigint;
  readonly state: { readonly total: ValueState<Count> };
  readonly timers: {
    set(name: 'quiet' | 'wake', when: { eventTime: bigint } | { after: number }): void;
  };
  readonly emit: { readonly counts: EmitKeyed<string, string> };
}

export type TimeJob = Job<{
  key: string;
  handlers: TimeHandlers;
  streams: { words: typeof words; others: typeof others };
  outputs: { counts: typeof counts };
  state: TimeContext['state'];
}>;

export function timeJob(handlers: TimeHandlers): TimeJob {
  const stream = { as: 'stream', outOfOrderness: 1000, idleAfter: 60_000 } as const;
  return createJob(
    {
      name: 'time',
      key: utf8,
      inputs: { words: { topic: words, ...stream }, others: { topic: others, ...stream } },
      outputs: { counts },
      state: { total: { kind: 'value', value: Count } },
      timers: ['quiet', 'wake'],
      guarantee: 'exactly-once',
      checkpointInterval: 1000,
    },
    handlers,
  );
}
