import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { ask } from '../../generator/init/ask.ts';

const DEFAULTS = {
  schemas: [],
  out: 'src/generated',
  jobsDir: 'src/jobs',
  long: 'bigint',
  workflow: true,
  moduleType: false,
} as const;
const ENTER = '\r';
const DOWN = '\u001b[B';
const ENTER_BELOW = `${DOWN}${ENTER}`;
const ERASE = '\u007f';
const INTERRUPT = '\u0003';

/** Answers the questions in their order; `screen` is all that was shown. */
async function answer(keys: { readonly [question: string]: string }, needsModuleType = false) {
  const input = new PassThrough();
  const output = new PassThrough();
  const left = new Map(Object.entries(keys));
  let screen = '';
  output.on('data', (shown: Buffer) => {
    screen += shown;
    for (const [question, key] of left) {
      if (!screen.includes(question)) continue;
      left.delete(question);
      // A key at a time, as a terminal gives them.
      for (const each of key === ENTER_BELOW ? [DOWN, ENTER] : key) setImmediate(() => input.write(each));
    }
  });
  const answers = await ask(DEFAULTS, { needsModuleType, hasSources: true }, { input, output });
  expect(left.size).toBe(0);
  return { answers, screen };
}

test('enter takes what is proposed', async () => {
  const { answers, screen } = await answer({
    'generated code go?': ENTER,
    'Where do jobs live?': ENTER,
    'What are Avro longs': ENTER,
    'GitHub workflow': ENTER,
  });
  expect(answers).toEqual(DEFAULTS);
  expect(screen).toContain('No schemas yet');
});

test('answers are taken, and a folder outside is asked for again', async () => {
  const { answers } = await answer(
    {
      'generated code go?': `${ERASE.repeat('src/generated'.length)}../x${ENTER}`,
      'A folder below this one': `${ERASE.repeat('../x'.length)}gen${ENTER}`,
      'Where do jobs live?': `/own${ENTER}`,
      'What are Avro longs': ENTER_BELOW,
      'GitHub workflow': 'n',
      'Set "type": "module"?': 'y',
    },
    true,
  );
  expect(answers).toEqual({
    ...DEFAULTS,
    out: 'gen',
    jobsDir: 'src/jobs/own',
    long: 'number',
    workflow: false,
    moduleType: true,
  });
});

test('Ctrl+C gives up, and nothing more is asked', async () => {
  const { answers, screen } = await answer({ 'generated code go?': ENTER, 'Where do jobs live?': INTERRUPT });
  expect(answers).toBe(undefined);
  expect(screen).toContain('Nothing was written.');
  expect(screen).not.toContain('What are Avro longs');
});
