import { deepStrictEqual } from 'node:assert/strict';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { runInThisContext } from 'node:vm';
import { Reader } from '@kgen/runtime';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { documentation } from '../../../generator/emit/types/documentation.ts';
import { valueLiteral } from '../../../generator/emit/types/literal.ts';
import { anySchema } from '../../support/arbitraries.ts';
import { CompiledFolder, generateFor } from '../../support/compiled.ts';
import { typeCheck } from '../../types/project.ts';

const folder = new CompiledFolder();
afterAll(() => folder.remove());

/** Generated files, each schema in a folder of its own, as a project to be type-checked. */
function project(schemas: readonly unknown[], options = {}): { readonly [path: string]: string } {
  const files: { [path: string]: string } = {};
  for (const [index, schema] of schemas.entries()) {
    for (const { path, text } of generateFor(schema, options).files) files[`src/s${index}/${path}`] = text;
  }
  return files;
}

describe('documentation', () => {
  const DOCS = [
    'ends */ export const evil = 1; /*',
    '*/',
    '**/ /** @ts-nocheck */',
    '@ts-ignore',
    '@ts-expect-error\n@ts-nocheck',
    'a\u2028b\u2029c\rd\u0085e\vf\fg',
    `\`\${process.exit(1)}\` </script> <!-- {@link x}`,
    '\\',
    '\\*/',
    '\u202eright to left\u2066',
    '\u0000\u0007 nul',
    '/// <reference path="x" />',
    '# sourceMappingURL=data:,x',
    'eslint-enable',
    '\ud800 lone',
    `${'long '.repeat(100)}*/`,
  ];

  test.each(DOCS)('%j stays in its comment', (doc) => {
    for (const lines of [documentation(doc), documentation(doc, '  ')]) {
      const text = lines.join('\n');
      expect(text.match(/\*\//g)?.length).toBe(1);
      expect(text.trimEnd().endsWith('*/')).toBe(true);
      expect(text).not.toMatch(/(?<!\\)@ts-/);
      expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
    }
  });

  test('any text is one comment', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (doc) => {
        const text = documentation(doc).join('\n');
        if (text === '') return;
        expect(text.startsWith('/**')).toBe(true);
        expect(text.indexOf('*/')).toBe(text.length - 2);
      }),
    );
  });

  test('compiles wherever a schema has it', () => {
    const record = (doc: string): object => ({
      type: 'record',
      name: 'R',
      doc,
      fields: [{ name: 'a', doc, type: { type: 'enum', name: 'E', doc, symbols: ['A'] } }],
    });
    expect(typeCheck(project(DOCS.map(record)))).toEqual([]);
  });
});

describe('names', () => {
  const FIELDS = (
    '__proto__ constructor prototype toString hasOwnProperty valueOf class default new this null true let await yield ' +
    'eval arguments undefined NaN Infinity Date BigInt Math Array Object Uint8Array Record r p w view end byte second ' +
    'third count items entries value i key readString readInt readUnionIndex writeString truncated unzigzag enter ' +
    'descend notBoolean putInt readR writeR symbols R Symbol length name branch static implements interface of async'
  ).split(' ');

  test('of fields may be anything', async () => {
    const types = ['string', 'int', ['null', 'string'], 'boolean', 'double', { type: 'array', items: 'int' }, 'long'];
    const fields = FIELDS.map((name, index) => ({ name, type: types[index % types.length] }));
    const schema = { type: 'record', name: 'R', fields };
    const values = ['text', 7, null, true, 0.5, [1, -200_000], 5n];
    const entries = FIELDS.map((name, index) => [name, values[index % values.length]] as const);
    const value = Object.fromEntries(entries);
    const fieldNames = FIELDS.filter((_, index) => index % 3 === 0);
    const { codec, readNarrowed } = await folder.load(schema, { fields: fieldNames });
    const decoded = codec.decode(codec.encode(value)) as object;
    deepStrictEqual(Object.entries(decoded), entries);
    expect(Object.getPrototypeOf(decoded)).toBe(Object.prototype);
    const narrowed = readNarrowed?.(new Reader(codec.encode(value))) as object;
    expect(Object.keys(narrowed)).toEqual(fieldNames);
    expect(typeCheck(project([schema], { fields: fieldNames }))).toEqual([]);
  });

  test('of numbers in a row may be those of the variables that read them', async () => {
    const names = [
      'r',
      'p',
      'view',
      'end',
      'byte',
      'second',
      'third',
      'unzigzag',
      'truncated',
      'readInt',
      'w',
      'value',
    ];
    const fields = [...names, 'a', 'b'].map((name) => ({ name, type: 'int' }));
    const schema = { type: 'record', name: 'R', fields };
    const { codec } = await folder.load(schema);
    const value = Object.fromEntries(
      fields.map(({ name }, index) => [name, index % 2 === 0 ? index : -index * 10_000]),
    );
    deepStrictEqual(codec.decode(codec.encode(value)), value);
    expect(typeCheck(project([schema]))).toEqual([]);
  });

  test('of types may be those of functions and types that their files use', () => {
    const names = [
      'Codec',
      'Reader',
      'Writer',
      'RecordCodec',
      'String',
      'Int',
      'Enum',
      'recordCodec',
      'readString',
      'symbols',
      'codecs',
      'Date',
      'Record',
      'Uint8Array',
      'AvroDuration',
      'value',
      'r',
      'Array',
      'Pick',
    ];
    const schemas = names.map((name) => ({
      type: 'record',
      name,
      fields: [
        { name: 'self', type: ['null', name] },
        { name: 'text', type: 'string' },
        { name: 'at', type: { type: 'long', logicalType: 'timestamp-millis' } },
        { name: 'many', type: { type: 'map', values: 'bytes' } },
        { name: 'kind', type: { type: 'enum', name: 'Kind', symbols: ['A'] } },
        {
          name: 'span',
          type: { type: 'fixed', name: 'Span', size: 12, logicalType: 'duration' },
        },
      ],
    }));
    expect(typeCheck(project(schemas, { fields: ['text', 'at'] }))).toEqual([]);
  });

  test('of types that namespaces share are told apart where they meet', async () => {
    const leaf = (namespace: string, type: string): object => ({
      type: 'record',
      name: 'Item',
      namespace,
      fields: [{ name: 'x', type }],
    });
    const schema = {
      type: 'record',
      name: 'root.Item',
      fields: [
        { name: 'a', type: leaf('a', 'int') },
        { name: 'b', type: ['null', leaf('b', 'string'), 'a.Item'] },
      ],
    };
    const { codec } = await folder.load(schema);
    const value = { a: { x: 1 }, b: { branch: 'b.Item', value: { x: 'x' } } };
    deepStrictEqual(codec.decode(codec.encode(value)), value);
    expect(typeCheck(project([schema]))).toEqual([]);
  });
});

describe('literals', () => {
  test('mean the value, whatever it holds', () => {
    const values = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom("'", '\\', "\\'", `\`\${1}\``, '\u2028', '\n', '</script>', '\ud800'),
      fc.double(),
      fc.bigInt(),
      fc.uint8Array().map((bytes) => new Uint8Array(bytes)),
      fc.date({ noInvalidDate: true }),
      fc.dictionary(fc.oneof(fc.string(), fc.constant('__proto__')), fc.integer()),
      fc.array(fc.string()),
    );
    fc.assert(
      fc.property(values, (value) => {
        const text = valueLiteral(value);
        expect(text).not.toMatch(/[\n\r\u2028\u2029]/);
        deepStrictEqual(runInThisContext(`(${text})`), plainCopy(value));
      }),
    );
  });
});

/** An ordinary object for one without a prototype. */
function plainCopy(value: unknown): unknown {
  const bare = typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === null;
  return bare ? Object.fromEntries(Object.entries(value)) : value;
}

describe('size and shape', () => {
  test('a record of 1,000 fields', async () => {
    const types = ['int', 'string', 'double', 'boolean', ['null', 'long'], 'float'];
    const fields = Array.from({ length: 1000 }, (_, n) => ({ name: `field${n}`, type: types[n % types.length] }));
    const schema = { type: 'record', name: 'Wide', fields };
    const values = [-70_000, 'text', 0.1, true, 5n, 0.5];
    const value = Object.fromEntries(fields.map(({ name }, n) => [name, values[n % values.length]]));
    const { codec, readNarrowed } = await folder.load(schema, { fields: ['field999', 'field1'] });
    const bytes = codec.encode(value);
    deepStrictEqual(codec.decode(bytes), value);
    deepStrictEqual(readNarrowed?.(new Reader(bytes)), { field1: 'text', field999: value['field999'] });
    expect(typeCheck(project([schema]))).toEqual([]);
  });

  test('100 levels of records, arrays, maps and unions', async () => {
    let schema: unknown = 'string';
    let value: unknown = 'deep';
    for (let n = 0; n < 100; n += 4) {
      schema = {
        type: 'record',
        name: `L${n}`,
        fields: [{ name: 'a', type: ['null', { type: 'array', items: schema }] }],
      };
      schema = { type: 'map', values: schema };
      value = { key: { a: [value] } };
    }
    const { codec } = await folder.load(schema);
    deepStrictEqual(codec.decode(codec.encode(value)), value);
    expect(typeCheck(project([schema]))).toEqual([]);
  });

  test('records without fields, unions of one and of nothing, enums of nothing', async () => {
    const schema = {
      type: 'record',
      name: 'R',
      fields: [
        { name: 'empty', type: { type: 'record', name: 'Empty', fields: [] } },
        { name: 'one', type: ['string'] },
        { name: 'nothings', type: { type: 'array', items: [] } },
        { name: 'nulls', type: { type: 'array', items: 'null' } },
        { name: 'maybe', type: ['null', { type: 'enum', name: 'None', symbols: [] }] },
      ],
    };
    const { codec } = await folder.load(schema);
    const value = { empty: {}, one: 'x', nothings: [], nulls: [null, null], maybe: null };
    deepStrictEqual(codec.decode(codec.encode(value)), value);
    expect(codec.is({ ...value, empty: [] })).toBe(false);
    expect(() => codec.encode({ ...value, empty: [] })).toThrow();
    expect(typeCheck(project([schema]))).toEqual([]);
  });

  test('a record without fields is told from strings in a union', () => {
    const union = ['int', { type: 'enum', name: 'a.E', symbols: ['S'] }, { type: 'record', name: 'R', fields: [] }];
    expect(typeCheck(project([union]))).toEqual([]);
  });

  test('any schema compiles under the strictest flags', () => {
    const schemas = fc.sample(anySchema(), 60);
    expect(typeCheck(project(schemas))).toEqual([]);
    expect(typeCheck(project(schemas.slice(0, 20), { mapping: { long: 'number' } }))).toEqual([]);
  });

  test('any file of a cyclic set may be loaded first', async () => {
    const schema = {
      type: 'record',
      name: 'a.A',
      fields: [
        {
          name: 'b',
          type: [
            'null',
            {
              type: 'record',
              name: 'b.B',
              fields: [
                { name: 'c', type: { type: 'record', name: 'c.C', fields: [{ name: 'a', type: ['null', 'a.A'] }] } },
              ],
            },
          ],
        },
      ],
    };
    const { files } = generateFor(schema);
    for (const first of files) {
      const set = folder.write(files);
      await import(/* @vite-ignore */ pathToFileURL(join(set, first.path)).href);
      const { codecs } = await import(/* @vite-ignore */ pathToFileURL(join(set, 'index.ts')).href);
      const value = { b: { c: { a: { b: null } } } };
      deepStrictEqual(codecs['a.A'].decode(codecs['a.A'].encode(value)), value);
      expect(codecs['c.C'].fingerprint).toBeTypeOf('bigint');
    }
  });
});
