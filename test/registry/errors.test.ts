import { type ErrorPolicies, type Job, type JobLog, readDeadLetter, run } from '@kgen/runtime';
import { type MemoryLog, memoryLog } from '@kgen/runtime/memory';
import { schemaRegistry } from '@kgen/runtime/registry';
import { describe, expect, test } from 'vitest';
import { fakeRegistry, refusal } from './fake-registry.ts';
import { holding, orderJob, orderTopics, written } from './order-job.ts';

// What becomes of records whose schema nobody gives: the registry is at fault, or the record is.

/** Nobody listens there. */
const AWAY_URL = 'http://127.0.0.1:1';
const AWAY = schemaRegistry({ url: AWAY_URL, retries: 0 });
const ignored = (): void => undefined;
const quiet: JobLog = { debug: ignored, info: ignored, warn: ignored, error: ignored };
const OURS = 4;
const UNKNOWN = 5;

function logOf(): MemoryLog {
  const log = memoryLog({ topics: { orders: 1, customers: 1, copies: 1, dead: 1 } });
  log.produce([
    written('orders', 'a', UNKNOWN, Uint8Array.of(2, 0)),
    written('orders', 'a', OURS, Uint8Array.of(2, 0)),
  ]);
  return log;
}

interface Decided {
  readonly url?: string;
  readonly decide?: (code: string) => unknown;
}

function job(onError: ErrorPolicies, concurrency: number, { url = AWAY_URL, decide }: Decided = {}): Job {
  const registry = { urls: [url], subjects: [['orders-value']] };
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
  test('a record whose schema cannot be fetched is passed over where the policy says so, after the last try', async () => {
    const registry = await fakeRegistry(refusal(503, 'busy'));
    const log = logOf();
    const lines: string[] = [];
    const logger = { ...quiet, warn: (_: object, line: string) => void lines.push(line) };
    const asked = schemaRegistry({ url: registry.url, retries: 2 });
    const { metrics } = await run(job({ decode: 'skip' }, concurrency, registry), {
      ...options,
      log,
      logger,
      registry: asked,
    });
    expect(metrics).toMatchObject({ records: 1, skipped: 1, restarts: 0 });
    expect(registry.requests).toHaveLength(3);
    const reason = `schema id 5 cannot be fetched: Schema Registry ${registry.url} answered 503 to /schemas/ids/5: busy`;
    expect(lines).toEqual([`orders-0 at offset 0: ${reason}: skipped`]);
    await registry.stop();
  });

  test('its dead letter has its bytes, and says what could not be reached', async () => {
    const log = logOf();
    const { metrics } = await run(job({ decode: { deadLetter: 'dead' } }, concurrency), {
      ...options,
      log,
      registry: AWAY,
    });
    expect(metrics).toMatchObject({ records: 1, deadLetters: 1, restarts: 0 });
    const [letter] = [...log.records('dead')].map(readDeadLetter);
    expect(letter).toMatchObject({
      place: 'decode',
      code: 'JOB_REGISTRY_FAILED',
      reason: expect.stringMatching(/^schema id 5 cannot be fetched: Schema Registry .*ECONNREFUSED/),
      origin: { topic: 'orders', partition: 0, offset: 0n },
    });
    expect(letter?.value).toEqual(new Uint8Array(written('orders', 'a', UNKNOWN, Uint8Array.of(2, 0)).value));
  });

  test('without a policy the job fails, as the restart strategy says', async () => {
    const failing = run(job({}, concurrency), { ...options, log: logOf(), registry: AWAY });
    await expect(failing).rejects.toMatchObject({ code: 'JOB_REGISTRY_FAILED', topic: 'orders', offset: 0n });
  });

  test.each([
    ['lets nobody in', refusal(401, 'who?')],
    ['is none', (_: unknown, response: { end(text: string): void }) => response.end('<html>')],
  ] as const)('a registry that %s is a mistake of the options: no policy holds', async (_, answer) => {
    const registry = await fakeRegistry(answer);
    const asked = schemaRegistry({ url: registry.url });
    const log = logOf();
    const failing = run(job({ decode: { deadLetter: 'dead' } }, concurrency), { ...options, log, registry: asked });
    await expect(failing).rejects.toMatchObject({ code: 'JOB_REGISTRY_FAILED' });
    expect([...log.records('dead')]).toEqual([]);
    await registry.stop();
  });

  test('a record is no poisoned one since the registry is away, and is read when it is back', async () => {
    const away = Array.from({ length: 7 }, () => refusal(503, 'busy'));
    const registry = await fakeRegistry(...away, holding);
    const asked = schemaRegistry({ url: registry.url, retries: 0 });
    const restart = { strategy: 'fixed-delay', delay: 1, attempts: 10, sameFailures: 2 } as const;
    const { metrics } = await run(job({}, concurrency, registry), {
      ...options,
      log: logOf(),
      registry: asked,
      restart,
    });
    expect(metrics).toMatchObject({ records: 2, restarts: 7, schemasFetched: 1 });
    await registry.stop();
  });

  test('with a policy, the records behind an outage are read', async () => {
    const registry = await fakeRegistry(refusal(503, 'busy'), holding);
    const log = memoryLog({ topics: { orders: 1, customers: 1, copies: 1, dead: 1 } });
    log.produce([1, 2, 3].map(() => written('orders', 'a', UNKNOWN, Uint8Array.of(2, 0))));
    const asked = schemaRegistry({ url: registry.url, retries: 0 });
    const { metrics } = await run(job({ decode: 'skip' }, concurrency), { ...options, log, registry: asked });
    expect(metrics).toMatchObject({ records: 2, skipped: 1, schemasFetched: 1 });
    await registry.stop();
  });

  test('but a function may decide to go on without it', async () => {
    const codes: string[] = [];
    const decided = job({}, concurrency, {
      decide(code) {
        codes.push(code);
        return code === 'JOB_REGISTRY_FAILED' ? 'skip' : undefined;
      },
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
    expect(letter?.value).toEqual(new Uint8Array(written('orders', 'a', UNKNOWN, Uint8Array.of(2, 0)).value));
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
