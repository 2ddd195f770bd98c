import { expect, test } from 'vitest';
import { beside } from '../../generator/inspect/beside.ts';

const LEFT = { heading: 'as it was written:', text: '{\n  "id": 7\n}' };
const RIGHT = { heading: 'as Order now:', text: '{\n  "id": 7,\n  "note": ""\n}' };

test('two values side by side', () => {
  const { headings, text } = beside(LEFT, RIGHT, 80) ?? {};
  expect([headings, ...(text ?? '').split('\n')]).toEqual([
    'as it was written:    as Order now:',
    '{                     {',
    '  "id": 7               "id": 7,',
    '}                       "note": ""',
    '                      }',
  ]);
});

test('not where a terminal is too narrow', () => {
  expect(beside(LEFT, RIGHT, 35)).toBeDefined();
  expect(beside(LEFT, RIGHT, 34)).toBeUndefined();
});
