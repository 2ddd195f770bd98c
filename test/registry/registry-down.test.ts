import { isJobError, run, start } from '@kgen/runtime';
import { type MemoryLog, memoryLog } from '@kgen/runtime/memory';
import { schemaRegistry } from '@kgen/runtime/registry';
import { describe, expect, test } from 'vitest';
import { interpretedCodec } from '../support/interpreted-codec.ts';
import { fakeRegistry, json, refusal, silent } from './fake-registry.ts';
import { customer, holding, Order, orderJob, orderTopics, written } from './order-job.ts';

/** A registry takes its time where the machine is busy. */
const PATIENCE = { timeout: 20_000, interval: 5 };

const KNOWN = 1;
const NEWER = 2;
const RESTART = { strategy: 'fixed-delay', delay: 1, attempts: 3 } as const;
const topics = orderTopics({ orders: { id: KNOWN } });

function logOf(...ids: readonly number[]): MemoryLog {
  const log = memoryLog({ topics: { orders: 1, customers: 1, copies: 1 } });
  log.produce(ids.map((id, i) => written('orders', 'a', id, Order.encode({ id: i, note: '' }))));
  return log;
}

describe('a registry that does not answer', () => {
  test('is asked again as often as the restart strategy says; then the job fails', async () => {
    const registry = await fakeRegistry(refusal(503, 'busy'));
    const seen: number[] = [];
    const job = orderJob(topics, ({ id }) => void seen.push(id));
    const options = {
      registry: schemaRegistry({ url: registry.url, retries: 0 }),
      restart: RESTART,
      logger: false,
    } as const;
    const failed = await run(job, { log: logOf(KNOWN, NEWER, KNOWN), until: 'latest', ...options }).catch(
      (error) => error,
    );
    expect(failed).toMatchObject({ code: 'JOB_REGISTRY_FAILED', topic: 'orders', partition: 0, offset: 1n });
    expect(failed.message).toContain('orders-0 at offset 1: schema id 2 cannot be fetched: Schema Registry');
    expect(failed.message).toContain('3 restarts did not help');
    expect(registry.requests).toHaveLength(4);
    // What lies before the record is committed in the end, and nothing behind it is read.
    expect(new Set(seen)).toEqual(new Set([0]));
    await registry.stop();
  });

  test('lets a job go on whose ids are all known', async () => {
    const registry = await fakeRegistry(silent);
    const { metrics } = await run(
      orderJob(topics, () => undefined),
      {
        log: logOf(KNOWN, KNOWN),
        until: 'latest',
        registry: schemaRegistry({ url: registry.url }),
        logger: false,
      },
    );
    expect(metrics.records).toBe(2);
    expect(registry.requests).toEqual([]);
    await registry.stop();
  });

  test('and comes back, finds the job waiting', async () => {
    const registry = await fakeRegistry(refusal(503, 'busy'), refusal(503, 'busy'), holding);
    const seen: number[] = [];
    const { metrics } = await run(
      orderJob(topics, ({ id }) => void seen.push(id)),
      {
        log: logOf(NEWER, NEWER),
        until: 'latest',
        registry: schemaRegistry({ url: registry.url, retries: 0 }),
        restart: RESTART,
        logger: false,
      },
    );
    expect(seen).toEqual([0, 1]);
    expect(metrics).toMatchObject({ records: 2, restarts: 2, schemasFetched: 1 });
    await registry.stop();
  });

  test('does not hold up checkpoints, nor who stops the job', async () => {
    const registry = await fakeRegistry(silent);
    const running = start(
      orderJob(topics, () => undefined),
      {
        log: logOf(KNOWN, NEWER),
        registry: schemaRegistry({ url: registry.url, timeout: 60_000 }),
        logger: false,
      },
    );
    await expect.poll(() => running.metrics().records === 1, PATIENCE).toBe(true);
    await expect.poll(() => registry.requests.length === 1, PATIENCE).toBe(true);
    expect(await running.stop()).toMatchObject({ reason: 'stopped', metrics: { records: 1 } });
    await registry.stop();
  });

  test('does not keep a job from being stopped that asks for ids of its outputs when it starts', async () => {
    const registry = await fakeRegistry(silent);
    const elsewhere = { urls: ['https://staging.example'], subjects: [['copies-value']] };
    const running = start(
      orderJob(orderTopics({ orders: { id: KNOWN }, copies: { registry: elsewhere } }), () => undefined),
      { log: logOf(KNOWN), registry: schemaRegistry({ url: registry.url, timeout: 60_000 }), logger: false },
    );
    await expect.poll(() => registry.requests.length, PATIENCE).toBe(1);
    expect(await running.stop()).toMatchObject({ reason: 'stopped', metrics: { records: 0 } });
    await registry.stop();
  });

  test.each([
    ['does not let the job in', refusal(401, 'who?'), 'Check its `auth`'],
    ['is none', (_: unknown, response: { end(text: string): void }) => response.end('<html>'), 'Check its `url`'],
  ] as const)('one that %s ends the job at once', async (_, answer, advice) => {
    const registry = await fakeRegistry(answer);
    const job = orderJob(topics, () => undefined);
    const options = { registry: schemaRegistry({ url: registry.url }), restart: RESTART, logger: false } as const;
    const failed = await run(job, { log: logOf(NEWER), until: 'latest', ...options }).catch((error) => error);
    expect(isJobError(failed, 'JOB_REGISTRY_FAILED')).toBe(true);
    expect(failed.message).toContain(advice);
    expect(registry.requests).toHaveLength(1);
    await registry.stop();
  });
});

test.each(['ftp://here', ''])('a URL that is none: %s', async (url) => {
  const registry = schemaRegistry({ url });
  const failed = run(
    orderJob(topics, () => undefined),
    { log: logOf(), until: 'latest', registry, logger: false },
  );
  await expect(failed).rejects.toMatchObject({ code: 'JOB_OPTIONS' });
});

test('what is no registry, but its options, is told what it is to be', async () => {
  const registry = { url: 'http://127.0.0.1:1' } as never;
  const failed = run(
    orderJob(topics, () => undefined),
    { log: logOf(), until: 'latest', registry, logger: false },
  );
  await expect(failed).rejects.toMatchObject({
    code: 'JOB_OPTIONS',
    message: expect.stringContaining('schemaRegistry({ url }) of @kgen/runtime/registry'),
  });
});

test('a row that was skipped while the registry was away is there once it is back, when somebody has asked for it', async () => {
  let away = true;
  const registry = await fakeRegistry((request, response) => {
    const there = request.path.endsWith('/versions')
      ? [{ subject: 'customers-value', version: 2 }]
      : { schema: customer({ name: 'city', type: 'string', default: '' }) };
    (away ? refusal(503, 'busy') : json(there))(request, response);
  });
  const log = memoryLog({ topics: { orders: 1, customers: 1, copies: 1 } });
  const row = interpretedCodec<object>(customer({ name: 'city', type: 'string', default: '' }));
  log.produce([written('customers', 'a', NEWER, row.encode({ name: 'Ann', city: 'Rome' }))]);
  const seen: unknown[] = [];
  const job = orderJob(topics, (_, ctx) => void seen.push(ctx.tables.customers.get('a')));
  const asked = schemaRegistry({ url: registry.url, retries: 0 });
  const running = start(job, { log, registry: asked, onError: { decode: 'skip' }, restart: RESTART, logger: false });
  await expect.poll(() => running.metrics().skippedRows, PATIENCE).toBe(1);
  const order = written('orders', 'a', KNOWN, Order.encode({ id: 1, note: '' }));
  log.produce([order]);
  await expect.poll(() => running.metrics().skipped, PATIENCE).toBe(1);
  away = false;
  await expect
    .poll(() => {
      if (seen.length === 0) log.produce([order]);
      return seen;
    }, PATIENCE)
    .toContainEqual({ name: 'Ann' });
  const { metrics } = await running.stop();
  expect(metrics).toMatchObject({ restarts: 0, skippedRows: 1, schemasFetched: 1 });
  await registry.stop();
});
