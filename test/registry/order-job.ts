import type {
  EmitValue,
  Format,
  Job,
  JobContext,
  JobHooks,
  KeyedTopic,
  RecordCodec,
  RegisteredPart,
  Table,
} from '@kgen/runtime';
import { confluent, createJob, murmur2, topic, utf8 } from '@kgen/runtime/codegen/v1';
import { interpretedCodec } from '../support/interpreted-codec.ts';
import { type FakeAnswer, json } from './fake-registry.ts';

export const ID = { name: 'id', type: 'int' };
export const NOTE = { name: 'note', type: 'string', default: 'none' };

export function order(...fields: readonly object[]): string {
  return JSON.stringify({ type: 'record', name: 'shop.Order', fields });
}

export function customer(...more: readonly object[]): string {
  return JSON.stringify({ type: 'record', name: 'shop.Customer', fields: [{ name: 'name', type: 'string' }, ...more] });
}

/** Answers as a registry would that has the schema of orders under whichever id. */
export const holding: FakeAnswer = (request, response) => {
  const answer = request.path.endsWith('/versions')
    ? [{ subject: 'orders-value', version: 2 }]
    : { schema: order(ID, NOTE) };
  json(answer)(request, response);
};

export interface Order {
  readonly id: number;
  readonly note: string;
}

export const Order: RecordCodec<Order> = interpretedCodec<Order>(order(ID, NOTE));
export const Customer: RecordCodec<{ name: string }> = interpretedCodec<{ name: string }>(customer());

export interface Known {
  readonly id?: number | undefined;
  readonly writers?: { readonly [id: number]: string };
  readonly registry?: RegisteredPart;
}

function valueFormat<T>(codec: RecordCodec<T>, { id, writers, registry }: Known): Format<T> {
  const pulled = registry === undefined ? undefined : () => registry;
  return confluent(() => codec, { id, writers, registry: pulled });
}

export interface OrderHandlers extends JobHooks {
  readonly orders: (order: Order, ctx: OrderContext) => void | Promise<void>;
}

export interface OrderContext extends JobContext<string> {
  readonly tables: { readonly customers: Table<string, { name: string }> };
  readonly emit: { readonly copies: EmitValue<Order> };
}

export interface OrderTopics {
  readonly orders: KeyedTopic<string, Order, 'orders'>;
  readonly customers: KeyedTopic<string, { name: string }, 'customers'>;
  readonly copies: KeyedTopic<string, Order, 'copies'>;
}

/** `orders` with a table of customers, copied to `copies`. */
export function orderTopics(known: { readonly [N in keyof OrderTopics]?: Known }): OrderTopics {
  const keyFrom = ({ id }: Order): string => String(id);
  const common = { key: utf8, partitioner: murmur2 };
  return {
    orders: topic({
      ...common,
      id: 'orders',
      names: ['orders'],
      value: valueFormat(Order, known.orders ?? {}),
      keyFrom,
    }),
    customers: topic({
      ...common,
      id: 'customers',
      names: ['customers'],
      value: valueFormat(Customer, known.customers ?? {}),
      keyFrom: ({ name }: { name: string }) => name,
    }),
    copies: topic({
      ...common,
      id: 'copies',
      names: ['copies'],
      value: valueFormat(Order, known.copies ?? {}),
      keyFrom,
    }),
  };
}

export function orderJob(
  { orders, customers, copies }: OrderTopics,
  handler: OrderHandlers['orders'],
  concurrency?: number,
): Job<{ key: string; handlers: OrderHandlers }> {
  return createJob(
    {
      name: 'copy',
      key: utf8,
      inputs: {
        orders: { topic: orders, as: 'stream', outOfOrderness: 0 },
        customers: { topic: customers, as: 'table', outOfOrderness: 0 },
      },
      outputs: { copies },
      state: {},
      guarantee: 'exactly-once',
      checkpointInterval: 1,
      concurrency,
    },
    { orders: handler },
  );
}

/** A record as a producer writes it whose schema has this id. */
export function written(
  topicName: 'orders' | 'customers',
  key: string,
  id: number,
  body: Uint8Array,
  partition?: number,
): { topic: string; key: Uint8Array; value: Uint8Array; partition?: number } {
  const value = Buffer.alloc(5 + body.length);
  value.writeUInt32BE(id, 1);
  value.set(body, 5);
  return { topic: topicName, key: Buffer.from(key), value, ...(partition === undefined ? {} : { partition }) };
}
