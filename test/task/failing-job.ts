import {
  type ErrorPolicies,
  type Job,
  type JobShape,
  type OnError,
  type RawRecord,
  type RunOptions,
  type RunResult,
  run,
} from '@kgen/runtime';
import { createJob, utf8 } from '@kgen/runtime/codegen/v1';
import { type MemoryLog, memoryLog } from '@kgen/runtime/memory';
import type { ProducedRecord } from '../../runtime/src/log/memory/produced-record.ts';
import { Count } from './codecs.ts';
import { type CountContext, type CountHandlers, names, type Order, orders, totals } from './count-job.ts';

export interface FailingShape extends JobShape {
  readonly key: string;
  readonly handlers: CountHandlers & {
    readonly onError?: OnError<{
      key: string;
      streams: { orders: Order };
      tables: 'names';
      deadLetters: 'dead';
    }>;
  };
}

export interface FailingOptions {
  readonly onError?: ErrorPolicies;
  readonly concurrency?: number;
}

/** The count job with a policy for records that fail. */
export function failingJob(handlers: FailingShape['handlers'], options: FailingOptions = {}): Job<FailingShape> {
  return createJob<FailingShape>(
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
      checkpointInterval: 1,
      ...options,
    },
    handlers,
  );
}

export const bad = (text: string): Uint8Array => Buffer.from(text);

export function logWith(records: Iterable<ProducedRecord>, maxMessageBytes?: number): MemoryLog {
  const log = memoryLog({ maxMessageBytes, topics: { orders: 1, names: 1, totals: 1, dead: 2 } });
  log.produce(records);
  return log;
}

export function order(customer: string, amount: number): ReturnType<typeof orders.serializeValue> {
  return orders.serializeValue({ customer, amount });
}

export function runOn(log: MemoryLog, job: Job<FailingShape>, options: Partial<RunOptions> = {}): Promise<RunResult> {
  return run(job, { log, until: 'latest', logger: false, ...options });
}

export function emitted(log: MemoryLog): readonly unknown[] {
  return Array.from(log.records('totals'), (record) => totals.deserialize(record).value);
}

export interface Letter extends Pick<RawRecord, 'partition'> {
  readonly key: string | null;
  readonly value: string | null;
  readonly headers: { readonly [name: string]: string };
}

/** Dead letters as people read them. */
export function letters(log: MemoryLog): readonly Letter[] {
  const text = (bytes: Uint8Array | null): string | null => (bytes === null ? null : Buffer.from(bytes).toString());
  return Array.from(log.records('dead'), ({ key, value, partition, headers }) => ({
    partition,
    key: text(key),
    value: text(value),
    headers: Object.fromEntries(headers.map(([name, bytes]) => [name, text(bytes) ?? ''])),
  }));
}

export type { CountContext, Order };
