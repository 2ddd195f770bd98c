import fc from 'fast-check';
import { expect, test } from 'vitest';
import { diffLines } from '../../generator/output/line-diff.ts';
import { cpuTime } from '../support/cpu-time.ts';

const shown = (before: string, after: string, limit = 100): string[] =>
  diffLines(before, after, limit).map(({ sign, text }) => `${sign}${text}`);

test('shows changed lines with one line around them', () => {
  expect(shown('a\nb\nc\nd\ne', 'a\nb\nX\nd\ne')).toEqual([' b', '-c', '+X', ' d']);
  expect(shown('a\nb\nc\nd\ne\nf', 'A\nb\nc\nd\ne\nF')).toEqual(['-a', '+A', ' b', '…', ' e', '-f', '+F']);
  expect(shown('a\nb\nc\nd', 'A\nb\nc\nD')).toEqual(['-a', '+A', ' b', ' c', '-d', '+D']);
  expect(shown('a\nb', 'a\nb')).toEqual([]);
  expect(shown('', 'a')).toEqual(['-', '+a']);
  expect(shown('a\r\nb\r\n', 'a\nc\n')).toEqual([' a', '-b', '+c', ' ']);
});

test('stops at the limit and says what is left out', () => {
  const before = Array.from({ length: 50 }, (_, line) => `old ${line}`).join('\n');
  const lines = shown(before, 'new', 5);
  expect(lines).toHaveLength(5);
  expect(lines[4]).toBe('…47 more changed lines');
});

test('texts without a common line are told apart quickly', () => {
  const before = Array.from({ length: 20_000 }, (_, line) => `old ${line}`).join('\n');
  const after = Array.from({ length: 20_000 }, (_, line) => `new ${line}`).join('\n');
  const started = cpuTime();
  expect(shown(before, after, 3)).toHaveLength(3);
  expect(cpuTime() - started).toBeLessThan(5_000);
});

test('removing the - lines and keeping the + lines gives the second text', () => {
  const line = fc.constantFrom('a', 'b', 'c', '');
  const text = fc.array(line, { maxLength: 12 }).map((lines) => lines.join('\n'));
  fc.assert(
    fc.property(text, text, (before, after) => {
      // Every line distinct from its neighbours' context: the diff is checked by replaying it over `before`.
      const diff = diffLines(before, after, 1000).filter(({ sign }) => sign === '-' || sign === '+');
      const left = before.split('\n');
      const right = after.split('\n');
      const removed = diff.filter(({ sign }) => sign === '-').map(({ text: each }) => each);
      const added = diff.filter(({ sign }) => sign === '+').map(({ text: each }) => each);
      expect(left.length - removed.length).toBe(right.length - added.length);
      expect(without(left, removed).sort()).toEqual(without(right, added).sort());
    }),
    { numRuns: 300 },
  );
});

function without(lines: readonly string[], taken: readonly string[]): string[] {
  const rest = [...lines];
  for (const line of taken) {
    const index = rest.indexOf(line);
    expect(index).toBeGreaterThanOrEqual(0);
    rest.splice(index, 1);
  }
  return rest;
}
