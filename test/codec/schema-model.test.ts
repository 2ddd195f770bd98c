import {
  type AvroType,
  canonicalForm,
  defaultValue,
  type Field,
  type FieldMapping,
  namedTypesOf,
  normalizedDefinition,
  normalizedSchema,
  parseSchema,
  planRead,
  sameSchema,
  type TypeMapping,
  type UnionType,
} from '@kgen/runtime/schema';
import { describe, expect, test } from 'vitest';

function parse(schema: unknown, mapping: TypeMapping = {}): AvroType {
  return parseSchema(JSON.stringify(schema), mapping);
}

/** The fields of a record, by name. */
function fieldsOf(type: AvroType): { readonly [name: string]: Field } {
  if (type.kind !== 'record') throw new Error('not a record');
  return Object.fromEntries(type.fields.map((field) => [field.name, field]));
}

function asOf(schema: unknown, mapping: TypeMapping = {}): string {
  const type = parse(schema, mapping);
  return 'as' in type ? type.as : type.kind;
}

describe('how types look in TypeScript', () => {
  test.each<[unknown, string]>([
    ['int', 'number'],
    ['long', 'bigint'],
    ['float', 'number'],
    ['bytes', 'bytes'],
    [{ type: 'fixed', name: 'F', size: 3 }, 'bytes'],
    [{ type: 'bytes', logicalType: 'decimal', precision: 4, scale: 2 }, 'string'],
    [{ type: 'string', logicalType: 'uuid' }, 'string'],
    [{ type: 'fixed', name: 'F', size: 16, logicalType: 'uuid' }, 'string'],
    [{ type: 'int', logicalType: 'date' }, 'string'],
    [{ type: 'int', logicalType: 'time-millis' }, 'number'],
    [{ type: 'long', logicalType: 'time-micros' }, 'number'],
    [{ type: 'long', logicalType: 'timestamp-millis' }, 'Date'],
    [{ type: 'long', logicalType: 'timestamp-micros' }, 'bigint'],
    [{ type: 'long', logicalType: 'local-timestamp-nanos' }, 'string'],
    [{ type: 'fixed', name: 'F', size: 12, logicalType: 'duration' }, 'duration'],
  ])('%j by default: %s', (schema, as) => {
    expect(asOf(schema)).toBe(as);
  });

  test.each<[string, unknown]>([
    ['unknown', { type: 'long', logicalType: 'moon-phase' }],
    ['on another base', { type: 'int', logicalType: 'timestamp-millis' }],
    ['no name', { type: 'long', logicalType: 3 }],
    ['decimal without precision', { type: 'bytes', logicalType: 'decimal' }],
    ['precision 0', { type: 'bytes', logicalType: 'decimal', precision: 0 }],
    ['scale beyond precision', { type: 'bytes', logicalType: 'decimal', precision: 2, scale: 3 }],
    ['negative scale', { type: 'bytes', logicalType: 'decimal', precision: 2, scale: -1 }],
    ['precision beyond the fixed', { type: 'fixed', name: 'F', size: 2, logicalType: 'decimal', precision: 5 }],
    ['a uuid of 15 bytes', { type: 'fixed', name: 'F', size: 15, logicalType: 'uuid' }],
    ['a duration of 11 bytes', { type: 'fixed', name: 'F', size: 11, logicalType: 'duration' }],
    ['a property name of all objects', { type: 'long', logicalType: 'constructor' }],
  ])('an invalid logical type is ignored, and kept as it is: %s', (_, schema) => {
    const type = parse(schema);
    expect('logical' in type).toBe(false);
    expect(JSON.parse(normalizedSchema(type))).toEqual(schema);
  });

  test('the largest precision of a fixed', () => {
    const logical = (size: number, precision: number): boolean =>
      'logical' in parse({ type: 'fixed', name: 'F', size, logicalType: 'decimal', precision });
    for (const [size, precision] of [
      [1, 2],
      [2, 4],
      [4, 9],
      [8, 18],
      [16, 38],
    ] as const) {
      expect([logical(size, precision), logical(size, precision + 1)]).toEqual([true, false]);
    }
  });

  test('the mapping: general, by field, and back to the base', () => {
    const mapping: TypeMapping = {
      long: 'number',
      logical: { 'timestamp-millis': 'string', date: 'base' },
      fields: { 'a.R.exact': { long: 'bigint', logical: { date: 'Date' } } satisfies FieldMapping },
    };
    const date = { type: 'int', logicalType: 'date' };
    const inner = { type: 'record', name: 'Inner', fields: [{ name: 'exact', type: 'long' }] };
    const fields = fieldsOf(
      parse(
        {
          type: 'record',
          name: 'a.R',
          fields: [
            { name: 'plain', type: 'long' },
            { name: 'exact', type: ['null', { type: 'map', values: { type: 'array', items: ['long', date, inner] } }] },
            { name: 'day', type: date },
            { name: 'at', type: { type: 'long', logicalType: 'timestamp-millis' } },
          ],
        },
        mapping,
      ),
    );
    expect(fields['plain']?.type).toMatchObject({ as: 'number' });
    expect(fields['day']?.type).toEqual({ kind: 'int', as: 'number', properties: { logicalType: 'date' } });
    expect(fields['at']?.type).toMatchObject({ as: 'string', logical: { name: 'timestamp-millis' } });
    const exact = fields['exact']?.type;
    const map = exact?.kind === 'union' ? exact.branches[1] : undefined;
    const items = map?.type.kind === 'map' && map.type.values.kind === 'array' ? map.type.values.items : undefined;
    const [long, day, record] = (items as UnionType).branches;
    expect(long?.type).toMatchObject({ as: 'bigint' });
    expect(day?.type).toMatchObject({ as: 'Date' });
    // A named type looks the same wherever it is used.
    expect(record?.type.kind === 'record' && record.type.fields[0]?.type).toMatchObject({ as: 'number' });
  });
});

describe('unions', () => {
  const union = (branches: readonly unknown[], mapping: TypeMapping = {}): string => {
    const type = parse(branches, mapping);
    if (type.kind !== 'union') throw new Error('not a union');
    return `${type.tagged ? 'tagged' : 'plain'} ${type.branches.map(({ tag }) => tag).join(' ')}`;
  };
  const rec = (name: string): object => ({ type: 'record', name, fields: [] });
  const date = { type: 'long', logicalType: 'timestamp-millis' };

  test.each<[readonly unknown[], string]>([
    [['null', 'string'], 'plain null string'],
    [['null', 'int', 'long', 'string', 'bytes', 'boolean'], 'plain null int long string bytes boolean'],
    [['int', 'double'], 'tagged int double'],
    [['string', { type: 'enum', name: 'a.E', symbols: ['A'] }], 'tagged string E'],
    [['string', date], 'plain string long'],
    [['bytes', { type: 'fixed', name: 'F', size: 1 }], 'tagged bytes F'],
    [['null', rec('a.R'), { type: 'array', items: 'int' }], 'plain null R array'],
    [[rec('a.R'), { type: 'map', values: 'int' }], 'tagged R map'],
    [[rec('a.R'), { type: 'fixed', name: 'D', size: 12, logicalType: 'duration' }], 'tagged R D'],
    [[rec('a.Card'), rec('b.Card'), rec('b.Cash')], 'tagged a.Card b.Card Cash'],
    [[rec('Card'), rec('b.Card')], 'tagged Card b.Card'],
    [[rec('a.map'), { type: 'map', values: 'int' }], 'tagged a.map map'],
    [[], 'plain '],
  ])('%j is %s', (branches, expected) => {
    expect(union(branches)).toBe(expected);
  });

  test('the mapping decides too', () => {
    expect(union(['int', 'long'], { long: 'number' })).toBe('tagged int long');
    expect(union(['string', date], { logical: { 'timestamp-millis': 'string' } })).toBe('tagged string long');
  });
});

describe('names', () => {
  const names = (schema: unknown): readonly string[] => [...namedTypesOf(parse(schema)).keys()];
  const rec = (name: string, more: object, ...types: readonly unknown[]): object => ({
    type: 'record',
    name,
    fields: types.map((type, index) => ({ name: `f${index}`, type })),
    ...more,
  });

  test('a namespace is inherited, a name with dots overrides it, and an empty one is the null namespace', () => {
    expect(
      names(
        rec(
          'A',
          { namespace: 'x.y' },
          rec('B', {}),
          rec('z.C', { namespace: 'ignored' }, rec('D', {})),
          rec('E', { namespace: '' }),
        ),
      ),
    ).toEqual(['x.y.A', 'x.y.B', 'z.C', 'z.D', 'E']);
  });

  test('a name is looked up in the namespace around it, then in the null namespace', () => {
    const type = parse([rec('X', {}), rec('a.X', {}), rec('Y', {}), rec('a.R', {}, 'X', 'Y', '.X')]);
    const record = type.kind === 'union' ? type.branches[3]?.type : undefined;
    const inner = Object.values(fieldsOf(record as AvroType)).map(({ type: field }) =>
      'name' in field ? field.name : '',
    );
    expect(inner).toEqual(['a.X', 'Y', 'X']);
  });

  test('aliases take the namespace of their type', () => {
    expect(parse(rec('a.R', { aliases: ['S', 'b.T', 'S', '.U'] }))).toMatchObject({ aliases: ['a.S', 'b.T', 'U'] });
  });

  test('types may be written in roundabout ways', () => {
    expect(parse({ type: { type: { type: 'string' } } })).toEqual({ kind: 'string', as: 'string' });
    expect(parse({ type: ['null', 'int'] })).toEqual(parse(['null', 'int']));
    expect(parse({ type: 'error', name: 'E', fields: [] })).toMatchObject({ kind: 'record' });
    expect(canonicalForm(parse(rec('R', {}, ['null', { type: 'R' }])))).toBe(
      '{"name":"R","type":"record","fields":[{"name":"f0","type":["null","R"]}]}',
    );
  });

  test('a record may be called like a complex type', () => {
    expect(names(rec('array', {}, ['null', { type: 'array', items: 'array' }]))).toEqual(['array']);
  });
});

describe('the normalized schema', () => {
  const schema = {
    name: 'R',
    doc: 'gone',
    type: 'record',
    zeta: { b: 1, a: [12345678901234567890n] },
    namespace: 'x',
    alpha: null,
    aliases: ['S'],
    fields: [
      {
        doc: 'gone',
        type: { type: 'long', logicalType: 'timestamp-millis', adjust: true },
        name: 'at',
        order: 'descending',
      },
      { name: 'n', aliases: ['m'], type: ['null', 'R'], default: null },
      { name: 'e', type: { type: 'enum', name: 'E', namespace: '', symbols: ['A'], default: 'A' } },
      { name: 'f', type: '.E' },
    ],
  };
  const text = JSON.stringify(schema, (_, value: unknown) =>
    typeof value === 'bigint' ? '#12345678901234567890' : value,
  ).replace('"#12345678901234567890"', '12345678901234567890');

  test('has full names and all that has a meaning, in one order', () => {
    expect(normalizedSchema(parseSchema(text))).toBe(
      '{"type":"record","name":"x.R","aliases":["x.S"],"fields":[' +
        '{"name":"at","type":{"type":"long","adjust":true,"logicalType":"timestamp-millis"},"order":"descending"},' +
        '{"name":"n","aliases":["m"],"type":["null","x.R"],"default":null},' +
        '{"name":"e","type":{"type":"enum","name":"E","namespace":"","symbols":["A"],"default":"A"}},' +
        '{"name":"f","type":".E"}' +
        '],"alpha":null,"zeta":{"b":1,"a":[12345678901234567890]}}',
    );
  });

  test('does not depend on how types look in TypeScript', () => {
    const mapping: TypeMapping = { long: 'number', logical: { 'timestamp-millis': 'base' } };
    expect(normalizedSchema(parseSchema(text, mapping))).toBe(normalizedSchema(parseSchema(text)));
  });

  test('of one definition names all others', () => {
    expect(normalizedDefinition(parse({ type: 'array', items: { type: 'record', name: 'a.R', fields: [] } }))).toBe(
      '{"type":"array","items":"a.R"}',
    );
    const type = parseSchema(text);
    expect(normalizedDefinition(type)).toContain('{"name":"e","type":".E"}');
  });

  test('tells whether two types mean the same', () => {
    const again = parseSchema(text.replaceAll('gone', 'other'));
    expect(sameSchema(parseSchema(text), again)).toBe(true);
    expect(sameSchema(parseSchema(text), parseSchema(text.replace('"m"', '"k"')))).toBe(false);
    expect(sameSchema(parse('int'), parse('long'))).toBe(false);
  });
});

describe('defaults', () => {
  const madeOf = (type: unknown, fallback: unknown, mapping: TypeMapping = {}): unknown => {
    const fields = fieldsOf(
      parse({ type: 'record', name: 'R', fields: [{ name: 'f', type, default: fallback }] }, mapping),
    );
    const field = fields['f'];
    if (field === undefined) throw new Error('no field');
    const value = defaultValue(field);
    if (typeof value === 'object' && value !== null) expect(defaultValue(field)).not.toBe(value);
    expect(defaultValue(field)).toStrictEqual(value);
    return value;
  };

  test.each<[unknown, unknown, unknown]>([
    ['long', 5, 5n],
    ['float', 0.1, Math.fround(0.1)],
    ['double', 'NaN', Number.NaN],
    ['double', '-Infinity', Number.NEGATIVE_INFINITY],
    ['bytes', '\u0000\u00ff', new Uint8Array([0, 255])],
    [{ type: 'long', logicalType: 'timestamp-millis' }, 5, new Date(5)],
    [{ type: 'bytes', logicalType: 'decimal', precision: 4, scale: 2 }, '\u0001\u0000', '2.56'],
    [
      { type: 'fixed', name: 'D', size: 12, logicalType: 'duration' },
      '\u0001\0\0\0\u0002\0\0\0\u0003\0\0\0',
      { months: 1, days: 2, millis: 3 },
    ],
    [['null', 'string'], 'a', 'a'],
    [['int', 'double'], 1, { branch: 'int', value: 1 }],
    [['int', 'double'], 1.5, { branch: 'double', value: 1.5 }],
    [['null', 'int', 'double'], null, null],
    [
      { type: 'array', items: ['int', 'string', 'double'] },
      [1, 'x'],
      [
        { branch: 'int', value: 1 },
        { branch: 'string', value: 'x' },
      ],
    ],
    [{ type: 'map', values: 'int' }, { a: 1 }, { a: 1 }],
  ])('of %j, %j', (type, fallback, expected) => {
    expect(madeOf(type, fallback)).toStrictEqual(expected);
  });

  test('a map default with the key __proto__', () => {
    const text =
      '{"type":"record","name":"R","fields":[{"name":"f","type":{"type":"map","values":"int"},"default":{"__proto__":1}}]}';
    const field = fieldsOf(parseSchema(text))['f'] as Field;
    expect(Object.entries(defaultValue(field) as object)).toEqual([['__proto__', 1]]);
  });

  test('there is none', () => {
    const field = fieldsOf(parse({ type: 'record', name: 'R', fields: [{ name: 'f', type: 'int' }] }))['f'] as Field;
    expect(() => defaultValue(field)).toThrow(expect.objectContaining({ code: 'schema' }));
  });
});

describe('plans', () => {
  test('know which records can contain themselves', () => {
    const type = parse({
      type: 'record',
      name: 'Outer',
      fields: [
        {
          name: 'tree',
          type: {
            type: 'record',
            name: 'Tree',
            fields: [{ name: 'children', type: { type: 'array', items: 'Tree' } }],
          },
        },
        { name: 'leaf', type: { type: 'record', name: 'Leaf', fields: [{ name: 'x', type: 'int' }] } },
      ],
    });
    const plan = planRead(type, type);
    if (plan.op !== 'record') throw new Error('not a record');
    expect(plan.recursive).toBe(false);
    const inner = plan.steps.map((step) => step.do === 'read' && step.plan.op === 'record' && step.plan.recursive);
    expect(inner).toEqual([true, false]);
  });

  test('know how small items can be', () => {
    const size = (items: unknown): number | undefined => {
      const type = parse({ type: 'array', items });
      const plan = planRead(type, type);
      return plan.op === 'array' ? plan.minimumItemSize : undefined;
    };
    const pair = {
      type: 'record',
      name: 'P',
      fields: [
        { name: 'a', type: 'double' },
        { name: 'b', type: ['null', 'double'] },
      ],
    };
    expect(
      ['null', 'int', 'float', 'double', 'string', pair, { type: 'fixed', name: 'F', size: 7 }, ['double', 'int']].map(
        size,
      ),
    ).toEqual([0, 1, 4, 8, 1, 9, 7, 2]);
  });

  test('are cyclic where schemas are', () => {
    const type = parse({ type: 'record', name: 'N', fields: [{ name: 'n', type: ['null', 'N'] }] });
    const plan = planRead(type, type);
    const step = plan.op === 'record' ? plan.steps[0] : undefined;
    const union = step?.do === 'read' && step.plan.op === 'writer-union' ? step.plan.branches[1] : undefined;
    expect(union?.op === 'reader-union' && union.plan).toBe(plan);
  });
});
