import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { confirm, type Question } from '../../generator/commands/confirm.ts';

const REGISTER: Question = { verb: 'Register', count: 2, noun: 'schema' };
const ABORT: Question = { verb: 'Abort', count: 1, noun: 'transaction' };

test.each([
  [REGISTER, 'y', true, 'Register these 2 schemas?'],
  [REGISTER, 'n', false, 'Register these 2 schemas?'],
  [REGISTER, '\r', false, 'Register these 2 schemas?'],
  [REGISTER, '\u0003', false, 'Register these 2 schemas?'],
  [ABORT, 'y', true, 'Abort it?'],
])('the question on a terminal: %j, answered by %j', async (question, key, expected, text) => {
  const [input, output] = [new PassThrough(), new PassThrough()];
  let screen = '';
  output.on('data', (shown: Buffer) => {
    if (screen === '') setImmediate(() => input.write(key));
    screen += shown;
  });
  expect(await confirm(question, { input, output })).toBe(expected);
  expect(screen).toContain(text);
});
