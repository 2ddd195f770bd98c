import type {
  EmitValue,
  Job,
  JobContext,
  JobHooks,
  KeyContext,
  KeyedTopic,
  ListState,
  MapState,
  Timers,
  ValueState,
} from '@kgen/runtime';
import { createJob, utf8 } from '@kgen/runtime/codegen/v1';
import { Count, Int, Text } from '../task/codecs.ts';
import { type Order, orders, type Total, totals } from '../task/count-job.ts';

// A job with state of every kind: a sum, the last amounts, how often each amount was seen, and a timer.

export interface CartContext extends KeyContext<string> {
  readonly state: {
    readonly total: ValueState<Count>;
    readonly amounts: ListState<string>;
    readonly seen: MapState<string, number>;
  };
  readonly emit: { readonly totals: EmitValue<Total> };
  readonly timers: Timers<'idle'>;
}

export interface CartHandlers extends JobHooks {
  readonly orders: (order: Order, ctx: CartContext & JobContext<string>) => void | Promise<void>;
  readonly onTimer: { readonly idle: (timer: { readonly time: number }, ctx: CartContext) => void };
}

export type CartJob = Job<{ key: string; handlers: CartHandlers }>;

export function cartJob(name = 'cart', changes: object = {}): CartJob {
  return createJob(
    {
      name,
      key: utf8,
      inputs: { orders: { topic: orders as KeyedTopic<string, Order>, as: 'stream', outOfOrderness: 0 } },
      outputs: { totals },
      state: {
        total: { kind: 'value', value: Count },
        amounts: { kind: 'list', value: Text },
        seen: { kind: 'map', key: Text, value: Int },
      },
      timers: ['idle'],
      guarantee: 'exactly-once',
      checkpointInterval: 10,
      ...changes,
    },
    {
      orders({ amount }, ctx) {
        const { total, amounts, seen } = ctx.state;
        const before = total.get() ?? { count: 0, sum: 0 };
        const after = { count: before.count + 1, sum: before.sum + amount };
        total.set(after);
        if (amounts.length >= 3) amounts.set(amounts.get().slice(1));
        amounts.append(String(amount));
        if (amount % 7 === 0) seen.clear();
        seen.set(String(amount), (seen.get(String(amount)) ?? 0) + 1);
        ctx.timers.set('idle', { processingTime: BigInt(Date.UTC(2100, 0, 1)) });
        ctx.emit.totals({ customer: ctx.key, name: [...amounts.get(), seen.size].join(), ...after });
      },
      onTimer: { idle: () => undefined },
    },
  );
}
