import type { Job } from '@kgen/runtime';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readCall, unknownTopics } from '../../generator/run/call.ts';
import { createTopicsOf } from '../../generator/run/create-topics-flag.ts';
import { config, type Sandbox } from '../cli/harness.ts';
import { jobProject, KgenRun } from './project.ts';

// What `kgen run` says before it asks Kafka for anything.

let project: Sandbox;
beforeAll(async () => {
  project = await jobProject({
    'src/empty.ts': 'export const nothing = 1;\n',
    'src/other.ts': 'export default { some: 1 };\n',
    'src/broken.ts': "import { none } from './not-there';\nexport default none;\n",
    'src/older.ts': "import { none } from './generated/topics';\nexport default none;\n",
    'src/throws.ts': "throw new Error('on purpose');\nexport default 1;\n",
  });
});

const runs: KgenRun[] = [];
afterAll(async () => {
  await Promise.all(runs.map((run) => run.kill()));
});

async function call(
  args: readonly string[],
  env: { readonly [name: string]: string } = {},
  of: Sandbox = project,
): Promise<{ readonly code: number | string; readonly said: string }> {
  const run = new KgenRun(of, args, env);
  runs.push(run);
  return { code: await run.ended, said: run.said };
}

const BROKERS = ['--brokers', 'localhost:1'];

describe('the job', () => {
  test.each([
    [[], 'kgen\n  no job is named\n  → The jobs are copy-lines\n'],
    [['copy-line'], "kgen\n  there is no job 'copy-line'\n  → Did you mean 'copy-lines'? The jobs are copy-lines\n"],
    [['totals'], "kgen\n  there is no job 'totals'\n  → The jobs are copy-lines\n"],
    [['src/jobs/none.ts'], 'src/jobs/none.ts\n  there is no such file\n  → Check the path of the job\n'],
    [
      ['src/empty.ts'],
      'src/empty.ts\n  it has no default export\n  → Export what the generated function of the job gives: `export default job;`\n',
    ],
    [['src/other.ts'], expect.stringContaining('src/other.ts\n  its default export is not a job\n')],
    [
      ['src/broken.ts'],
      expect.stringMatching(
        /src\/broken\.ts\n {2}it could not be loaded: Cannot find module .*not-there.*\n {2}→ Mend/,
      ),
    ],
    [
      ['src/older.ts'],
      expect.stringMatching(/does not provide an export named 'none'\n {2}→ Mend the import; or, .*`kgen generate`\n$/),
    ],
    [['src/throws.ts'], expect.stringContaining('src/throws.ts:1:7\n  it could not be loaded: on purpose\n')],
  ])('%j', async (args, said) => {
    expect(await call([...args, ...BROKERS])).toEqual({ code: 2, said });
  });

  test('that has no file yet', async () => {
    const fresh = await jobProject({
      'kgen.config.ts': config(`
        schemas: ['schemas/*.avsc'], out: 'src/generated', jobsDir: 'jobs',
        topics: { lines: { value: 'utf8' } },
        jobs: { 'not-yet': { inputs: { lines: {} } } },
      `),
      'src/jobs/copy-lines.ts': '',
    });
    const { rmSync } = await import('node:fs');
    rmSync(fresh.path('jobs'), { recursive: true });
    expect(await call(['not-yet', ...BROKERS], {}, fresh)).toEqual({
      code: 2,
      said: expect.stringContaining("jobs/not-yet.ts\n  job 'not-yet' has no file\n  → Run `kgen generate`"),
    });
  });
});

test('generated code that is not there yet', async () => {
  const fresh = await jobProject();
  const { rmSync } = await import('node:fs');
  rmSync(fresh.path('src/generated'), { recursive: true });
  expect(await call(['copy-lines', ...BROKERS], {}, fresh)).toEqual({
    code: 2,
    said:
      "src/jobs/copy-lines.ts\n  it could not be loaded: Cannot find module 'src/generated/jobs/copy-lines'\n" +
      '  → Run `kgen generate`, which writes it\n',
  });
});

describe('flags and environment', () => {
  test('without brokers', async () => {
    expect(await call(['copy-lines'])).toEqual({
      code: 2,
      said:
        '--brokers\n  no brokers are given\n  → Give some as --brokers kafka-1:9092,kafka-2:9092, as KAFKA_BROKERS in the ' +
        'environment, or as kafka.brokers in kgen.config.ts\n',
    });
  });

  test('all that is wrong is said at once', async () => {
    const args = [
      '--threads',
      'many',
      '--until',
      'lates',
      '--grace',
      'soon',
      '--topics',
      'lines',
      '--log-level',
      'loud',
      '--on-error',
      'proces=skip',
    ];
    const { code, said } = await call(['copy-lines', ...BROKERS, ...args, '--checkpoint-interval', '0']);
    expect(code).toBe(2);
    expect(said.split('\n').filter((line) => line.startsWith('--'))).toEqual([
      '--threads',
      '--grace',
      '--log-level',
      '--topics',
      '--until',
      '--checkpoint-interval',
      '--on-error',
    ]);
    expect(said).toContain('Did you mean process=skip?');
  });

  test('checkpoints at once, and discovery', () => {
    expect(readCall({ concurrentCheckpoints: '3', discovery: '5s' }, {})).toMatchObject({
      call: { run: { concurrentCheckpoints: 3, discovery: 5000 } },
    });
    expect(readCall({ discovery: 'off' }, {})).toMatchObject({ call: { run: { discovery: false } } });
    for (const wrong of ['0', '11', '1.5', 'many']) {
      expect(readCall({ concurrentCheckpoints: wrong }, {})).toMatchObject({
        findings: [{ path: '--concurrent-checkpoints', hint: 'Give a whole number from 1 to 10' }],
      });
    }
    for (const wrong of ['never', '0']) {
      expect(readCall({ discovery: wrong }, {})).toMatchObject({ findings: [{ path: '--discovery' }] });
    }
  });

  test('topics that are to be created', () => {
    const read = (createTopics: string) => readCall({ createTopics }, {});
    expect(read('12')).toMatchObject({ call: { run: { createTopics: { partitions: 12 } } } });
    expect(read('12:3')).toMatchObject({ call: { run: { createTopics: { partitions: 12, replicationFactor: 3 } } } });
    for (const wrong of ['0', '12:0', '12:', '1.5', '-1', 'many', '2147483648', '1:32768'])
      expect(read(wrong)).toMatchObject({ findings: [{ path: '--create-topics' }] });
    // Replicas are as declared where a call does not say them.
    const declared = { partitions: 6, replicationFactor: 3 };
    expect(createTopicsOf({ partitions: 12 }, declared)).toEqual({ partitions: 12, replicationFactor: 3 });
    expect(createTopicsOf({ partitions: 12, replicationFactor: 1 }, declared)).toEqual({
      partitions: 12,
      replicationFactor: 1,
    });
    expect(createTopicsOf(undefined, declared)).toEqual(declared);
  });

  test('policies for records that fail', () => {
    const onError = ['decode=skip', 'process=dead-letter:lines-dead', 'produce=fail'];
    expect(readCall({ onError }, {})).toMatchObject({
      call: { run: { onError: { decode: 'skip', process: { deadLetter: 'lines-dead' }, produce: 'fail' } } },
    });
    for (const wrong of ['skip', 'decode=', 'decode=dead-letter:', 'decode=retry']) {
      expect(readCall({ onError: [wrong] }, {})).toMatchObject({ findings: [{ path: '--on-error' }] });
    }
    for (const [wrong = '', reason] of [
      ['skip', "'skip' is no place=policy"],
      ['decode=retry', "there is no policy 'retry'"],
      ['handle=skip', "there is no place 'handle'"],
    ]) {
      expect(readCall({ onError: [wrong] }, {})).toMatchObject({ findings: [{ reason }] });
    }
    const call = readCall({ onError, topics: ['lines-dead=prod-dead', 'lines=prod-lines'] }, {});
    const declaration = { inputs: {}, outputs: {} } as unknown as Job['declaration'];
    expect('call' in call && unknownTopics({ declaration, handlers: {} }, call.call)).toMatchObject([
      { reason: expect.stringContaining("'lines'") },
    ]);
  });

  test.each([
    [['--brokers', 'kafka'], {}, "--brokers\n  'kafka' is no host:port\n"],
    [[], { KAFKA_BROKERS: 'a:1,b:99999' }, "KAFKA_BROKERS\n  'b:99999' is no host:port\n"],
    [[], { KAFKA_BROKERS: 'kafka://ann:hush@a:1' }, "KAFKA_BROKERS\n  '***@a:1' is no host:port\n"],
    [
      [...BROKERS, '--topics', 'line=prod-lines'],
      {},
      "job copy-lines has no topic 'line'\n  → Did you mean 'lines'?\n",
    ],
    [BROKERS, { KAFKA_TLS: 'maybe' }, "KAFKA_TLS\n  'maybe' is neither true nor false\n"],
    [BROKERS, { KAFKA_TLS_CA: '/nowhere.pem' }, 'KAFKA_TLS_CA\n  /nowhere.pem cannot be read (ENOENT)\n'],
    [BROKERS, { KAFKA_SASL_USERNAME: 'me' }, 'KAFKA_SASL_PASSWORD\n  the password of SASL is missing\n'],
    [BROKERS, { KAFKA_SASL_PASSWORD: 'x' }, 'KAFKA_SASL_USERNAME\n  the user of SASL is missing\n'],
    [
      BROKERS,
      { KAFKA_SASL_MECHANISM: 'digest-md5' },
      "KAFKA_SASL_MECHANISM\n  there is no mechanism 'digest-md5' here\n",
    ],
    [BROKERS, { LOG_LEVEL: 'trace' }, "LOG_LEVEL\n  there is no 'trace'\n"],
    [[...BROKERS, '--group', 'a/b'], {}, "--group\n  'a/b' is not a name\n"],
    [BROKERS, { KGEN_INSTANCE: 'pod 1' }, "KGEN_INSTANCE\n  'pod 1' is not a name\n"],
  ])('%j %j', async (args, env, said) => {
    expect(await call(['copy-lines', ...args], env)).toEqual({ code: 2, said: expect.stringContaining(said) });
  });

  test('a secret is never a flag', async () => {
    const { code, said } = await call(['run', '--help']);
    expect([code, said.includes('--brokers'), /--\S*(password|secret|username)/i.test(said)]).toEqual([0, true, false]);
  });
});

test('a savepoint that is not there, or none, is found before a broker is asked', async () => {
  const none = await call(['copy-lines', ...BROKERS, '--from', 'none.avro']);
  expect(none).toEqual({
    code: 2,
    said: expect.stringMatching(/^--from\n {2}savepoint none\.avro cannot be opened: ENOENT.*\n {2}→ Give a file that/),
  });
  const text = await call(['copy-lines', ...BROKERS, '--from', 'package.json']);
  expect(text).toEqual({
    code: 2,
    said: expect.stringContaining('package.json cannot be used: this is no Avro Object'),
  });
  for (const { said } of [none, text]) expect(said).not.toContain('no broker answers');
});

test('brokers that cannot be reached are said at once; then it ends', async () => {
  const { code, said } = await call(['copy-lines', '--brokers', '127.0.0.1:1'], { LOG_FORMAT: 'text' });
  expect(code).toBe(1);
  expect(said).toMatch(/ warn {2}no broker answers yet {2}job=copy-lines brokers=127\.0\.0\.1:1 reason=.*ECONNREFUSED/);
  expect(said).toMatch(
    / error job failed.*\n {2}JOB_LOG_FAILED {2}Kafka cannot be reached at 127\.0\.0\.1:1: .*Check --brokers/,
  );
  expect(said).not.toContain('    at ');
});

test('SIGTERM ends it also while it waits for a broker', async () => {
  const run = new KgenRun(project, ['copy-lines', '--brokers', '127.0.0.1:1']);
  runs.push(run);
  await expect.poll(() => run.said, { timeout: 20_000 }).toContain('no broker answers yet');
  run.signal('SIGTERM');
  expect(await run.ended).toBe(0);
});
