import { consoleLog } from '@kgen/runtime';
import { expect, test } from 'vitest';

const clock = { ...{ now: () => 1_700_000_000_123 } } as never;

function lines(format: 'json' | 'text', log: (to: ReturnType<typeof consoleLog>) => void, level?: 'warn'): string[] {
  const written: string[] = [];
  log(consoleLog({ format, clock, level, write: (line) => written.push(line) }));
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
  const [line = ''] = lines('text', (log) => log.info({ job: 'count', records: 5n, list: [1n] }, 'done'));
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours
  expect(line.replace(/\u001b\[\d+m/g, '')).toBe('22:13:20.123 info  done job=count records=5 list=[1]\n');
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
