import type {
  EmitKeyed,
  Format,
  Job,
  JobContext,
  KeyedTopic,
  ListState,
  MapState,
  Topic,
  ValueState,
} from '@kgen/runtime';
import { createJob, json, murmur2, topic, utf8 } from '@kgen/runtime/codegen/v1';
import { Count, Int, Text } from '../task/codecs.ts';

/** What goes in: `id` is unique. */
export interface Input {
  readonly key: string;
  readonly id: number;
  readonly amount: number;
}

/** What comes out for each input: all that state knows of its key then. */
export interface Output {
  readonly id: number;
  readonly count: number;
  readonly sum: number;
  readonly recent: string;
  readonly groups: string;
}

export const GROUP = 'sim';

export const inputs: KeyedTopic<string, Input, 'in'> = topic({
  id: 'in',
  names: ['in'],
  key: utf8,
  value: jsonOf<Input>(),
  keyFrom: (value: Input) => value.key,
  partitioner: murmur2,
});

export const outputs: Topic<string, Output, 'out'> = topic({
  id: 'out',
  names: ['out'],
  key: utf8,
  value: jsonOf<Output>(),
  partitioner: murmur2,
});

function jsonOf<T>(): Format<T> {
  return json as unknown as Format<T>;
}

interface Context extends JobContext<string> {
  readonly state: {
    readonly total: ValueState<Count>;
    readonly recent: ListState<string>;
    readonly groups: MapState<number, string>;
  };
  readonly emit: { readonly out: EmitKeyed<string, Output> };
}

/** What each input does to what is known of its key: the model that outputs are compared with. */
export interface Known {
  count: number;
  sum: number;
  recent: string[];
  groups: Map<number, string>;
}

export function nothingKnown(): Known {
  return { count: 0, sum: 0, recent: [], groups: new Map() };
}

export function learn(known: Known, { id, amount }: Input): Output {
  known.count++;
  known.sum += amount;
  known.recent = known.recent.length >= 4 ? [] : [...known.recent, String(amount)];
  const group = amount % 4;
  if (group === 3) known.groups.delete(known.count % 3);
  else known.groups.set(group, String(known.count));
  const groups = [...known.groups].sort(([a], [b]) => a - b);
  return { id, count: known.count, sum: known.sum, recent: known.recent.join(), groups: groups.join(';') };
}

/** What a job without state makes of an input. */
export function pass({ id }: Input): Output {
  return { id, count: 0, sum: 0, recent: '', groups: '' };
}

export interface SimJobOptions {
  readonly stateless: boolean;
  /** Called at the end of each call; may throw. */
  readonly after: () => void;
  /** Makes handlers asynchronous. */
  readonly wait: (() => Promise<void>) | undefined;
}

export function simJob({ stateless, after, wait }: SimJobOptions): Job {
  const work = (input: Input, ctx: Context): void => {
    if (stateless) ctx.emit.out(ctx.key, pass(input));
    else count(input, ctx);
    after();
  };
  const count = (input: Input, ctx: Context): void => {
    const { total, recent, groups } = ctx.state;
    const { count = 0, sum = 0 } = total.get() ?? {};
    const known = { count, sum, recent: [...recent.get()], groups: new Map(groups.entries()) };
    const output = learn(known, input);
    total.set({ count: known.count, sum: known.sum });
    if (known.recent.length === 0) recent.clear();
    else recent.append(known.recent.at(-1) as string);
    const group = input.amount % 4;
    if (group === 3) groups.delete(known.count % 3);
    else groups.set(group, String(known.count));
    ctx.emit.out(ctx.key, output);
  };
  const later = async (input: Input, ctx: Context): Promise<void> => {
    if (input.amount % 2 === 0) await wait?.();
    work(input, ctx);
    if (input.amount % 3 === 0) await wait?.();
  };
  return createJob<{ key: string; handlers: object }>(
    {
      name: GROUP,
      key: utf8,
      inputs: { in: { topic: inputs, as: 'stream', outOfOrderness: 0 } },
      outputs: { out: outputs },
      state: stateless
        ? {}
        : {
            total: { kind: 'value', value: Count },
            recent: { kind: 'list', value: Text },
            groups: { kind: 'map', key: Int, value: Text },
          },
      guarantee: 'exactly-once',
      checkpointInterval: 5,
    },
    { in: wait === undefined ? work : later },
  );
}
