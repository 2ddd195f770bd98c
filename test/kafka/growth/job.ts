import type { EmitKeyed, Job, JobContext, ValueState } from '@kgen/runtime';
import { createJob, json, murmur2, topic, utf8 } from '@kgen/runtime/codegen/v1';
import { Count } from '../../task/codecs.ts';

/** What comes out for each record. */
export interface Seen {
  readonly value: string;
  /** Records of its key so far; undefined where the job keeps no state. */
  readonly count?: number;
}

interface Context extends JobContext<string> {
  readonly state: { readonly count?: ValueState<Count> };
  readonly emit: { readonly out: EmitKeyed<string, Seen> };
}

/** Reads all topics whose names begin with `prefix`, a dash between, and emits of each record what it was. */
export function growingJob(prefix: string, stateful: boolean): Job {
  const events = topic({
    id: 'events',
    pattern: new RegExp(`${prefix}-.*`),
    key: utf8,
    value: utf8,
    partitioner: murmur2,
  });
  const out = topic({ id: 'out', names: ['out'], key: utf8, value: json, partitioner: murmur2 });
  return createJob<{ key: string; handlers: object }>(
    {
      name: 'growing',
      key: utf8,
      inputs: { events: { topic: events, as: 'stream', outOfOrderness: 0 } },
      outputs: { out },
      state: stateful ? { count: { kind: 'value', value: Count } } : {},
      guarantee: 'exactly-once',
      checkpointInterval: 50,
      discovery: 200,
    },
    {
      events(value: string, { key, state, emit }: Context) {
        if (state.count === undefined) return emit.out(key, { value });
        const count = (state.count.get()?.count ?? 0) + 1;
        state.count.set({ count, sum: 0 });
        emit.out(key, { value, count });
      },
    },
  );
}
