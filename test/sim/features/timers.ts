import type { JobContext, ValueState } from '@kgen/runtime';
import avsc from 'avsc';
import { Int } from '../../task/codecs.ts';
import type { ChangelogState } from '../changelog-state.ts';
import type { Feature, Input, Model } from './feature.ts';

const NAMES = ['soon', 'later'] as const;

type Name = (typeof NAMES)[number];

interface Timers {
  set(name: Name, at: { readonly after: number } | { readonly eventTime: bigint }): void;
  get(name: Name): { readonly time: bigint } | undefined;
  clear(name: Name): void;
}

interface Context extends JobContext<string> {
  readonly timers: Timers;
  readonly state: { readonly fired: ValueState<number> };
}

/** What a call for an input shows: when its key's timers are due, if they are set. */
interface Seen {
  readonly soon: number | null;
  readonly later: number | null;
  /** Null before anything is known of event time. */
  readonly watermark: number | null;
}

/** What a call for a timer shows. */
interface Fired {
  readonly name: Name;
  readonly time: number;
  /** How many have fired of its key. */
  readonly count: number;
  readonly watermark: number | null;
}

/** Timers by the clock and by event time: set, set again, cleared, and each fired once. */
export const timers: Feature = {
  name: 'timers',
  declares: { state: { fired: { kind: 'value', value: Int } }, timers: NAMES },
  onTimer: { soon: fire, later: fire },
  work(input, ctx: Context): Seen {
    const { timers } = ctx;
    if (input.amount % 6 < 2) timers.set('soon', { after: 1 + input.amount });
    else if (input.amount % 6 === 2) timers.set('later', { eventTime: ctx.record.timestamp + BigInt(input.amount) });
    else if (input.amount % 6 === 3) for (const name of NAMES) timers.clear(name);
    const [soon, later] = NAMES.map((name) => numberOf(timers.get(name)?.time));
    return { soon: soon ?? null, later: later ?? null, watermark: watermarkOf(ctx) };
  },
  model: ({ changelog }) => exactlyOnce(changelog),
};

function fire({ name, time }: { readonly name: string; readonly time: bigint }, ctx: JobContext<string>): Fired {
  const { state } = ctx as Context;
  const count = (state.fired.get() ?? 0) + 1;
  state.fired.set(count);
  return { name: name as Name, time: Number(time), count, watermark: watermarkOf(ctx) };
}

interface Known {
  soon: number | null;
  later: number | null;
  count: number;
  watermark: number;
}

/** I9: each timer that is due fires once, at its time, with what it does to state; watermarks never go back. */
function exactlyOnce(changelog: ChangelogState | undefined): Model {
  const known = new Map<string, Known>();
  const of = (key: string): Known => {
    let own = known.get(key);
    if (own === undefined) {
      own = { soon: null, later: null, count: 0, watermark: Number.NEGATIVE_INFINITY };
      known.set(key, own);
    }
    return own;
  };
  const advance = (own: { watermark: number }, { watermark }: Seen | Fired): string | undefined => {
    const before = own.watermark;
    own.watermark = watermark ?? Number.NEGATIVE_INFINITY;
    return own.watermark < before ? `the watermark went back from ${before} to ${own.watermark}` : undefined;
  };
  return {
    call({ key, amount }: Input, seen) {
      const own = of(key);
      const { soon, later } = seen as Seen;
      const set = amount % 6;
      if (set < 2 ? soon === null : soon !== (set === 3 ? null : own.soon))
        return `soon is due at ${soon}, not ${own.soon}`;
      if (set === 2 ? later === null : later !== (set === 3 ? null : own.later))
        return `later is due at ${later}, not ${own.later}`;
      Object.assign(own, { soon, later });
      return advance(own, seen as Seen);
    },
    own(key, seen) {
      const own = of(key);
      const { name, time, count, watermark } = seen as Fired;
      if (own[name] === null) return { name: 'doubled', what: `timer ${name} of ${time} fired, and was not set` };
      if (own[name] !== time)
        return { name: 'wrong-state', what: `timer ${name} fired for ${time}, and was due at ${own[name]}` };
      if (name === 'later' && !((watermark ?? Number.NEGATIVE_INFINITY) >= time)) {
        return { name: 'wrong-state', what: `timer ${name} of ${time} fired at watermark ${watermark}` };
      }
      own[name] = null;
      own.count++;
      if (count !== own.count) return { name: 'wrong-state', what: `${count} timers had fired, not ${own.count}` };
      const what = advance(own, seen as Fired);
      return what === undefined ? undefined : { name: 'wrong-state', what };
    },
    end() {
      for (const [key, { soon, later }] of known) {
        if (soon !== null || later !== null)
          return { name: 'lost', what: `of ${key} timers never fired: ${soon}, ${later}` };
      }
      const counts = Array.from(known, ([key, { count }]) => [key, count] as const).filter(([, count]) => count > 0);
      return changelog?.differs('fired', 'value', { value: avsc.Type.forSchema('int') }, new Map(counts));
    },
  };
}

function watermarkOf({ watermark }: JobContext<string>): number | null {
  return watermark === -(2n ** 63n) ? null : Number(watermark);
}

function numberOf(time: bigint | undefined): number | null {
  return time === undefined ? null : Number(time);
}
