import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type RunThreadsOptions, runThreads } from '@kgen/runtime/threads';
import { afterAll, beforeAll, expect, test } from 'vitest';

// What runThreads does before a thread asks Kafka for anything; with Kafka, test/kafka/run.test.ts runs it.

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'kgen-threads-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function module(name: string, text: string): URL {
  const path = join(folder, name);
  writeFileSync(path, text);
  return pathToFileURL(path);
}

/** Nobody listens there. */
const options: RunThreadsOptions = { threads: 2, kafka: { brokers: ['127.0.0.1:1'], patience: 1 }, logger: false };
const restart = { strategy: 'none' } as const;

const JOB = `export default {
  declaration: { name: 'odd', key: {}, inputs: {}, outputs: {}, state: {}, guarantee: 'exactly-once', checkpointInterval: 1000 },
  handlers: {},
};\n`;

test('no threads are refused', async () => {
  for (const threads of [0, 1.5, Number.NaN])
    await expect(runThreads(module('job.mjs', JOB), { ...options, threads })).rejects.toMatchObject({
      code: 'JOB_OPTIONS',
      message: `option threads: ${threads} is not a whole number from 1`,
    });
});

test('a module that is none, or holds no job, ends all threads', async () => {
  const none = runThreads(pathToFileURL(join(folder, 'none.mjs')), options);
  await expect(none).rejects.toMatchObject({
    code: 'JOB_OPTIONS',
    message: expect.stringContaining('cannot be loaded'),
  });
  for (const text of ['export const a = 1;', 'export default { handlers: {} };', 'export default 7;'])
    await expect(runThreads(module(`m${text.length}.mjs`, text), options)).rejects.toMatchObject({
      code: 'JOB_OPTIONS',
      message: expect.stringMatching(/the default export of .* is not a job/),
    });
});

interface Line {
  readonly level: string;
  readonly thread: number;
}

test("a thread's error arrives with its code, and its lines with its number", async () => {
  const lines: object[] = [];
  const at = (level: string) => (fields: object, message?: string) => void lines.push({ level, ...fields, message });
  const logger = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
  const retry = { strategy: 'fixed-delay', attempts: 1, delay: 1 } as const;
  const running = runThreads(module('job.mjs', JOB), { ...options, logger, instance: 'pod', restart: retry });
  await expect(running).rejects.toMatchObject({
    code: 'JOB_LOG_FAILED',
    message: expect.stringContaining('ECONNREFUSED'),
    cause: { code: 'LOG', kind: 'retriable' },
  });
  // Which of both is heard first is not said: the other one may be ended before it has begun.
  const warned = lines.find((line): line is Line => 'level' in line && line.level === 'warn');
  expect([1, 2]).toContain(warned?.thread);
  expect(warned).toMatchObject({
    instance: `pod-${warned?.thread}`,
    err: { code: 'LOG', message: expect.stringContaining('ECONNREFUSED') },
  });
});

test('modules are imported before the job, and options reach each thread', async () => {
  const preload = module('preload.mjs', "globalThis.prefix = 'by the preload';\n");
  const job = module('late.mjs', "throw new Error('seen ' + globalThis.prefix);\n");
  const running = runThreads(job, { ...options, restart, preload: [preload.href] });
  await expect(running).rejects.toThrow("the job's module cannot be loaded: seen by the preload");
  const named = runThreads(module('job.mjs', JOB), { ...options, group: 'a/b' });
  await expect(named).rejects.toMatchObject({ code: 'JOB_OPTIONS', message: expect.stringContaining("'a/b'") });
  const odd = runThreads(module('job.mjs', JOB), { ...options, isolation: 'none' as never });
  await expect(odd).rejects.toMatchObject({ code: 'JOB_OPTIONS', message: expect.stringContaining('isolation') });
});

test('a stop before it has begun ends it well', async () => {
  const signal = AbortSignal.abort();
  const results = await runThreads(module('job.mjs', JOB), { ...options, signal });
  expect(results.map(({ reason }) => reason)).toEqual(['stopped', 'stopped']);
});

test('a thread whose code never gives way is ended all the same', async () => {
  // One of both fails, the other is busy: it hears no stop.
  const first = join(folder, 'first').replaceAll('\\', '/');
  const job = module(
    'busy.mjs',
    `import { mkdirSync } from 'node:fs';
     let first = true;
     try { mkdirSync('${first}'); } catch { first = false; }
     if (first) throw new Error('the first fails');
     for (;;);\n`,
  );
  await expect(runThreads(job, { ...options, grace: 10 })).rejects.toThrow('the first fails');
});
