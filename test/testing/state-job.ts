import type { Job, JobContext, JobHooks, ListState, MapState, Topic, ValueState } from '@kgen/runtime';
import { createJob, murmur2, primitiveCodec, topic, utf8 } from '@kgen/runtime/codegen/v1';
import { Count } from '../task/codecs.ts';

// A job with state of each kind, as a generator would write it.

const texts: Topic<string, string, 'texts'> = topic({
  id: 'texts',
  names: ['texts'],
  key: utf8,
  value: utf8,
  partitioner: murmur2,
});

export interface StateHandlers extends JobHooks {
  readonly texts: (text: string, ctx: StateContext) => void | Promise<void>;
}

interface States {
  readonly total: ValueState<Count>;
  readonly recent: ListState<Count>;
  readonly groups: MapState<string, Count>;
}

export interface StateContext extends JobContext<string> {
  readonly state: States;
  readonly emit: object;
}

export type StateJob = Job<{ key: string; handlers: StateHandlers; streams: { texts: typeof texts }; state: States }>;

export function stateJob(handlers: StateHandlers): StateJob {
  return createJob(
    {
      name: 'state',
      key: utf8,
      inputs: { texts: { topic: texts, as: 'stream', outOfOrderness: 0 } },
      outputs: {},
      state: {
        total: { kind: 'value', value: Count },
        recent: { kind: 'list', value: Count },
        groups: { kind: 'map', key: primitiveCodec('string'), value: Count },
      },
      guarantee: 'exactly-once',
      checkpointInterval: 1000,
    },
    handlers,
  );
}
