import type { EmitKeyed, Job, JobContext, RunOptions, Topic, ValueState } from '@kgen/runtime';
import { createJob, murmur2, topic, utf8 } from '@kgen/runtime/codegen/v1';
import { type MemoryLog, memoryLog } from '@kgen/runtime/memory';
import { Count } from './codecs.ts';

const plain = { key: utf8, value: utf8, partitioner: murmur2 };
const a: Topic<string, string, 'a'> = topic({ id: 'a', names: ['a'], ...plain });
const b: Topic<string, string, 'b'> = topic({ id: 'b', names: ['b'], ...plain });
const out: Topic<string, string, 'out'> = topic({ id: 'out', names: ['out'], ...plain });

interface Context extends JobContext<string> {
  readonly state: { readonly seen: ValueState<Count> };
  readonly emit: { readonly out: EmitKeyed<string, string> };
}

export type Declared = Job['declaration'];

/** Emits each value it is given, with how many it has seen of the key where it has state. */
export function positionJob(
  declared: Partial<Pick<Declared, 'startFrom' | 'onOutOfRange' | 'state' | 'timers' | 'concurrency'>> & {
    readonly a?: Partial<Declared['inputs'][string]>;
    readonly b?: Partial<Declared['inputs'][string]>;
  } = {},
  handler: (value: string, ctx: Context) => void | Promise<void> = emitSeen,
): Job {
  const { a: ofA, b: ofB, ...job } = declared;
  return createJob<{ key: string; handlers: object }>(
    {
      name: 'positions',
      key: utf8,
      inputs: {
        a: { topic: a, as: 'stream', outOfOrderness: 0, ...ofA },
        ...(ofB === undefined ? {} : { b: { topic: b, as: 'stream' as const, outOfOrderness: 0, ...ofB } }),
      },
      outputs: { out },
      state: {},
      guarantee: 'exactly-once',
      checkpointInterval: 1,
      ...job,
    },
    { a: handler, b: handler },
  );
}

export const COUNTED: Declared['state'] = { seen: { kind: 'value', value: Count } };

export function emitSeen(value: string, ctx: Context): void {
  const { state, emit } = ctx;
  if (!('seen' in state)) {
    emit.out(ctx.key, value);
    return;
  }
  const { count, sum } = state.seen.get() ?? { count: 0, sum: 0 };
  state.seen.set({ count: count + 1, sum });
  emit.out(ctx.key, `${value}#${count + 1}`);
}

export function positionLog(partitions = 2): MemoryLog {
  return memoryLog({ topics: { a: partitions, b: partitions, out: 1 } });
}

/** Records to a partition, their times in milliseconds since 1970, and their values these times. */
export function produce(log: MemoryLog, topic: string, partition: number, times: readonly number[]): void {
  log.produce(
    times.map((time) => ({
      topic,
      partition,
      key: Buffer.from('k'),
      value: Buffer.from(`${topic}${partition}@${time}`),
      timestamp: BigInt(time),
    })),
  );
}

/** What the job has emitted, sorted. */
export function emitted(log: MemoryLog): string[] {
  return Array.from(log.records('out'), ({ value }) => Buffer.from(value ?? []).toString()).sort();
}

export function options(log: RunOptions['log'], more: Partial<RunOptions> = {}): RunOptions {
  return { log, until: 'latest', logger: false, ...more };
}

/** Commits offsets as another consumer of the group does: with metadata of its own. */
export async function commitAsOther(
  log: MemoryLog,
  group: string,
  offsets: readonly { readonly topic: string; readonly partition: number; readonly offset: number }[],
): Promise<void> {
  const ignore = { revoked: async () => undefined, assigned: () => undefined, lost: () => undefined };
  const join = { group, instance: 'other', static: false, layout: [{ topic: 'a', partitions: 2, global: false }] };
  const membership = await log.join(join, ignore);
  const producer = await log.producer('other');
  await producer.commitOffsets(
    membership.member(),
    offsets.map((offset) => ({ ...offset, metadata: '' })),
  );
  await producer.commit();
  await membership.end({ leave: true });
}
