import { type ErrorPolicies, type Job, run } from '@kgen/runtime';
import { type MemoryLog, memoryLog } from '@kgen/runtime/memory';
import { schemaRegistry } from '@kgen/runtime/registry';
import { describe, expect, test } from 'vitest';
import { orderJob, orderTopics, written } from './order-job.ts';

// What becomes of records whose schema nobody gives: the registry is at fault, or the record is.

/** Nobody listens there. */
const AWAY_URL = 'http://127.0.0.1:1';
const AWAY = schemaRegistry({ url: AWAY_URL, retries: 0 });
const OURS = 4;
const UNKNOWN = 5;

function logOf(): MemoryLog {
  const log = memoryLog({ topics: { orders: 1, customers: 1, copies: 1, dead: 1 } });
  log.produce([written('orders', 'a', UNKNOWN, Uint8Array.of(2)), written('orders', 'a', OURS, Uint8Array.of(2, 0))]);
  return log;
}

function job(onError: ErrorPolicies, concurrency: number, decide?: (code: string) => unknown): Job {
  const registry = { urls: [AWAY_URL], subjects: [['orders-value']] };
  const { declaration, handlers } = orderJob(
    orderTopics({ orders: { id: OURS, registry } }),
    () => undefined,
    concurrency,
  );
  const deciding = { decode: ({ code }: { readonly code: string }) => decide?.(code) };
  return { declaration: { ...declaration, onError }, handlers: { ...handlers, onError: deciding } };
}

const options = { until: 'latest', logger: false, restart: { strategy: 'none' } } as const;

describe.each([1, 4])('with %i calls at once', (concurrency) => {
  test.each(['skip', { deadLetter: 'dead' }] as const)(
    'a registry that does not answer is no fault of the record: %j does not hold',
    async (decode) => {
      const log = logOf();
      const failing = run(job({ decode }, concurrency), { ...options, log, registry: AWAY });
      await expect(failing).rejects.toMatchObject({ code: 'JOB_REGISTRY_FAILED', topic: 'orders', offset: 0n });
      expect([...log.records('dead')]).toEqual([]);
    },
  );

  test('but a function may decide to go on without it', async () => {
    const codes: string[] = [];
    const decided = job({}, concurrency, (code) => {
      codes.push(code);
      return code === 'JOB_REGISTRY_FAILED' ? 'skip' : undefined;
    });
    const { metrics } = await run(decided, { ...options, log: logOf(), registry: AWAY });
    expect(metrics).toMatchObject({ records: 1, skipped: 1 });
    expect(codes).toEqual(['JOB_REGISTRY_FAILED']);
  });

  test('an id that is not known, where nobody is to be asked, is the record’s', async () => {
    const registry = schemaRegistry({ url: AWAY_URL, retries: 0, unknownSchema: 'fail' });
    const log = logOf();
    const { metrics } = await run(job({ decode: { deadLetter: 'dead' } }, concurrency), { ...options, log, registry });
    expect(metrics).toMatchObject({ records: 1, deadLetters: 1 });
    const [letter] = log.records('dead');
    expect(letter?.value).toEqual(new Uint8Array(written('orders', 'a', UNKNOWN, Uint8Array.of(2)).value));
  });
});

test.each(['at-least-once', 'none'] as const)('dead letters go as outputs do with guarantee %s', async (guarantee) => {
  const registry = schemaRegistry({ url: AWAY_URL, retries: 0, unknownSchema: 'fail' });
  const log = logOf();
  const onError = { decode: { deadLetter: 'dead' } };
  const { metrics } = await run(job(onError, 1), { ...options, guarantee, log, registry });
  expect(metrics).toMatchObject({ records: 1, deadLetters: 1 });
  expect([...log.records('dead')]).toHaveLength(1);
});
