import { AvroSchemaError } from '@kgen/runtime';
import { parseJson, parseSchema, readSchemas, type SchemaDocument } from '@kgen/runtime/schema';
import { describe, expect, test } from 'vitest';

/** `path: reason` of each problem. */
function problemsOf(schema: unknown): readonly string[] {
  try {
    parseSchema(typeof schema === 'string' ? schema : JSON.stringify(schema));
    return [];
  } catch (error) {
    if (!(error instanceof AvroSchemaError) || error.code !== 'schema') throw error;
    for (const { hint } of error.problems) expect(hint).toMatch(/^[A-Z][^.]*[^. ]/);
    return error.problems.map(({ path, reason }) => `${path}: ${reason}`);
  }
}

const field = (type: unknown, more: object = {}): object => ({
  type: 'record',
  name: 'R',
  fields: [{ name: 'f', type, ...more }],
});

describe('one problem', () => {
  test.each<[unknown, string]>([
    ['"Foo"', ': "Foo" is not defined'],
    ['3', ': 3 is not a schema'],
    ['null', ': null is not a schema'],
    ['{}', ': a schema without a type'],
    ['{"type":null}', 'type: null is not a schema'],
    [{ type: 'array' }, ': an array without "items"'],
    [{ type: 'map' }, ': a map without "values"'],
    [{ type: 'array', items: { type: 'map', values: 'Foo' } }, 'items.values: "Foo" is not defined'],
    [{ type: 'record', name: 'R' }, ': a record without "fields"'],
    [{ type: 'record', fields: [] }, ': a named type without a name'],
    [{ type: 'record', name: '1R', fields: [] }, 'name: "1R" is not a name'],
    [{ type: 'record', name: 'a-b', fields: [] }, 'name: "a-b" is not a name'],
    [{ type: 'record', name: 'a..b', fields: [] }, 'name: "a..b" is not a name'],
    [{ type: 'record', name: '.b', fields: [] }, 'name: ".b" is not a name'],
    [{ type: 'record', name: 'ä', fields: [] }, 'name: "ä" is not a name'],
    [{ type: 'record', name: 'string', fields: [] }, 'name: "string" is the name of a primitive type'],
    [{ type: 'enum', name: 'a.int', symbols: ['A'] }, 'name: "a.int" is the name of a primitive type'],
    [{ type: 'record', name: 'R', namespace: 'a.', fields: [] }, 'namespace: "a." is not a namespace'],
    [{ type: 'record', name: 'R', namespace: 3, fields: [] }, 'namespace: 3 is not a namespace'],
    [{ type: 'record', name: 'R', aliases: 'X', fields: [] }, 'aliases: "aliases" is not an array'],
    [{ type: 'record', name: 'R', aliases: ['ok', 'a b'], fields: [] }, 'aliases[1]: "a b" is not a name'],
    [{ type: 'record', name: 'R', fields: [3] }, 'fields[0]: 3 is not a field'],
    [{ type: 'record', name: 'R', fields: [{ type: 'int' }] }, 'fields[0].name: nothing is not a name of a field'],
    [
      { type: 'record', name: 'R', fields: [{ name: 'a.b', type: 'int' }] },
      'fields[0].name: "a.b" is not a name of a field',
    ],
    [{ type: 'record', name: 'R', fields: [{ name: 'a' }] }, 'fields[0]: the field "a" has no type'],
    [field('int', { order: 'up' }), 'fields[0].order: "up" is not an order'],
    [field('int', { aliases: ['a.b'] }), 'fields[0].aliases[0]: "a.b" is not a name of a field'],
    [field('array'), 'fields[0].type: "array" is not defined'],
    [field(['int', ['string']]), 'fields[0].type[1]: a union directly inside a union'],
    [field(['int', { type: 'int' }]), 'fields[0].type[1]: the union has the branch "int" twice'],
    [
      ['null', { type: 'array', items: 'int' }, { type: 'array', items: 'long' }],
      '[2]: the union has the branch "array" twice',
    ],
    [[{ type: 'fixed', name: 'F', size: 1 }, 'F'], '[1]: the union has the branch "F" twice'],
    [['string', { type: 'string', logicalType: 'uuid' }], '[1]: the union has the branch "string" twice'],
    [{ type: 'enum', name: 'E' }, ': an enum without "symbols"'],
    [{ type: 'enum', name: 'E', symbols: ['A', 'A'] }, 'symbols[1]: the symbol "A" appears twice'],
    [{ type: 'enum', name: 'E', symbols: ['A-B'] }, 'symbols[0]: "A-B" is not a name'],
    [{ type: 'enum', name: 'E', symbols: ['A'], default: 'B' }, 'default: "B" is not one of the symbols'],
    [{ type: 'fixed', name: 'F' }, 'size: nothing is not a size'],
    [{ type: 'fixed', name: 'F', size: -1 }, 'size: -1 is not a size'],
    [{ type: 'fixed', name: 'F', size: 1.5 }, 'size: 1.5 is not a size'],
    ['{"type":"int"', ": expected ',' or '}' (line 1, column 14)"],
    ['{"type":"int","type":"long"}', ': the name "type" appears twice in one object (line 1, column 15)'],
  ])('%j', (schema, problem) => {
    expect(problemsOf(schema)).toEqual([problem]);
  });
});

describe('defaults', () => {
  const reason = (type: unknown, fallback: unknown): string | undefined => {
    const text = JSON.stringify(field(type)).replace('"name":"f"', `"name":"f","default":${JSON.stringify(fallback)}`);
    const [problem, ...more] = problemsOf(text);
    expect(more).toEqual([]);
    return problem;
  };
  const E = { type: 'enum', name: 'E', symbols: ['A', 'B'] };
  const F = { type: 'fixed', name: 'F', size: 2 };
  const P = {
    type: 'record',
    name: 'P',
    fields: [
      { name: 'x', type: 'int' },
      { name: 'y', type: 'int', default: 0 },
    ],
  };

  test.each<[unknown, unknown]>([
    ['null', null],
    ['boolean', false],
    ['int', -2147483648],
    ['long', 2 ** 53],
    ['float', 'NaN'],
    ['float', 3],
    ['double', '-Infinity'],
    ['double', 1e300],
    ['string', 'ä'],
    ['bytes', '\u00ff\u0000'],
    [E, 'B'],
    [F, '\u0001\u00fe'],
    [{ type: 'array', items: 'int' }, [1, 2]],
    [
      { type: 'map', values: ['null', 'int'] },
      { a: null, __proto__x: 1 },
    ],
    [P, { x: 1 }],
    [P, { x: 1, y: 2, extra: true }],
    [['null', 'int'], null],
    [['null', 'int'], 3],
    [['null', P], { x: 1 }],
    [{ type: 'string', logicalType: 'uuid' }, '6ec0bd7f-11c0-43da-975e-2a8ad9ebae0b'],
    [{ type: 'long', logicalType: 'timestamp-millis' }, 0],
  ])('of %j may be %j', (type, fallback) => {
    expect(reason(type, fallback)).toBeUndefined();
  });

  test.each<[unknown, unknown, string]>([
    ['null', 0, 'default: the default does not fit its type: 0 is not null'],
    ['null', 'null', 'default: the default does not fit its type: "null" is not null'],
    ['boolean', 'true', 'default: the default does not fit its type: "true" is not true or false'],
    ['int', 1.5, 'default: the default does not fit its type: 1.5 is not an integer of 32 bits'],
    ['int', 2147483648, 'default: the default does not fit its type: 2147483648 is not an integer of 32 bits'],
    ['int', '1', 'default: the default does not fit its type: "1" is not an integer of 32 bits'],
    ['long', 1e19, 'default: the default does not fit its type: 10000000000000000000 is not an integer of 64 bits'],
    ['float', 1e39, 'default: the default does not fit its type: 1e+39 is not a number in the range of a float'],
    ['float', 'nan', 'default: the default does not fit its type: "nan" is not a number in the range of a float'],
    ['string', 1, 'default: the default does not fit its type: 1 is not a string without lone surrogates'],
    [
      'bytes',
      'Ā',
      'default: the default does not fit its type: "Ā" is not a string of characters U+0000 to U+00FF, one a byte',
    ],
    [E, 'C', 'default: the default does not fit its type: "C" is not a symbol of E'],
    [F, 'abc', 'default: the default does not fit its type: 3 bytes, where F has 2'],
    [
      { type: 'array', items: 'int' },
      [1, 'x'],
      'default[1]: the default does not fit its type: "x" is not an integer of 32 bits',
    ],
    [{ type: 'map', values: 'int' }, [], 'default: the default does not fit its type: an array is not an object'],
    [P, {}, 'default: the default does not fit its type: the field "x" is missing, and has no default of its own'],
    [P, { x: 1, y: 'b' }, 'default.y: the default does not fit its type: "b" is not an integer of 32 bits'],
    [['null', 'int'], 'x', 'default: the default does not fit its type: "x" fits no branch of the union'],
    [
      { type: 'string', logicalType: 'uuid' },
      'x',
      'default: the default does not fit its type: "x" cannot be a uuid: not a UUID',
    ],
  ])('of %j may not be %j', (type, fallback, expected) => {
    expect(reason(type, fallback)).toBe(`fields[0].${expected}`);
  });

  test('a default that leads back to itself', () => {
    const node = { type: 'record', name: 'Node', fields: [{ name: 'next', type: 'Node', default: {} }] };
    expect(problemsOf(node)).toEqual(['fields[0].default: the default contains itself']);
    const fine = { type: 'record', name: 'Node', fields: [{ name: 'next', type: ['null', 'Node'], default: null }] };
    expect(problemsOf(fine)).toEqual([]);
  });

  test('defaults that multiply', () => {
    let type: unknown = 'int';
    for (let level = 0; level < 30; level++) {
      const fallback = level === 0 ? 0 : {};
      const inner = level === 0 ? type : (type as { readonly name: string });
      type = {
        type: 'record',
        name: `L${level}`,
        fields: [
          { name: 'a', type: inner, default: fallback },
          { name: 'b', type: level === 0 ? 'int' : `L${level - 1}`, default: fallback },
        ],
      };
    }
    expect(problemsOf(type).some((problem) => problem.includes('expands to more than 100000 values'))).toBe(true);
  });

  test('a union of records that all nearly fit takes no exponential time', () => {
    const fields = [{ name: 'next', type: ['null', 'A', 'B'] }];
    const schema = [
      { type: 'record', name: 'A', fields: [...fields, { name: 'a', type: 'int' }] },
      { type: 'record', name: 'B', fields: [...fields, { name: 'b', type: 'int' }] },
      {
        type: 'record',
        name: 'C',
        fields: [{ name: 'f', type: ['A', 'B'], default: nest(60) }],
      },
    ];
    function nest(levels: number): object {
      return { next: levels === 0 ? null : nest(levels - 1), c: 1 };
    }
    expect(problemsOf(schema)).toHaveLength(1);
  });
});

test('all problems are listed', () => {
  const schema = {
    type: 'record',
    name: 'R',
    fields: [
      { name: 'a', type: 'Missing' },
      { name: 'a', type: 'int' },
      { name: 'c', type: ['int', 'int'] },
      { name: 'd', type: 'int', default: 'x' },
      { name: 'e', type: { type: 'enum', name: 'E', symbols: ['A', '1'] } },
      { name: 'f', type: { type: 'record', name: 'In', fields: [{ name: 'x', type: 'int', order: 'odd' }] } },
    ],
  };
  expect(problemsOf(schema).map((problem) => problem.split(':')[0])).toEqual([
    'fields[4].type.symbols[1]',
    'fields[0].type',
    'fields[1]',
    'fields[2].type[1]',
    'fields[5].type.fields[0].order',
    'fields[3].default',
  ]);
});

describe('several documents', () => {
  const document = (source: string, schema: unknown, more: Partial<SchemaDocument> = {}): SchemaDocument => ({
    source,
    schema: parseJson(JSON.stringify(schema)),
    ...more,
  });
  const rec = (name: string, ...types: readonly unknown[]): object => ({
    type: 'record',
    name,
    fields: types.map((type, index) => ({ name: `f${index}`, type })),
  });

  test('refer to each other in any order, in cycles too', () => {
    const { roots, named, problems } = readSchemas([
      document('a.avsc', rec('x.A', ['null', 'B'], 'y.C')),
      document('b.avsc', rec('x.B', { type: 'array', items: 'A' })),
      document('c.avsc', rec('y.C', ['null', 'x.A'])),
    ]);
    expect(problems).toEqual([]);
    expect([...named.keys()]).toEqual(['x.A', 'x.B', 'y.C']);
    const [a, b] = roots;
    if (a?.kind !== 'record' || b?.kind !== 'record') throw new Error('not records');
    const union = a.fields[0]?.type;
    expect(union?.kind === 'union' && union.branches[1]?.type).toBe(b);
    const array = b.fields[0]?.type;
    expect(array?.kind === 'array' && array.items).toBe(a);
    expect(named.get('y.C')).toMatchObject({ source: 'c.avsc', path: '' });
  });

  test('the same name twice: equal is fine, whatever is around and whatever the doc says', () => {
    const inner = { type: 'enum', name: 'E', namespace: 'x', symbols: ['A'] };
    const { roots, problems } = readSchemas([
      document('a.avsc', rec('A', { ...inner, doc: 'one' })),
      document('b.avsc', rec('B', { ...inner, doc: 'other' })),
    ]);
    expect(problems).toEqual([]);
    const types = roots.map((root) => (root.kind === 'record' ? root.fields[0]?.type : undefined));
    expect(types[0]).toBe(types[1]);
  });

  test('the same name twice: different is a problem that names both places', () => {
    const { problems } = readSchemas([
      document('a.avsc', rec('A', { type: 'enum', name: 'E', symbols: ['A'] })),
      document('b.avsc', rec('B', { type: 'enum', name: 'E', symbols: ['B'] })),
      document('c.avsc', 'Missing'),
    ]);
    expect(problems).toEqual([
      { source: 'c.avsc', path: '', reason: '"Missing" is not defined', hint: expect.any(String), unknown: 'Missing' },
      {
        source: 'b.avsc',
        path: 'fields[0].type',
        reason: 'E is defined again, and differs from its definition in a.avsc at fields[0].type',
        hint: 'Keep one definition, or rename one',
        other: { source: 'a.avsc', path: 'fields[0].type' },
      },
    ]);
  });

  test('part of a document, with a namespace around it', () => {
    const { named, problems } = readSchemas([
      document('p.avpr', rec('A', 'B'), { path: 'types[0]', namespace: 'n' }),
      document('p.avpr', rec('B', 'Nope'), { path: 'types[1]', namespace: 'n' }),
    ]);
    expect([...named.keys()]).toEqual(['n.A', 'n.B']);
    expect(problems.map(({ source, path }) => `${source} ${path}`)).toEqual(['p.avpr types[1].fields[0].type']);
  });

  test('a missing name suggests the same name elsewhere', () => {
    const { problems } = readSchemas([document('a.avsc', rec('x.A', 'B')), document('b.avsc', rec('y.B'))]);
    expect(problems[0]?.hint).toBe('Did you mean "y.B"');
  });
});

describe('size', () => {
  test('100 levels and 1,000 fields work', () => {
    let type: unknown = 'int';
    for (let level = 0; level < 100; level++)
      type = { type: 'record', name: `L${level}`, fields: [{ name: 'f', type }] };
    expect(problemsOf(type)).toEqual([]);
    const fields = Array.from({ length: 1000 }, (_, index) => ({ name: `f${index}`, type: 'int', default: index }));
    expect(problemsOf({ type: 'record', name: 'Wide', fields })).toEqual([]);
  });

  test('20,000 levels are a problem, not the end of the stack', () => {
    expect(problemsOf(`${'{"type":"array","items":'.repeat(20_000)}"int"${'}'.repeat(20_000)}`)).toHaveLength(1);
    expect(problemsOf('['.repeat(20_000))).toHaveLength(1);
    expect(problemsOf(`${'{"type":"array","items":'.repeat(600)}"int"${'}'.repeat(600)}`)).toEqual([
      ': types nest more than 500 levels deep',
    ]);
  });

  test('20,000 levels by names', () => {
    const records = Array.from({ length: 20_000 }, (_, index) => ({
      type: 'record',
      name: `R${index}`,
      fields: index === 19_999 ? [] : [{ name: 'f', type: `R${index + 1}`, default: {} }],
    }));
    expect(problemsOf(records)).toEqual([': types nest more than 1500 levels deep, names followed']);
    const fewer = records.slice(0, 1000);
    expect(problemsOf([...fewer, { type: 'record', name: 'R1000', fields: [] }])).toEqual([]);
  });
});
