import { positionOf } from '@kgen/runtime/schema';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseIdl } from '../../generator/sources/idl/parse.ts';
import { MAX_NESTING, MAX_PROBLEMS } from '../../generator/sources/idl/token-stream.ts';
import { cpuTime } from '../support/cpu-time.ts';

function errors(text: string): readonly string[] {
  return parseIdl(text).problems.map(({ offset, reason, hint }) => {
    const { line, column } = positionOf(text, offset);
    return `${line}:${column} ${reason}. ${hint}`;
  });
}

const NAME = 'Names are letters, digits and underscores, and start with no digit';

describe('errors', () => {
  it.each<[string, ...string[]]>([
    ['record A { string name int x; }', '1:23 Expected `;` after field `name`, found `int`. End it with `;`'],
    ['record A {\n  string;\n}', `2:9 Expected the name of a field of record A, found \`;\`. ${NAME}`],
    ['record A { array<int x; }', '1:22 Expected `>` after the type in array<…>, found `x`. Insert `>` before it'],
    [
      'record A { union { null string } z; }',
      '1:25 Expected `}` or `,` after a type of the union, found `string`. Close the union with `}`',
    ],
    ['enum E { A, B, }', `1:16 Expected a symbol of enum E, found \`}\`. ${NAME}`],
    ['enum E { A } = ;', `1:16 Expected the default of enum E, found \`;\`. ${NAME}`],
    ['fixed F(x);', '1:9 Expected the size in bytes, found `x`. Write an integer'],
    ['fixed F;', '1:8 Expected `(` after the name of fixed F, found `;`. Give its size in bytes: fixed F(16);'],
    [
      'record A {};',
      '1:12 Expected `protocol`, `namespace`, `schema`, `import`, `record`, `error`, `enum` or `fixed`, found `;`. Remove the `;`',
    ],
    [
      'record A { string a;\nrecord B { int b; } }',
      '2:1 Definitions cannot stand inside record A, found `record`. Move it out; if it is outside, a `}` is missing before it',
    ],
    ['record A { int x;', '1:18 Expected `}` at the end of record A, found the end of the file. Close it with `}`'],
    ['record 1A {}', `1:8 Expected the name of the record, found \`1A\`. ${NAME}`],
    ['record A { array<string>? x; }', '1:25 `?` cannot follow array<…>. Write union { null, array<…> }'],
    ['record A { union { null, int }? x; }', '1:31 `?` cannot follow union { … }. Make `null` one of its types'],
    ['record A { union { int? } x; }', '1:20 A union cannot hold another. Make `null` one of its types'],
    ['record A { void x; }', '1:12 `void` is not a type of data. Write `null`'],
    [
      'record A { decimal x; }',
      '1:20 Expected `(` after `decimal`, found `x`. Give precision and scale: decimal(9, 2)',
    ],
    ['record A { `int` x; }', '1:12 No type can be named `int`. Drop the backticks to use the primitive type'],
    [
      'record A { @x(1) Foo x; }',
      '1:13 A reference to a type takes no annotations, found @x in front of `Foo`. Write it where the type is defined, or, for the field, behind the type',
    ],
    [
      'record A { @aliases(["b"]) string x; }',
      '1:13 @aliases cannot be an annotation here. To give a field aliases, write them in front of its name, behind its type',
    ],
    ['@doc("d") record A { }', '1:2 @doc cannot be an annotation here. Write a doc comment: /** … */'],
    [
      'record A { int @default(1) x; }',
      '1:17 @default cannot be an annotation here. Write the default behind the name: = value',
    ],
    ['@aliases("x") record A { }', '1:2 @aliases takes an array of strings. Write it as @aliases(["OldName"])'],
    ['@namespace(1) record A { }', '1:2 @namespace takes a string. Write it as @namespace("com.example")'],
    ['record A { int @order("up") x; }', '1:17 @order takes "ascending", "descending" or "ignore". Write one of them'],
    ['@foo record A {}', '1:6 Expected `(` after @foo, found `record`. Give it a value: @foo("…")'],
    ["record A { string s = 'x'; }", '1:23 Single quotes hold no string. Write double quotes'],
    ['record A { string s = x; }', '1:23 Expected a JSON value, found `x`. Write it with double quotes: "x"'],
    [
      'record A { int i = 09; }',
      '1:20 `09` is not a number. Write it as in JSON; a leading 0 means octal, 0x hexadecimal',
    ],
    [
      'record A { double d = 1e999; }',
      '1:23 `1e999` is beyond the range of a double. Write Infinity or -Infinity if you mean it',
    ],
    [
      'record A { string s = "\\q"; }',
      '1:24 `\\q` is not an escape. Write a backslash as `\\\\`; the others are \\n \\r \\t \\b \\f \\" and \\uXXXX',
    ],
    ['record A { string s = "x;\n int i; }', '1:23 String without an end. Close it with `"` on the same line'],
    ['record A { int i = {"k" 1}; }', '1:25 Expected `:` after the key "k", found `1`. Insert `:` before it'],
    [
      'record A { int i = {k: 1}; }',
      '1:21 Expected a key, found `k`. Keys of JSON objects are strings in double quotes',
    ],
    ['/* never ends', '1:1 Comment without an end. Close it with `*/`'],
    ['record A { int\u00a0a; }', '1:15 Unexpected character `\\u{a0}`. Write an ordinary space'],
    ['record A { int a; }\u001b[31m', '1:20 Unexpected character `\\u{1b}`. Remove it'],
    ['import idl foo;', '1:12 Expected a file name, found `foo`. Write it in double quotes'],
    [
      'import "a.avdl";',
      '1:8 Expected `idl`, `protocol` or `schema` after `import`, found the string "a.avdl". Say what the file is: import idl "file.avdl";',
    ],
    ['record A {} namespace a;', '1:13 `namespace` comes first in a file, and once. Move it to the top'],
    ['record A {} schema A;', '1:13 `schema` comes before imports and definitions. Move it up, behind `namespace`'],
    ['schema int; schema long;', '1:13 A file has one `schema` statement. Remove this one'],
    ['record A {} protocol P {}', '1:13 A protocol is alone in its file. Move what is before it into the protocol'],
    [
      'protocol P {} record A {}',
      '1:15 Nothing can follow protocol P, found `record`. Move it into the protocol, or into a file of its own',
    ],
    ['protocol P { int; }', `1:17 Expected the name of a message, found \`;\`. ${NAME}`],
    ['@x(1) import idl "a.avdl";', '1:2 @x cannot stand in front of an import. Remove it'],
  ])('says of `%s` what is wrong', (text, ...expected) => {
    expect(errors(text)).toEqual(expected);
  });

  it('goes on after an error, and keeps what it understood', () => {
    const file = parseIdl(`
      protocol P {
        record A { int a; strin; union { null string } b; map<int c; string d = "ok"; }
        enum E { X Y }
        string broken(int;
        fixed F(four);
        record B { A a; }
      }
    `);
    expect(file.problems.map(({ reason }) => reason)).toEqual([
      'Expected the name of a field of record A, found `;`',
      'Expected `}` or `,` after a type of the union, found `string`',
      'Expected `>` after the type in map<…>, found `c`',
      'Expected `}` or `,` after a symbol of enum E, found `Y`',
      'Expected the name of a parameter of message broken, found `;`',
      'Expected the size in bytes, found `four`',
    ]);
    expect(file.definitions.map(({ name, fields }) => [name, JSON.stringify(fields)])).toEqual([
      ['A', '[{"name":"a","type":"int"},{"name":"d","type":"string","default":"ok"}]'],
      ['B', '[{"name":"a","type":"A"}]'],
    ]);
  });

  it(`reports the first ${MAX_PROBLEMS}`, () => {
    const text = `record A { ${'int;\n'.repeat(50)} }`;
    expect(errors(text)).toHaveLength(MAX_PROBLEMS);
    expect(errors(text).at(-1)).toMatch(new RegExp(`^${MAX_PROBLEMS}:`));
  });
});

describe('hostile text', () => {
  it('accepts deep nesting up to a limit, and reports more', () => {
    const nested = (levels: number): string => `record A { ${'array<'.repeat(levels)}int${'>'.repeat(levels)} x; }`;
    expect(errors(nested(100))).toEqual([]);
    const reason = `Nesting deeper than ${MAX_NESTING} levels. Give the inner types names, as records`;
    expect(errors(nested(100_000))).toEqual([expect.stringContaining(reason)]);
    expect(errors(`record A { int x = ${'['.repeat(100_000)}; int y; }`)[0]).toContain('Nesting deeper than');
    expect(errors(`@x(${'{"a":'.repeat(100_000)}`)[0]).toContain('Nesting deeper than');
  });

  it.each([
    ['one long word', `record ${'a.'.repeat(1_000_000)}a {}`],
    ['one long number', `fixed F(${'9'.repeat(2_000_000)});`],
    ['one long string', `record A { string s = "${'\\n'.repeat(1_000_000)}"; }`],
    ['one long comment', `/** ${'* \n'.repeat(500_000)} */ record A {}`],
    ['many open brackets', '([{<'.repeat(500_000)],
    ['many pairs of brackets', `${'('.repeat(500_000)}${'()'.repeat(500_000)}`],
    ['many closing brackets', '}'.repeat(1_000_000)],
    ['many quotes', `"\n`.repeat(500_000)],
    ['many declarations that break', 'record A { int '.repeat(100_000)],
  ])('gets through %s in seconds', (_, text) => {
    const started = cpuTime();
    expect(parseIdl(text).problems.length).toBeLessThanOrEqual(MAX_PROBLEMS);
    expect(cpuTime() - started).toBeLessThan(10_000);
  });

  it('never throws, whatever the text', () => {
    const pieces = fc.constantFrom(
      ...'protocol namespace import idl schema record error enum fixed array map union decimal int string null void oneway throws A b `c` { } ( ) [ ] < > : ; , @ = ? " \' \\ /* */ /** // 1 -0x1F 1.5 NaN . - §'.split(
        ' ',
      ),
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 60 }), fc.constantFrom(' ', '', '\n'), (words, space) => {
        const { problems } = parseIdl(words.join(space));
        for (const { offset } of problems) expect(offset).toBeGreaterThanOrEqual(0);
      }),
      { numRuns: 2000 },
    );
  });
});
