import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { amend } from '../../generator/skeleton/amend.ts';
import { parseJobFile } from '../../generator/skeleton/job-file.ts';
import { scanHandlers } from '../../generator/skeleton/scan.ts';
import { jobOf } from './example.ts';

/** Code that trips a careless scanner: brackets, commas and quotes where they mean nothing. */
const expressions = [
  'i++ / 2',
  '!/[}]/.test(x)',
  'x',
  '1 / 2',
  '/[,}/"]/g',
  "'}, {'",
  '"it\'s"',
  `\`a \${b({ c: \`,}\` })} \${"}"}\``,
  '{ a: 1, b: [2, 3] }',
  'f<A, B>(x, y)',
  'a < b',
  '(x, y) => ({ x, y })',
  'async (flight, ctx) => { ctx.emit(a, b); }',
  'function (a, b) { return /}/.test(a) ? a / b : b; }',
  'new Map<string, { a: 1, b: 2 }>()',
  'y! / 2',
  'x as unknown as Record<string, number>',
] as const;
const gaps = ['', ' ', '\n  ', '\r\n\t', ' /* , } */ ', ' // } , {\n'] as const;
const names = ['flights', 'weather', 'onStart', 'get', 'async', 'größe', '$', '_x1'] as const;

const expression = fc.constantFrom(...expressions);
const gap = fc.constantFrom(...gaps);
const property = fc
  .tuple(fc.constantFrom(...names), expression, gap, fc.integer({ min: 0, max: 6 }))
  .map(([name, value, space, form]) => {
    const text = [
      `${name}:${space}${value}`,
      `'${name}'${space}: ${value}`,
      `${name}(a, b)${space}{ return ${value}; }`,
      `async ${name}<A, B>(a: Map<A, B>): Promise<Map<A, B>> { return ${value};${space} }`,
      `get ${name}()${space}{ return [${value}, 1]; }`,
      `['${name}']:${space}${value}`,
      `${name}${space}`,
    ][form];
    return { name, text: text ?? '' };
  });

const jobFile = fc
  .record({
    alias: fc.constantFrom('', ' as declare'),
    properties: fc.uniqueArray(property, { maxLength: 5, selector: ({ name }) => name }),
    gap,
    trailingComma: fc.boolean(),
    before: expression,
    after: fc.constantFrom('', ' satisfies H', ' as H'),
    mark: fc.constantFrom('', '\uFEFF'),
    lineEnd: fc.constantFrom('\n', '\r\n'),
  })
  .map(({ alias, properties, gap, trailingComma, before, after, mark, lineEnd }) => {
    const list = properties.map(({ text }) => text).join(`,${gap}`);
    const comma = trailingComma && properties.length > 0 ? ',' : '';
    const callee = alias === '' ? 'airportDelays' : 'declare';
    const lines = [
      `${mark}import { airportDelays${alias} } from './x';`,
      `const before = ${before};`,
      `export default ${callee}({${gap}${list}${comma}${gap}}${after});`,
      '',
    ];
    return { text: lines.join(lineEnd), names: properties.map(({ name }): string => name) };
  });

describe('any job file', () => {
  it('is scanned as it is parsed', () => {
    fc.assert(
      fc.property(jobFile, ({ text, names }) => {
        const parsed = parseJobFile(text.replace('\uFEFF', ''), 'airportDelays');
        expect('names' in parsed ? [...parsed.names] : parsed).toEqual(names);
        expect(scanHandlers(text, 'airportDelays')).toEqual({ names, complete: true });
      }),
      { numRuns: 150 },
    );
  });

  it('is amended by insertions alone, after which it has all handlers', () => {
    const job = jobOf('flights', 'weather');
    fc.assert(
      fc.property(jobFile, ({ text, names }) => {
        const result = amend(text, job);
        expect(result.added).toEqual(['flights', 'weather'].filter((name) => !names.includes(name)));
        // Greedy matching finds a subsequence wherever there is one.
        let matched = 0;
        for (const character of result.text) if (character === text[matched]) matched++;
        expect(matched).toBe(text.length);
        const parsed = parseJobFile(result.text.replace('\uFEFF', ''), 'airportDelays');
        expect('names' in parsed && [...parsed.names].toSorted()).toEqual(
          [...new Set([...names, 'flights', 'weather'])].toSorted(),
        );
      }),
      { numRuns: 150 },
    );
  });
});
