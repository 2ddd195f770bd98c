import type { EmitValue, Job, JobContext, JobHooks, KeyedTopic, Table, ValueState } from '@kgen/runtime';
import { createJob, murmur2, topic, utf8 } from '@kgen/runtime/codegen/v1';
import { Count } from './codecs.ts';

export interface Order {
  readonly customer: string;
  readonly amount: number;
}

/** `customer amount` as text. */
const orderFormat = {
  name: 'order',
  read(reader: Parameters<typeof utf8.read>[0]): Order {
    const [customer = '', amount] = utf8.read(reader).split(' ');
    if (amount === undefined) throw new Error('not an order');
    return { customer, amount: Number(amount) };
  },
  write(writer: Parameters<typeof utf8.write>[0], { customer, amount }: Order): void {
    utf8.write(writer, `${customer} ${amount}`);
  },
};

export const orders: KeyedTopic<string, Order, 'orders'> = topic({
  id: 'orders',
  names: ['orders'],
  key: utf8,
  value: orderFormat,
  keyFrom: (value: Order) => value.customer,
  partitioner: murmur2,
});

export const names: KeyedTopic<string, string, 'names', null> = topic({
  id: 'names',
  tombstones: true,
  names: ['names'],
  key: utf8,
  value: utf8,
  keyFrom: (value: string) => value.slice(0, 1),
  partitioner: murmur2,
});

export interface Total extends Count {
  readonly customer: string;
  readonly name: string;
}

/** The total so far, as JSON. */
export const totals: KeyedTopic<string, Total, 'totals'> = topic({
  id: 'totals',
  names: ['totals'],
  key: utf8,
  value: {
    name: 'total',
    read: (reader: Parameters<typeof utf8.read>[0]) => JSON.parse(utf8.read(reader)) as Total,
    write: (writer: Parameters<typeof utf8.write>[0], value: Total) => utf8.write(writer, JSON.stringify(value)),
  },
  keyFrom: (value: Total) => value.customer,
  partitioner: murmur2,
});

export interface CountHandlers extends JobHooks {
  readonly orders: (order: Order, ctx: CountContext) => void | Promise<void>;
}

export interface CountContext extends JobContext<string> {
  readonly state: { readonly total: ValueState<Count> };
  readonly tables: { readonly names: Table<string, string> };
  readonly emit: { readonly totals: EmitValue<Total> };
}

export type CountJob = Job<{ key: string; handlers: CountHandlers }>;

export function countJob(handlers: CountHandlers, checkpointInterval = 1, handlerTimeout?: number): CountJob {
  return createJob(
    {
      name: 'count',
      key: utf8,
      inputs: {
        orders: { topic: orders, as: 'stream', outOfOrderness: 0 },
        names: { topic: names, as: 'table', outOfOrderness: 0 },
      },
      outputs: { totals },
      state: { total: { kind: 'value', value: Count } },
      guarantee: 'exactly-once',
      checkpointInterval,
      handlerTimeout,
    },
    handlers,
  );
}

/** Counts and sums by customer, and emits each step. */
export function countOrder(order: Order, ctx: CountContext): void {
  const before = ctx.state.total.get() ?? { count: 0, sum: 0 };
  const after = { count: before.count + 1, sum: before.sum + order.amount };
  ctx.state.total.set(after);
  ctx.emit.totals({ customer: ctx.key, name: ctx.tables.names.get() ?? '', ...after });
}
