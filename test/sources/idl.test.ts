import { isJsonArray, isJsonObject, type JsonObject } from '@kgen/runtime/schema';
import { describe, expect, it } from 'vitest';
import { type IdlFile, parseIdl } from '../../generator/sources/idl/parse.ts';

function idl(text: string): IdlFile {
  const file = parseIdl(text);
  expect(file.problems).toEqual([]);
  return file;
}

/** The definitions of a file without protocol. */
function definitions(text: string): unknown {
  return plain(idl(text).definitions);
}

/** The first field of a record that holds this one statement. */
function field(text: string): JsonObject {
  return plain(fields(`record R { ${text} }`)[0]) as JsonObject;
}

/** The fields of the first record. */
function fields(text: string): readonly JsonObject[] {
  const all = idl(text).definitions[0]?.['fields'];
  return isJsonArray(all) ? all.filter(isJsonObject) : [];
}

/** As a .avsc would hold it; bigints as text. */
function plain(json: unknown): unknown {
  return JSON.parse(JSON.stringify(json, (_, value) => (typeof value === 'bigint' ? `${value}n` : value)));
}

describe('files', () => {
  it('reads namespace, schema and definitions, in this order', () => {
    const file = idl(`
      namespace default.namespace.for.named.schemata;
      schema Message;
      record Message { string? title = null; string message; }
    `);
    expect(file.namespace).toBe('default.namespace.for.named.schemata');
    expect(file.main?.json).toBe('Message');
    expect(plain(file.definitions)).toEqual([
      {
        type: 'record',
        name: 'Message',
        namespace: 'default.namespace.for.named.schemata',
        fields: [
          { name: 'title', type: ['null', 'string'], default: null },
          { name: 'message', type: 'string' },
        ],
      },
    ]);
  });

  it.each([
    ['schema int;', 'int'],
    ['schema array<StatusUpdate>;', { type: 'array', items: 'StatusUpdate' }],
    ['schema union { null, a.B };', ['null', 'a.B']],
    ['schema a.B?;', ['null', 'a.B']],
    ['schema @logicalType("timestamp-micros") long;', { type: 'long', logicalType: 'timestamp-micros' }],
  ])('reads the main schema of `%s`', (text, json) => {
    expect(plain(idl(text).main?.json)).toEqual(json);
  });

  it('reads a protocol, with messages that are counted and left out', () => {
    const file = idl(`
      /** Doc of the protocol */
      @version("1.0.5")
      @namespace("org.example")
      protocol Simple {
        record Ping { long at; }
        error Kaboom { string explanation; int code = -1; }
        /** method 'hello' takes @parameter 'greeting' */
        string hello(string greeting);
        Ping echo(Ping \`record\` = {"at": 1});
        @specialProp("test") int add(int arg1, /** second */ int @order("ignore") arg2 = 0);
        array<bytes> many(map<union { null, int }> data);
        void \`error\`() throws Kaboom, other.Failure;
        void ping() oneway;
      }
    `);
    expect(file.protocol).toBe('Simple');
    expect(file.namespace).toBe('org.example');
    expect(file.messages).toBe(6);
    expect(plain(file.definitions)).toEqual([
      { type: 'record', name: 'Ping', namespace: 'org.example', fields: [{ name: 'at', type: 'long' }] },
      {
        type: 'error',
        name: 'Kaboom',
        namespace: 'org.example',
        fields: [
          { name: 'explanation', type: 'string' },
          { name: 'code', type: 'int', default: -1 },
        ],
      },
    ]);
  });

  it('takes the namespace of a protocol from its name, before its annotation', () => {
    expect(idl('@namespace("b.c") protocol a.b.P { }').namespace).toBe('a.b');
  });

  it('lists imports where they stand', () => {
    const text = 'import idl "a.avdl"; import protocol "../b.avpr"; record R {} import schema "c/d.avsc";';
    const { imports } = idl(text);
    expect(imports.map(({ kind, path }) => `${kind} ${path}`)).toEqual([
      'idl a.avdl',
      'protocol ../b.avpr',
      'schema c/d.avsc',
    ]);
    expect(imports.map(({ offset }) => text.slice(offset, offset + 2))).toEqual(['"a', '".', '"c']);
  });

  it('ignores what follows a substitute character, and accepts an empty file', () => {
    expect(definitions('fixed F(1); \u001a }}} not "idl')).toEqual([{ type: 'fixed', name: 'F', size: 1 }]);
    expect(definitions('')).toEqual([]);
  });
});

describe('definitions', () => {
  it('reads enums, with and without a default', () => {
    expect(
      definitions('enum Shapes { SQUARE, /** round */ @x(1) CIRCLE } = CIRCLE; enum Two { A, B } enum None {}'),
    ).toEqual([
      { type: 'enum', name: 'Shapes', symbols: ['SQUARE', 'CIRCLE'], default: 'CIRCLE' },
      { type: 'enum', name: 'Two', symbols: ['A', 'B'] },
      { type: 'enum', name: 'None', symbols: [] },
    ]);
  });

  it.each([
    ['16', 16],
    ['0x10', 16],
    ['020', 16],
    ['0', 0],
  ])('reads a fixed of size %s', (size, value) => {
    expect(definitions(`fixed MD5(${size});`)).toEqual([{ type: 'fixed', name: 'MD5', size: value }]);
  });

  it('gives each definition its namespace: of its name, its annotation, the file', () => {
    const names = idl(`
      namespace file.space;
      record A {}
      @namespace("own.space") enum B { X }
      fixed dotted.space.C(4);
      @namespace("") record D {}
      @namespace("loses") record wins.E {}
    `).definitions.map(({ namespace, name }) => [namespace, name]);
    expect(names).toEqual([
      ['file.space', 'A'],
      ['own.space', 'B'],
      ['dotted.space', 'C'],
      [undefined, 'D'],
      ['wins', 'E'],
    ]);
  });

  it('turns annotations into attributes and properties', () => {
    expect(
      definitions(
        `@aliases(["org.foo.KindOf"]) @my-property({"key": [1, {"deep": null}]}) @a.b-c.d(true) record R { }`,
      ),
    ).toEqual([
      {
        type: 'record',
        name: 'R',
        fields: [],
        aliases: ['org.foo.KindOf'],
        'my-property': { key: [1, { deep: null }] },
        'a.b-c.d': true,
      },
    ]);
    expect(definitions('@logicalType("decimal") @precision(4) @scale(2) fixed F(2);')).toEqual([
      { type: 'fixed', name: 'F', size: 2, logicalType: 'decimal', precision: 4, scale: 2 },
    ]);
  });

  it('keeps a property called __proto__ a property', () => {
    const [record] = idl('@__proto__({"polluted": true}) record R {}').definitions;
    expect(Object.getOwnPropertyDescriptor(record, '__proto__')?.value).toEqual({ polluted: true });
    expect(Object.getPrototypeOf(record)).toBe(Object.prototype);
  });
});

describe('fields', () => {
  it.each([
    ['boolean b;', 'boolean'],
    ['null n;', 'null'],
    ['bytes b;', 'bytes'],
    ['float f;', 'float'],
    ['date d;', { type: 'int', logicalType: 'date' }],
    ['time_ms t;', { type: 'int', logicalType: 'time-millis' }],
    ['timestamp_ms t;', { type: 'long', logicalType: 'timestamp-millis' }],
    ['local_timestamp_ms t;', { type: 'long', logicalType: 'local-timestamp-millis' }],
    ['uuid u;', { type: 'string', logicalType: 'uuid' }],
    ['decimal(6, 2) d;', { type: 'bytes', logicalType: 'decimal', precision: 6, scale: 2 }],
    ['decimal(6) d;', { type: 'bytes', logicalType: 'decimal', precision: 6, scale: 0 }],
    ['array<array<Foo>> a;', { type: 'array', items: { type: 'array', items: 'Foo' } }],
    ['map<string?> m;', { type: 'map', values: ['null', 'string'] }],
    [
      'union { null, decimal(4, 1), x.Y } u;',
      ['null', { type: 'bytes', logicalType: 'decimal', precision: 4, scale: 1 }, 'x.Y'],
    ],
    ['@java-class("java.math.BigDecimal") string s;', { type: 'string', 'java-class': 'java.math.BigDecimal' }],
    ['@foo.bar("x") array<@y(1) string> a;', { type: 'array', items: { type: 'string', y: 1 }, 'foo.bar': 'x' }],
    [
      '@java-key-class("java.io.File") map<string> m;',
      { type: 'map', values: 'string', 'java-key-class': 'java.io.File' },
    ],
    ['@p(1) date d;', { type: 'int', logicalType: 'date', p: 1 }],
    ['@p(1) long? l;', ['null', { type: 'long', p: 1 }]],
    ['`date` d;', 'date'],
    ['some.`record`.Type d;', 'some.record.Type'],
  ])('reads the type of `%s`', (text, type) => {
    expect(field(text)['type']).toEqual(type);
  });

  it.each([
    ['string? s;', ['null', 'string']],
    ['string? s = null;', ['null', 'string']],
    ['string? s = "null";', ['string', 'null']],
    ['x.Y? s = {};', ['x.Y', 'null']],
    ['time_ms? t = 0;', [{ type: 'int', logicalType: 'time-millis' }, 'null']],
  ])('places the null of `%s` by the default', (text, type) => {
    expect(field(text)['type']).toEqual(type);
  });

  it('places the null anew for each field of one statement', () => {
    expect(fields('record R { int? a = 1, b, c = null; }').map(({ type }) => type)).toEqual([
      ['int', 'null'],
      ['null', 'int'],
      ['null', 'int'],
    ]);
  });

  it.each([
    ['0', 0],
    ['-1', -1],
    ['0x1F', 31],
    ['017', 15],
    ['42L', 42],
    ['9007199254740993', '9007199254740993n'],
    ['-9223372036854775808', '-9223372036854775808n'],
    ['1.5e3', 1500],
    ['.5f', 0.5],
    ['5.', 5],
    ['1d', 1],
    ['0x1.8p1', 3],
    ['-0x.8p-1', -0.25],
    ['NaN', 'NaN'],
    ['Infinity', 'Infinity'],
    ['-Infinity', '-Infinity'],
    ['true', true],
    ['null', null],
    ['[]', []],
    ['{}', {}],
    ['[1, [2, {"a": "b"}], false]', [1, [2, { a: 'b' }], false]],
    [String.raw`"\"\\\/\n\t\u00e9\101\0"`, '"\\/\n\té' + 'A\0'],
    ['"\u00ff\ud83d\ude00"', 'ÿ😀'],
  ])('reads the default %s', (text, value) => {
    expect(field(`T f = ${text};`)['default']).toEqual(value);
  });

  it('keeps the sign of -0.0', () => {
    expect(fields('record R { double d = -0.0; }')[0]?.['default']).toBe(-0);
  });

  it('reads aliases, order and properties of a field', () => {
    expect(field('string @aliases(["old", "ancient"]) @order("IGNORE") @my.own-prop([1]) name = "x";')).toEqual({
      name: 'name',
      type: 'string',
      default: 'x',
      aliases: ['old', 'ancient'],
      order: 'ignore',
      'my.own-prop': [1],
    });
  });

  it('takes keywords for names, with or without backticks', () => {
    const names =
      'protocol namespace import idl schema enum fixed error record array map union boolean int string null true date uuid void oneway throws';
    const text = names
      .split(' ')
      .map((name, i) => `long ${i % 2 ? `\`${name}\`` : name};`)
      .join('\n');
    expect(
      fields(`record R { ${text} }`)
        .map(({ name }) => name)
        .join(' '),
    ).toBe(names);
  });
});

describe('comments', () => {
  it('gives the doc comment in front of a declaration to it', () => {
    expect(
      definitions(`
        /* header */
        /** Not this: another comes behind it. */
        /** Of the enum */ @p(1) enum E { A }
        // between
        /** Of the fixed */
        fixed F(1);
        @p(1) /** Behind an annotation */ record R {
          /** Of the field */ string a;
          /** Of both */ int b, /** own */ c;
          string /** At the name */ d;
        }
      `),
    ).toEqual([
      { type: 'enum', name: 'E', doc: 'Of the enum', symbols: ['A'], p: 1 },
      { type: 'fixed', name: 'F', doc: 'Of the fixed', size: 1 },
      {
        type: 'record',
        name: 'R',
        doc: 'Behind an annotation',
        p: 1,
        fields: [
          { name: 'a', type: 'string', doc: 'Of the field' },
          { name: 'b', type: 'int', doc: 'Of both' },
          { name: 'c', type: 'int', doc: 'own' },
          { name: 'd', type: 'string', doc: 'At the name' },
        ],
      },
    ]);
  });

  it('leaves out doc comments that stand nowhere', () => {
    expect(
      definitions(`enum /** a */ E /** b */ { /** c */ A /** d */, B /** e */ } /** f */ = /** g */ A /** h */ ;
        /**/ fixed /** i */ F /** j */ ( /** k */ 16 /** l */ ) /** m */ ;`),
    ).toEqual([
      { type: 'enum', name: 'E', symbols: ['A', 'B'], default: 'A' },
      { type: 'fixed', name: 'F', size: 16 },
    ]);
  });

  it.each([
    ['/** One line. */', 'One line.'],
    ['/**\n * Stars,\n *   indented.\n *\n * End.\n */', 'Stars,\n  indented.\n\nEnd.'],
    ['/**\r\n * Two\r\n * lines\r\n */', 'Two\nlines'],
    ['/** First\n  * second */', 'First\nsecond'],
    ['/**\n    No stars\n      deeper\n\n    back\n  */', 'No stars\n  deeper\n\nback'],
    ['/** * a list\n * of one */', 'a list\nof one'],
    ['/** *emphasis* */', '*emphasis*'],
    ['/**\n ** Double\n ** stars\n **/', 'Double\nstars'],
    ['/** // not a comment, nor "a string */', '// not a comment, nor "a string'],
  ])('strips the indentation of %j', (comment, doc) => {
    expect(field(`${comment} int a;`)['doc']).toBe(doc);
  });

  it.each(['/** */', '/**/', '/***/', '/** \n * \n */', '/* plain */', '// line'])('finds no doc in %j', (comment) => {
    expect(field(`${comment}\n int a;`)).toEqual({ name: 'a', type: 'int' });
  });

  it('sees no comments in strings, and no strings in comments', () => {
    expect(field('string a = "/* // */"; // "\n')['default']).toBe('/* // */');
  });
});
