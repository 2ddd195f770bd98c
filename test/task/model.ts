import type { MemoryLog } from '@kgen/runtime/memory';
import { type Order, orders, type Total, totals } from './count-job.ts';

/** What the count job must have emitted: computed from the input alone, one order after the other. */
export function expectedTotals(log: MemoryLog, topic = 'orders'): Map<string, Total[]> {
  const expected = new Map<string, Total[]>();
  for (const record of log.records(topic)) {
    const { customer, amount } = orders.deserialize(record).value as Order;
    const own = expected.get(customer) ?? [];
    const last = own.at(-1) ?? { count: 0, sum: 0 };
    own.push({ customer, name: '', count: last.count + 1, sum: last.sum + amount });
    expected.set(customer, own);
  }
  return expected;
}

/** What a reader of committed records sees, by key. */
export function emittedTotals(log: MemoryLog, topic = 'totals'): Map<string, Total[]> {
  const emitted = new Map<string, Total[]>();
  for (const record of log.records(topic)) {
    const { key, value } = totals.deserialize(record);
    const own = emitted.get(String(key)) ?? [];
    own.push(value as Total);
    emitted.set(String(key), own);
  }
  return emitted;
}

/** Orders of a few customers, which a seed decides. */
export function someOrders(count: number, seed: number): Order[] {
  let random = seed;
  const next = (below: number): number => {
    random = (Math.imul(random, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((random / 2 ** 32) * below);
  };
  return Array.from({ length: count }, () => ({ customer: `c${next(5)}`, amount: next(100) }));
}
