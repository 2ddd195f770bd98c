import { consoleLog, JobError, LogError } from '@kgen/runtime';
import { expect, test } from 'vitest';

const clock = { ...{ now: () => 1_700_000_000_123 } } as never;

function lines(format: 'json' | 'text', log: (to: ReturnType<typeof consoleLog>) => void, level?: 'warn'): string[] {
  const written: string[] = [];
  log(consoleLog({ format, colours: false, clock, level, write: (line) => written.push(line) }));
  return written;
}

test('JSON lines are shaped as pino shapes them, and hold what JSON cannot', () => {
  const circle: Record<string, unknown> = {};
  circle['self'] = circle;
  const error = Object.assign(new TypeError('broken', { cause: new Error('why') }), { code: 'E' });
  const [line = ''] = lines('json', (log) => {
    log.warn(
      {
        big: 12n,
        huge: 2n ** 64n,
        bytes: Buffer.from('hi'),
        when: new Date(0),
        bad: new Date(Number.NaN),
        nan: Number.NaN,
        circle,
        error,
        none: undefined,
        map: new Map([['a', 1n]]),
      },
      'line\nbreak',
    );
  });
  expect(line.endsWith('\n')).toBe(true);
  expect(line.trim()).not.toContain('\n');
  expect(JSON.parse(line)).toMatchObject({
    level: 40,
    time: 1_700_000_000_123,
    pid: process.pid,
    big: 12,
    huge: '18446744073709551616',
    bytes: 'aGk=',
    when: '1970-01-01T00:00:00.000Z',
    bad: 'Invalid Date',
    nan: 'NaN',
    circle: { self: '[circular]' },
    error: { type: 'TypeError', message: 'broken', code: 'E', cause: { message: 'why' } },
    map: [['a', 1]],
    msg: 'line\nbreak',
  });
});

test('an error alone is a line too', () => {
  const [line = ''] = lines('json', (log) => log.error(new Error('alone')));
  expect(JSON.parse(line)).toMatchObject({ level: 50, err: { message: 'alone' }, msg: 'alone' });
});

test('text is for people', () => {
  const [line = ''] = lines('text', (log) => log.info({ job: 'count', records: 5n, list: [1n], of: { a: 1 } }, 'done'));
  expect(line).toBe('22:13:20.123 info  done  job=count records=5 list=1 of={"a":1}\n');
});

test('text has colours where they are asked for', () => {
  const written: string[] = [];
  const log = consoleLog({ format: 'text', colours: true, clock, write: (line) => written.push(line) });
  log.warn({ a: 1 }, 'careful');
  expect(written).toEqual(['\u001b[2m22:13:20.123\u001b[0m \u001b[33mwarn \u001b[0m careful  \u001b[2ma=\u001b[0m1\n']);
});

test('text says who speaks when that changes', () => {
  const [first, second, third] = lines('text', (log) => {
    log.info({ job: 'count', instance: 'a' }, 'one');
    log.info({ job: 'count', instance: 'a', records: 1 }, 'two');
    log.info({ job: 'count', instance: 'b' }, 'three');
  });
  expect(first).toContain('one  job=count instance=a\n');
  expect(second).toContain('two  records=1\n');
  expect(third).toContain('three  instance=b\n');
});

test('text says for each thread who speaks', () => {
  const written = lines('text', (log) => {
    log.info({ thread: 1, job: 'count', instance: 'a-1' }, 'one');
    log.info({ thread: 2, job: 'count', instance: 'a-2' }, 'two');
    log.info({ thread: 1, job: 'count', instance: 'a-1' }, 'three');
    log.info({ thread: 2, job: 'count', instance: 'a-2' }, 'four');
  });
  expect(written.map((line) => line.slice(line.indexOf('info') + 6, -1))).toEqual([
    'one  thread=1 job=count instance=a-1',
    'two  thread=2 job=count instance=a-2',
    'three  thread=1',
    'four  thread=2',
  ]);
});

test("of a stack, text shows what is the user's", () => {
  const ours = '    at Lane.step (file:///app/node_modules/@kgen/runtime/dist/esm/task/lane.js:87:37)\n';
  const cli = '    at async runJob (C:\\app\\node_modules\\kgen\\dist\\commands\\run.js:107:13)\n';
  const users = '    at orders (file:///app/src/jobs/totals.ts:6:35)\n';
  const shown = (error: Error, stack: string): string => {
    error.stack = `${error.name}: ${error.message}\n${stack}`;
    return lines('text', (log) => log.error(error))[0]?.replace(/^.*\n/, '') ?? '';
  };
  expect(shown(new TypeError('broken'), ours + users + ours + cli)).toBe(`  TypeError: broken\n${users}`);
  expect(shown(new TypeError('broken'), users + ours + users)).toBe(`  TypeError: broken\n${users}`);
  expect(shown(new TypeError('broken'), ours + cli)).toBe(`  TypeError: broken\n${ours}${cli}`);
  const expired = new JobError('JOB_CONTEXT_EXPIRED', 'used after the call');
  expect(shown(expired, ours + users)).toBe(`  JOB_CONTEXT_EXPIRED  used after the call\n${users}`);
  expect(shown(expired, ours)).toBe('  JOB_CONTEXT_EXPIRED  used after the call\n');
});

test('text shows errors below: what happened, then why, and where that came from', () => {
  const cause = new TypeError('no such field');
  cause.stack =
    'TypeError: no such field\n    at flights (/app/job.ts:3:5)\n    at node:internal/process/task_queues:95:5';
  const error = new JobError('JOB_HANDLER_FAILED', 'handler `flights` failed: no such field', { cause });
  const [line = ''] = lines('text', (log) => log.error({ job: 'count', err: error }, 'job failed'));
  expect(line).toBe(
    '22:13:20.123 error job failed  job=count\n' +
      '  JOB_HANDLER_FAILED  handler `flights` failed: no such field\n' +
      '  caused by TypeError: no such field\n' +
      '    at flights (/app/job.ts:3:5)\n',
  );
  const log = new JobError('JOB_LOG_FAILED', 'the log failed (retriable): away', {
    cause: new LogError('retriable', 'away'),
  });
  const [short = ''] = lines('text', (to) => to.error({ err: log }, 'job failed'));
  expect(short).toBe('22:13:20.123 error job failed\n  JOB_LOG_FAILED  the log failed (retriable): away\n');
});

test('a cause that the message has told already is told again only for where the user comes in', () => {
  const ours = '    at readOne (file:///app/node_modules/@kgen/runtime/dist/esm/codec/decoding.js:34:15)\n';
  const users = '    at Object.decode (file:///app/src/reading.ts:11:36)\n';
  const shown = (cause: Error, stack: string): string => {
    cause.stack = `${cause.name}: ${cause.message}\n${stack}`;
    const error = new JobError('JOB_DECODE_FAILED', 'orders-2 at offset 20: the record cannot be read: id: cut off', {
      cause,
    });
    return lines('text', (log) => log.warn({ err: error }, 'skipped'))[0]?.replace(/^.*\n.*\n/, '') ?? '';
  };
  const coded = (message: string, cause?: Error): Error =>
    Object.assign(new Error(message, { cause }), { code: 'truncated' });
  expect(shown(coded('id: cut off'), ours)).toBe('');
  expect(shown(coded('id: cut off'), users)).toBe(`  caused by Error: id: cut off\n${users}`);
  expect(shown(coded('not told'), ours)).toBe('  caused by Error: not told\n');
  const defect = new TypeError('no such property');
  expect(shown(defect, ours)).toBe(`  caused by TypeError: no such property\n${ours}`);
  const own = new Error('1 byte');
  own.stack = `Error: 1 byte\n${users}`;
  expect(shown(coded('id: cut off', own), ours)).toBe(`  caused by Error: 1 byte\n${users}`);
});

test('text of others does not steer the terminal', () => {
  const [line = ''] = lines('text', (log) =>
    log.info({ name: 'a\u001b[2Jb\nc', err: new Error('x\u0007') }, 'm\r\u202e'),
  );
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is looked for
  expect(line.replaceAll('\n', '')).not.toMatch(/[\u0000-\u001f\u202e]/);
  expect(line).toContain('name=a\\u{1b}[2Jb c');
});

test('what lies below the level is left out', () => {
  const written = lines(
    'json',
    (log) => {
      log.info({}, 'no');
      log.warn({}, 'yes');
    },
    'warn',
  );
  expect(written.length).toBe(1);
});
