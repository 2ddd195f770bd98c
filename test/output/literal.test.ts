import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readProperty } from '../../generator/output/literal.ts';

test.each([
  [`codec({ schema: 'text', read })`, 'text'],
  [`codec({\n  schema:\n    "it's",\n})`, "it's"],
  [`codec({ schema: 'a' +\n 'b' + /* c */ "c" })`, 'abc'],
  [`codec({ schema: 'it\\'s \\\\ \\n \\u{1f600} \\u0041 \\x41' })`, "it's \\ \n 😀 A A"],
  [`const myschema: 'no'; codec({ schema: 'yes' })`, 'yes'],
  [`codec({ schema: other })`, undefined],
  [`codec({ schema: \`template\` })`, undefined],
  [`codec({ schema: 'unfinished`, undefined],
  [`codec({ schema: 'a' + b })`, undefined],
  [`nothing`, undefined],
])('reads the text in %j', (source, expected) => {
  expect(readProperty(source, 'schema')).toBe(expected);
});

test('reads objects of texts', () => {
  const source = `recordCodec({
    mapping: { long: 'number', logical: { 'timestamp-millis': "Date", }, fields: { "a.B.c": { long: 'bigint' } } }, // and so on
    read,
  })`;
  expect(readProperty(source, 'mapping')).toEqual({
    long: 'number',
    logical: { 'timestamp-millis': 'Date' },
    fields: { 'a.B.c': { long: 'bigint' } },
  });
  expect(readProperty(`{ mapping: {} }`, 'mapping')).toEqual({});
  expect(readProperty(`{ mapping: { long: 3 } }`, 'mapping')).toBe(undefined);
  expect(readProperty(`{ mapping: { long 'a' } }`, 'mapping')).toBe(undefined);
  expect(readProperty(`{ mapping: { long: 'a'`, 'mapping')).toBe(undefined);
});

test('reads whatever JSON wrote', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(readProperty(`{ schema: ${JSON.stringify(text)} }`, 'schema')).toBe(text);
    }),
    { numRuns: 300 },
  );
});
