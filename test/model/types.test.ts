import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Config } from '../../generator/config/config.ts';
import { loadTypes } from '../../generator/model/types.ts';
import { findingText, project } from '../sources/project.ts';

async function load(files: { readonly [path: string]: string }, types?: Config['types']) {
  const loaded = await loadTypes({ schemas: ['**/*.{avsc,avdl,avpr}'], types }, project(files));
  return {
    types: loaded.types,
    lines: loaded.types.map(
      ({ fullName, identifier, path, source }) => `${fullName} = ${identifier} ${path} < ${source}`,
    ),
    findings: loaded.findings.map(findingText),
    notices: loaded.notices,
    files: loaded.files,
  };
}

const record = (name: string, ...fields: readonly (readonly [string, unknown])[]): string =>
  JSON.stringify({ type: 'record', name, fields: fields.map(([field, type]) => ({ name: field, type })) });

describe('loadTypes', () => {
  it('puts files together that refer to each other, whatever their kind', async () => {
    const { lines, findings, types } = await load({
      'a/flight.avsc': record('us.Flight', ['cause', 'Cause'], ['next', ['null', 'Flight']], ['plane', 'Plane']),
      'b/cause.avdl': 'namespace us; record Cause { array<Flight> flights; faa.Airport? at; }',
      'c/plane.avpr': `{"protocol":"faa.P","types":[${record('Airport', ['planes', { type: 'map', values: 'Plane' }])}]}`,
      'plane.avsc': record('Plane', ['of', 'us.Flight']),
      'list.avsc': JSON.stringify({ type: 'array', items: ['null', 'us.Flight'] }),
    });
    expect(findings).toEqual([]);
    expect(lines).toEqual([
      'Plane = Plane types/plane.ts < plane.avsc',
      'faa.Airport = Airport types/faa/airport.ts < c/plane.avpr',
      'list = List types/list.ts < list.avsc',
      'us.Cause = Cause types/us/cause.ts < b/cause.avdl',
      'us.Flight = Flight types/us/flight.ts < a/flight.avsc',
    ]);
    const flight = types.at(-1)?.type;
    const cause = flight?.kind === 'record' ? flight.fields[0]?.type : undefined;
    const flights = cause?.kind === 'record' ? cause.fields[0]?.type : undefined;
    expect(flights?.kind === 'array' && flights.items).toBe(flight);
  });

  it('gives inner definitions files of their own', async () => {
    const { lines } = await load({
      'order.avsc': record(
        'shop.Order',
        ['item', { type: 'record', name: 'Item', fields: [] }],
        ['id', { type: 'fixed', name: 'x.Id', size: 4 }],
      ),
    });
    expect(lines).toEqual([
      'shop.Item = Item types/shop/item.ts < order.avsc',
      'shop.Order = Order types/shop/order.ts < order.avsc',
      'x.Id = Id types/x/id.ts < order.avsc',
    ]);
  });

  it('names unnamed schemas after their files', async () => {
    const { lines, findings } = await load({
      'events.avsc': '["null", "a.A", "a.B"]',
      'both.avsc': `[${record('a.A')},${record('a.B')}]`,
      'main.avdl': 'namespace a; schema map<A>;',
      'named.avdl': 'namespace a; schema C; record C {}',
      'A.avsc': `[${record('A')},${record('Z')}]`,
    });
    expect(findings).toEqual([]);
    expect(lines).toEqual([
      'A = A types/a.ts < A.avsc',
      'Z = Z types/z.ts < A.avsc',
      'a.A = A types/a/a.ts < both.avsc',
      'a.B = B types/a/b.ts < both.avsc',
      'a.C = C types/a/c.ts < named.avdl',
      'both = Both types/both.ts < both.avsc',
      'events = Events types/events.ts < events.avsc',
      'main = Main types/main.ts < main.avdl',
    ]);
  });

  it('does not count unnamed schemas of imported files', async () => {
    const root = project({
      'a/a.avdl': 'import schema "../b.avsc"; record A { B b; }',
      'b.avsc': `["null", ${record('B')}]`,
    });
    const { types, findings, files } = await loadTypes({ schemas: ['a/*'] }, root);
    expect(findings).toEqual([]);
    expect(types.map(({ fullName }) => fullName)).toEqual(['A', 'B']);
    expect(files).toEqual(['a/a.avdl', 'b.avsc']);
  });

  it('finds no types without schemas', async () => {
    expect(await load({ 'README.md': '' })).toMatchObject({
      lines: [],
      findings: [expect.stringContaining('schemas[0]: `**/*.{avsc,avdl,avpr}` matches no schema file')],
    });
  });
});

describe('definitions of one name', () => {
  it('may be equal, but for doc and the order of members', async () => {
    const { lines, findings } = await load({
      'a.avsc': '{"type":"record","name":"n.R","doc":"one","fields":[{"name":"x","type":"int"}]}',
      'b.avdl': '/** other */ @namespace("n") record R { int x; }',
      'c.avpr':
        '{"protocol":"P","namespace":"n","types":[{"fields":[{"type":{"type":"int"},"name":"x"}],"name":"R","type":"record"}]}',
    });
    expect(findings).toEqual([]);
    expect(lines).toEqual(['n.R = R types/n/r.ts < a.avsc']);
  });

  it('that differ are a finding with both places', async () => {
    const { findings } = await load({
      'a.avdl': 'namespace n; record R { int x; }',
      'b.avsc':
        '{"type":"record","name":"S","namespace":"n","fields":[\n{"name":"r","type":{"type":"enum","name":"R","symbols":[]}}]}',
    });
    expect(findings).toEqual([
      'b.avsc:2:20 n.R: `n.R` is also defined in a.avdl:1:21, and differs there. Keep one definition, or rename one',
    ]);
  });

  it('of unnamed schemas: equal is fine, different a finding', async () => {
    const equal = await load({ 'a/x.avsc': '["null", "int"]', 'b/x.avsc': ' ["null","int"]' });
    expect(equal).toMatchObject({ findings: [], lines: ['x = X types/x.ts < a/x.avsc'] });
    const { findings } = await load({
      'a/x.avsc': '["null", "int"]',
      'b/x.avsc': '"int"',
      'c.avsc': record('y'),
      'y.avdl': 'schema int;',
    });
    const reason = (file: string, name: string): string =>
      `A schema without a name goes by the name of its file; ${file} has another \`${name}\``;
    expect(findings).toEqual([
      `b/x.avsc:1:1 x: ${reason('a/x.avsc', 'x')}. Rename the file, or give the schema a name`,
      `y.avdl:1:8 y: ${reason('c.avsc', 'y')}. Rename the file, or give the schema a name`,
    ]);
  });
});

describe('findings', () => {
  it.each<[string, string, string]>([
    [
      'a.avsc',
      '{"type":"record","name":"n.R",\n"fields":[{"name":"f","type":\n["null","Missing"]}]}',
      'a.avsc:3:9 n.R.f: "Missing" is not defined',
    ],
    ['a.avdl', 'namespace n;\nrecord R {\n  array<Missing> f;\n}', 'a.avdl:3:9 n.R.f: "Missing" is not defined'],
    ['a.avdl', 'namespace n; schema union { null,\nMissing };', 'a.avdl:2:1 a: "Missing" is not defined'],
    ['a.avdl', 'record R { int\nf = "x"; }', 'a.avdl:2:5 R.f: '],
    ['a.avdl', 'enum E { A,\nA }', 'a.avdl:2:1 E: The symbol "A" appears twice'],
    ['a.avdl', 'enum E { A }\n= B;', 'a.avdl:2:3 E: "B" is not one of the symbols'],
    ['a.avdl', 'record R { int a; int\n a; }', 'a.avdl:2:2 R.a: The field "a" appears twice'],
    ['a.avdl', 'record R { int\n größe; }', 'a.avdl:2:2 R.größe: "größe" is not a name of a field'],
    ['a.avdl', '@aliases(["ok", "not ok"]) fixed F(1);', 'a.avdl:1:17 F: "not ok" is not a name'],
    [
      'a.avpr',
      '{"protocol":"P","namespace":"n","types":[\n{"type":"enum","name":"E","symbols":["1"]}]}',
      'a.avpr:2:38 n.E: "1" is not a name',
    ],
    ['a.avsc', `[${record('A')},\n{"type":"fixed","name":"n.F","size":-1}]`, 'a.avsc:2:37 n.F: -1 is not a size'],
    ['a.avsc', `${record('A')}\n{"type":"fixed","name":"n.F","size":-1}`, 'a.avsc:2:37 n.F: -1 is not a size'],
  ])('in %s, `%s`', async (file, text, expected) => {
    const { findings } = await load({ [file]: text });
    expect(findings).toHaveLength(1);
    expect(findings[0]?.slice(0, expected.length)).toBe(expected);
  });

  it.each([
    ['a.avdl', 'namespace n; record R { strin a; }', '`string`'],
    ['a.avdl', 'namespace n; record R { timestampms a; }', '`timestamp_ms`'],
    ['a.avdl', 'namespace n; record Order { int a; } record R { Ordr a; }', '`n.Order`'],
    ['a.avdl', 'namespace n; record Order { int a; } record R { m.Ordr a; }', '`n.Order`'],
    ['a.avsc', '{"type":"recrod","name":"R","fields":[]}', '`record`'],
  ])('in %s, `%s` suggest what was meant', async (file, text, meant) => {
    const { findings } = await load({ [file]: text });
    expect(findings).toEqual([expect.stringMatching(/ is not defined\. Did you mean `[^`]+`\?$/)]);
    expect(findings[0]).toContain(meant);
  });

  it('lists the problems of all files', async () => {
    const { findings } = await load({
      'a.avsc': '{',
      'b.avdl': 'record {',
      'c.avsc': '["x",\n"y"]',
      'd.avdl': 'record { int',
    });
    expect(findings.map((text) => text.slice(0, 10))).toEqual([
      'a.avsc:1:2',
      'b.avdl:1:8',
      'd.avdl:1:8',
      'c.avsc:1:2',
      'c.avsc:2:1',
    ]);
  });
});

describe('logical types without effect are noticed', () => {
  it.each([
    [
      'record R { decimal(3, 5) a; array<decimal(2, 1)?> b; }',
      ['that do not fit their types are ignored: n.R.a (decimal)'],
    ],
    ['@logicalType("duration") fixed F(11);', ['that do not fit their types are ignored: n.F (duration)']],
    ['record R { map<@logicalType("date") long> a; }', ['that do not fit their types are ignored: n.R.a (date)']],
    ['record R { long @logicalType("date") a; }', ['are ignored beside a type, they belong into it: n.R.a (date)']],
    ['record R { @logicalType("of-mine") long a; long @logicalType("x") b; date c; uuid d; }', []],
    [
      'record R { decimal(1,2) a; decimal(1,2) b; decimal(1,2) c; decimal(1,2) d; decimal(1,2) e; }',
      ['that do not fit their types are ignored: n.R.a (decimal), n.R.b (decimal), n.R.c (decimal) and 2 more'],
    ],
  ])('%s', async (text, expected) => {
    const { notices } = await load({ 'a.avdl': `namespace n; ${text}` });
    expect(notices).toEqual(expected.map((each) => `Logical types ${each}`));
  });

  it('but not where the config takes them away', async () => {
    const schema = { 'a.avdl': 'record R { date a; timestamp_ms b; }' };
    const fields = { 'R.b': { logical: { 'timestamp-millis': 'base' } } } as const;
    expect((await load(schema, { logical: { date: 'base' }, fields })).notices).toEqual([]);
  });
});

describe('types.fields', () => {
  const schema = {
    'a.avdl': `namespace shop;
      record Order { long sequence; string name; timestamp_ms at; array<union { null, Money }> prices; map<date?> days; Price price; }
      record Money { @logicalType("timestamp-micros") long time; }
      @logicalType("decimal") @precision(4) fixed Price(4);`,
  };

  it('takes effect where it names a field that holds such a type', async () => {
    const { findings, types } = await load(schema, {
      logical: { 'timestamp-micros': 'base' },
      fields: {
        'shop.Order.sequence': { long: 'number' },
        'shop.Order.at': { logical: { 'timestamp-millis': 'base' }, long: 'number' },
        'shop.Order.days': { logical: { date: 'Date' } },
        'shop.Money.time': { long: 'number' },
      },
    });
    expect(findings).toEqual([]);
    const order = types.find(({ fullName }) => fullName === 'shop.Order')?.type;
    expect(order?.kind === 'record' && order.fields[0]?.type).toMatchObject({ kind: 'long', as: 'number' });
  });

  it.each<[string, object, string]>([
    [
      'shop.Order.sequenze',
      { long: 'number' },
      "types.fields['shop.Order.sequenze']: Record shop.Order has no field `sequenze`. Did you mean 'shop.Order.sequence'?",
    ],
    [
      'Bill.total',
      { long: 'number' },
      "types.fields['Bill.total']: There is no record Bill. Write the record's full name, a dot, and the field: 'shop.Order.sequence'",
    ],
    [
      'name',
      { long: 'number' },
      "types.fields['name']: There is no record of that name. Write the record's full name, a dot, and the field: 'shop.Order.sequence'",
    ],
    [
      'shop.Order.name',
      { long: 'number' },
      "types.fields['shop.Order.name'].long: This changes nothing: the field holds no long. Remove it, or map another field",
    ],
    [
      'shop.Order.at',
      { long: 'number' },
      "types.fields['shop.Order.at'].long: This changes nothing: the field holds no long. Remove it, or map another field",
    ],
    [
      'shop.Order.prices',
      { logical: { 'timestamp-micros': 'string' } },
      "types.fields['shop.Order.prices'].logical['timestamp-micros']: This changes nothing: the field holds no timestamp-micros. Remove it, or map another field",
    ],
    [
      'shop.Order.price',
      { logical: { decimal: 'bigint' } },
      "types.fields['shop.Order.price'].logical['decimal']: This changes nothing: the field holds no decimal. Remove it, or map another field",
    ],
  ])('of `%s` with %j is a finding', async (key, entry, finding) => {
    expect((await load(schema, { fields: { [key]: entry } })).findings).toEqual([finding]);
  });
});

describe('the order of files', () => {
  it('changes nothing but the file that a type is said to be from', async () => {
    const definitions = [
      record('a.A', ['b', 'B'], ['c', 'c.C']),
      record('a.B', ['a', { type: 'array', items: 'A' }]),
      record('c.C', ['d', ['null', 'D']]),
      record('D', ['c', 'c.C'], ['date', 'c.Date']),
      JSON.stringify({ type: 'enum', name: 'c.Date', symbols: ['X'] }),
      JSON.stringify({ type: 'fixed', name: 'c.date', size: 2 }),
    ];
    const expected = await load({ 'all.avsc': definitions.join('\n') });
    expect(expected.findings).toEqual([]);
    const withoutSource = (lines: readonly string[]): readonly string[] =>
      lines.map((line) => line.replace(/ <.*/, ''));
    await fc.assert(
      fc.asyncProperty(fc.shuffledSubarray(definitions, { minLength: definitions.length }), async (shuffled) => {
        const files = Object.fromEntries(shuffled.map((text, i) => [`${'xyz'[i % 3]}/${i}.avsc`, text]));
        const { lines, findings } = await load(files);
        expect(findings).toEqual([]);
        expect(withoutSource(lines)).toEqual(withoutSource(expected.lines));
      }),
      { numRuns: 20 },
    );
  });
});
