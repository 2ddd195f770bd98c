import type {
  EmitKeyed,
  Job,
  JobContext,
  KeyContext,
  KeyedTopic,
  TimerHandler,
  Timers,
  Topic,
  ValueState,
  WatermarkOf,
} from '@kgen/runtime';
import { createJob, murmur2, topic, utf8 } from '@kgen/runtime/codegen/v1';
import type { MemoryLog } from '@kgen/runtime/memory';
import { Count } from './codecs.ts';

/** Something that happens to `key` at `at`. */
export interface Event {
  readonly key: string;
  readonly at: number;
  readonly note: string;
}

/** `key at note` as text. */
const eventFormat = {
  name: 'event',
  read(reader: Parameters<typeof utf8.read>[0]): Event {
    const [key = '', at, note = ''] = utf8.read(reader).split(' ');
    return { key, at: Number(at), note };
  },
  write(writer: Parameters<typeof utf8.write>[0], { key, at, note }: Event): void {
    utf8.write(writer, `${key} ${at} ${note}`);
  },
};

function eventTopic<N extends string>(name: N): KeyedTopic<string, Event, N> {
  return topic({
    id: name,
    names: [name],
    key: utf8,
    value: eventFormat,
    keyFrom: (value: Event) => value.key,
    timestampFrom: (value: Event) => BigInt(value.at),
    partitioner: murmur2,
  });
}

export const clicks: KeyedTopic<string, Event, 'clicks'> = eventTopic('clicks');
export const views: KeyedTopic<string, Event, 'views'> = eventTopic('views');
export const notes: Topic<string, string, 'notes'> = topic({
  id: 'notes',
  names: ['notes'],
  key: utf8,
  value: utf8,
  partitioner: murmur2,
});

export type TimerName = 'close' | 'remind';

export interface TimerContext extends KeyContext<string> {
  readonly state: { readonly total: ValueState<Count> };
  readonly emit: { readonly notes: EmitKeyed<string, string> };
  readonly timers: Timers<TimerName>;
}

export interface EventContext extends TimerContext, JobContext<string> {}

export interface TimerJobHandlers {
  readonly clicks: (event: Event, ctx: EventContext) => void | Promise<void>;
  readonly views?: (event: Event, ctx: EventContext) => void | Promise<void>;
  readonly onTimer: { readonly [N in TimerName]?: TimerHandler<N, TimerContext> };
  readonly watermarks?: { readonly clicks?: WatermarkOf<Event>; readonly views?: WatermarkOf<Event> };
}

export interface TimerJobOptions {
  readonly outOfOrderness?: number;
  readonly idleAfter?: number;
  /** Has `views` as its second input. */
  readonly views?: boolean;
}

/** A job with timers `close` and `remind`. What has no handler here does nothing. */
export function timerJob(handlers: TimerJobHandlers, options: TimerJobOptions = {}): Job {
  const { outOfOrderness = 0, idleAfter = 1000, views: withViews = false } = options;
  const nothing = (): void => undefined;
  const { onTimer } = handlers;
  return createJob<{ key: string; topics: object; state: object; handlers: object }>(
    {
      name: 'timed',
      key: utf8,
      inputs: {
        clicks: { topic: clicks, as: 'stream', outOfOrderness, idleAfter },
        ...(withViews ? { views: { topic: views, as: 'stream', outOfOrderness, idleAfter } as const } : {}),
      },
      outputs: { notes },
      state: { total: { kind: 'value', value: Count } },
      timers: ['close', 'remind'],
      guarantee: 'exactly-once',
      checkpointInterval: 1,
    },
    {
      ...handlers,
      views: handlers.views ?? nothing,
      onTimer: { close: onTimer.close ?? nothing, remind: onTimer.remind ?? nothing },
    },
  );
}

/** Produces `key at note`. */
export function happen(log: MemoryLog, to: typeof clicks | typeof views, ...events: readonly string[]): void {
  log.produce(
    events.map((text) => {
      const [key = '', at, note = ''] = text.split(' ');
      return to.serializeValue({ key, at: Number(at), note });
    }),
  );
}

/** What was emitted and committed, in order: `key: note @timestamp`. */
export function noted(log: MemoryLog): string[] {
  return [...log.records('notes')].map((record) => {
    const { key, value } = notes.deserialize(record);
    return `${key}: ${value} @${record.timestamp}`;
  });
}
