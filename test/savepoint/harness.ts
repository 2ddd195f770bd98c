import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '@kgen/runtime';
import { type MemoryLog, memoryLog } from '@kgen/runtime/memory';
import { afterAll } from 'vitest';
import { type Order, orders, type Total, totals } from '../task/count-job.ts';
import { someOrders } from '../task/model.ts';

/** Names of files in a folder that goes when the tests are over. */
export function files(): { readonly folder: string; next(): string } {
  const folder = mkdtempSync(join(tmpdir(), 'kgen-savepoint-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  let count = 0;
  return { folder, next: () => join(folder, `${++count}.avro`) };
}

/** Topics of the cart job, and so many orders. */
export function cartLog(count: number, partitions = 2, clock?: Clock): MemoryLog {
  const log = memoryLog({ clock, topics: { orders: partitions, totals: 1, copies: 1 } });
  more(log, count, 1);
  return log;
}

export function more(log: MemoryLog, count: number, seed: number): void {
  produce(log, someOrders(count, seed));
}

export function produce(log: MemoryLog, list: readonly Order[]): void {
  log.produce(list.map((order) => orders.serializeValue(order)));
}

/** All totals in a topic, as text. */
export function emitted(log: MemoryLog, topic: string): string[] {
  return Array.from(log.records(topic), (record) => JSON.stringify(totals.deserialize(record).value as Total));
}

export const quiet = { until: 'latest', logger: false } as const;
