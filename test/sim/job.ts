import type { EmitKeyed, Job, JobContext } from '@kgen/runtime';
import { createJob, utf8 } from '@kgen/runtime/codegen/v1';
import type { Feature, Input, Output } from './features/feature.ts';
import { inputs, outputs } from './features/topics.ts';
import { addToHistory, HISTORY_STATE, type HistoryState, hasHistory } from './history.ts';
import type { Profile } from './profile.ts';

export const GROUP = 'sim';
export const CHANGELOG: string = `${GROUP}-changelog`;
/** Of a job that starts from a savepoint of the first one. */
export const SECOND_GROUP = 'sim-2';
export const SECOND_CHANGELOG: string = `${SECOND_GROUP}-changelog`;
export const SECOND_OUT = 'out-2';
/** Partitions of each input, hence tasks. */
export const TASKS = 4;
/** Partitions without records hold event time back for so long, in milliseconds. */
export const IDLE_AFTER = 25;

interface Context extends JobContext<string> {
  readonly emit: { readonly out: EmitKeyed<string, Output> };
  readonly state: HistoryState;
}

export interface SimJobOptions {
  readonly profile: Profile;
  /** Counts calls of all processes. */
  readonly attempt: () => number;
  /** Called at the end of each call, with what it was for; may throw. */
  readonly after: (what: string, ctx: JobContext<string>) => void;
  /** Makes handlers asynchronous. */
  readonly wait: (() => Promise<void>) | undefined;
}

/** A job of some features: each call is worked on by all of them, and emits what they have seen. */
export function simJob({ profile, attempt, after, wait }: SimJobOptions): Job {
  const { features, concurrency, concurrentCheckpoints, guarantee, commitOffsets } = profile;
  const keepsHistory = hasHistory(profile);
  const all = <K extends keyof Feature['declares']>(part: K): object =>
    Object.assign({}, ...features.map(({ declares }) => declares[part]));
  const emit = (ctx: Context, output: Output): void => {
    if (guarantee === 'exactly-once') {
      ctx.emit.out(ctx.key, output);
      return;
    }
    const told = { ...output, attempt: attempt() };
    if (keepsHistory) addToHistory(ctx, told);
    ctx.emit.out(ctx.key, told);
  };
  const finish = (input: Input, ctx: Context, shown: Record<string, unknown>): void => {
    emit(ctx, { id: input.id, shown });
    const { topic, partition, offset } = ctx.record;
    after(`${input.id}, ${topic}-${partition}@${offset}`, ctx);
  };
  const now = (input: Input, ctx: Context): void => {
    const shown: Record<string, unknown> = {};
    for (const { name, work } of features) shown[name] = work?.(input, ctx);
    finish(input, ctx, shown);
  };
  const later = async (input: Input, ctx: Context): Promise<void> => {
    const shown: Record<string, unknown> = {};
    for (const [i, { name, work }] of features.entries()) {
      if ((input.amount + i) % 4 === 0) await wait?.();
      shown[name] = work?.(input, ctx);
    }
    if (input.amount % 3 === 0) await wait?.();
    finish(input, ctx, shown);
  };
  const onTimer = Object.fromEntries(
    features
      .flatMap((feature) => Object.entries(feature.onTimer ?? {}).map(([name, fire]) => ({ feature, name, fire })))
      .map(({ feature, name, fire }) => {
        const fires: typeof fire = (timer, ctx) => {
          const shown = fire(timer, ctx);
          emit(ctx as Context, { id: -1, by: feature.name, shown: { [feature.name]: shown } });
          after(`timer ${name} of ${timer.time}`, ctx);
        };
        const firesLater = async (...call: Parameters<typeof fire>): Promise<void> => {
          await wait?.();
          fires(...call);
        };
        return [name, wait === undefined ? fires : firesLater];
      }),
  );
  const handler = wait === undefined ? now : later;
  const declared: Job['declaration']['inputs'] = {
    in: { topic: inputs, as: 'stream', outOfOrderness: 5, idleAfter: IDLE_AFTER },
    ...all('inputs'),
  };
  return createJob<{ key: string; handlers: object }>(
    {
      name: GROUP,
      key: utf8,
      inputs: declared,
      outputs: { out: outputs, ...all('outputs') },
      state: { ...all('state'), ...(keepsHistory ? HISTORY_STATE : {}) },
      timers: features.flatMap(({ declares }) => declares.timers ?? []),
      guarantee,
      commitOffsets,
      checkpointInterval: 5,
      discovery: 25,
      autoCommitInterval: 5,
      concurrency,
      concurrentCheckpoints,
      onError: all('onError'),
    },
    {
      ...Object.fromEntries(Object.keys(declared).map((input) => [input, handler])),
      onTimer,
      onError: Object.assign({}, ...features.map(({ onError }) => onError)),
    },
  );
}
