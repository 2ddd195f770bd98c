import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { PAYLOADS } from './payloads.ts';
import { CANARY, HARMLESS, HostileProject, OUT } from './project.ts';

const MINUTES = 60_000;

/** Not one of them is an Avro name. */
const BAD_NAMES = [
  ...PAYLOADS.filter((payload) => !/^\w+$/.test(payload)),
  '../../outside',
  '..',
  '.',
  '/etc/passwd',
  'C:\\outside',
  'a/b',
  'a\\b',
  'a b',
  'a-b',
  '1a',
  '',
  'a\u0000b',
  'größe',
  'a\u202eb',
];

describe('names that Avro does not allow are findings, and nothing is written', () => {
  const places: { readonly [place: string]: (name: string) => object } = {
    'a record': (name) => ({ type: 'record', name, fields: [] }),
    'a namespace': (name) => ({ type: 'record', name: 'A', namespace: name === '' ? '..' : name, fields: [] }),
    'a full name': (name) => ({ type: 'record', name: `a.${name}.A`, fields: [] }),
    'a field': (name) => ({ type: 'record', name: 'A', fields: [{ name, type: 'int' }] }),
    'an enum': (name) => ({ type: 'enum', name, symbols: ['A'] }),
    'a symbol': (name) => ({ type: 'enum', name: 'A', symbols: [name] }),
    'a fixed': (name) => ({ type: 'fixed', name, size: 1 }),
    'a reference': (name) => ({ type: 'array', items: name }),
  };
  test.each(Object.entries(places))('%s', async (_, schemaOf) => {
    // What kgen counts as findings says it of each: none may be let through because another was refused.
    const project = new HostileProject(
      Object.fromEntries(BAD_NAMES.map((name, i) => [`schemas/bad${i}.avsc`, schemaOf(name)])),
    );
    const { code, stdout } = await project.generate();
    expect(code).toBe(1);
    const missed = BAD_NAMES.filter((__, i) => !new RegExp(`schemas/bad${i}\\.avsc`).test(stdout));
    expect(missed).toEqual([]);
    expect(project.written()).toEqual([]);
    expect(readdirSync(project.root).sort()).toEqual(['node_modules', 'package.json', 'schemas']);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: what must not reach the terminal
    expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u0085\u2028\u2029\u202e]/);
  });

  test('aliases that are no names cannot name anything: each is refused or ignored, never code', async () => {
    const aliases = BAD_NAMES.map(String);
    const project = new HostileProject({
      'schemas/a.avsc': { type: 'record', name: 'A', aliases, fields: [{ name: 'a', type: 'int', aliases }] },
    });
    const { code, stdout } = await project.generate();
    if (code === 0) expect(await project.verify("same('A', { a: 1 });")).toEqual(HARMLESS);
    else {
      expect(code).toBe(1);
      expect(stdout).toContain('is not a name');
      expect(project.written()).toEqual([]);
    }
  });
});

describe('names that Avro allows', () => {
  test('of globals, of generated files and of what these import, without a namespace', {
    timeout: MINUTES,
  }, async () => {
    const names =
      'Topics Index Codecs codecs Jobs Object Promise Array Map Date Record Readonly Uint8Array BigInt Error String Number Boolean Symbol ' +
      'Reader Writer Codec RecordCodec EnumCodec recordCodec enumCodec codec readString writeString Init any unknown undefined never number ' +
      'default class await yield let static async of type eval arguments NaN Infinity globalThis exports require module __dirname then ' +
      'constructor prototype toString hasOwnProperty __proto__ r w value view position read write schema Types types generated';
    const types = [...new Set(names.split(' '))].map((name) => ({
      type: 'record',
      name,
      fields: [
        { name: 'text', type: 'string' },
        { name: 'next', type: ['null', name], default: null },
        { name: 'when', type: { type: 'long', logicalType: 'timestamp-millis' } },
      ],
    }));
    const project = new HostileProject({ 'schemas/a.avsc': types as unknown as object });
    expect(await project.generate()).toMatchObject({ code: 0 });
    const use = `for (const name of ${JSON.stringify(types.map(({ name }) => name))}) {
      const value = { text: name, next: null, when: new Date(5) };
      same(name, { ...value, next: value });
    }`;
    expect(await project.verify(use)).toEqual(HARMLESS);
  });

  test('of fields: what objects have, what generated functions call their own', { timeout: MINUTES }, async () => {
    const names =
      '__proto__ constructor prototype toString valueOf hasOwnProperty toJSON then __defineGetter__ length name caller arguments ' +
      'r w value view position bytes reader writer i n length2 index result item items key keys entry count block size branch T A B ' +
      'readString writeString readInt writeInt codec recordCodec projection Date Buffer Map undefined NaN ' +
      'default class function new delete in if this null true false var let const await yield async eval static enum import export return ' +
      'readAll writeAll All Other Other2 _ $type __ a a_ a2 b1 isCorrect';
    const fields = [...new Set(names.split(' '))].filter((name) => /^[A-Za-z_]\w*$/.test(name));
    const kinds = [
      'int',
      'string',
      ['null', 'long'],
      { type: 'array', items: 'string' },
      { type: 'map', values: 'bytes' },
      { type: 'array', items: { type: 'array', items: 'int' } },
      'Other',
    ];
    const values = [
      '1',
      "'x'",
      '5n',
      "['a', 'b']",
      "{ ['__proto__']: new Uint8Array([1]), constructor: new Uint8Array(0) }",
      '[[1], []]',
      '{ r: 1 }',
    ];
    const schema = [
      { type: 'record', name: 'Other', fields: [{ name: 'r', type: 'int' }] },
      { type: 'record', name: 'All', fields: fields.map((name, i) => ({ name, type: kinds[i % kinds.length] })) },
      { type: 'record', name: 'Defaults', fields: fields.map((name) => ({ name, type: 'int', default: 3 })) },
      ...fields.map((name, i) => ({ type: 'record', name: `One${i}`, fields: [{ name, type: 'string' }] })),
    ];
    const project = new HostileProject({ 'schemas/a.avsc': schema as unknown as object });
    expect(await project.generate()).toMatchObject({ code: 0 });
    const members = fields.map((name, i) => `['${name}']: ${values[i % values.length]}`);
    const use = `same('All', { ${members.join(', ')} });
      const fields: string[] = ${JSON.stringify(fields)};
      fields.forEach((name, i) => same('One' + i, { [name]: 'x' }));
      const made = codecs['Defaults'].create({});
      assert.deepEqual(Object.keys(made), fields);
      same('Defaults', made);
      assert.equal(Object.getPrototypeOf(codecs['All'].decode(codecs['All'].encode({ ${members.join(', ')} }))), Object.prototype);`;
    expect(await project.verify(use)).toEqual(HARMLESS);
  });

  test('of symbols', { timeout: MINUTES }, async () => {
    const symbols = '__proto__ constructor prototype toString hasOwnProperty undefined null true NaN default r'.split(
      ' ',
    );
    const project = new HostileProject({
      'schemas/a.avsc': [
        { type: 'enum', name: 'E', symbols, default: '__proto__' },
        {
          type: 'record',
          name: 'R',
          fields: [
            { name: 'e', type: 'E', default: 'constructor' },
            { name: 'm', type: { type: 'map', values: 'E' } },
          ],
        },
      ] as unknown as object,
    });
    expect(await project.generate()).toMatchObject({ code: 0 });
    const use = `for (const symbol of ${JSON.stringify(symbols)}) {
        same('E', symbol);
        same('R', { e: symbol, m: { ['__proto__']: symbol, a: '__proto__' } });
      }
      assert.deepEqual(codecs['E'].symbols, ${JSON.stringify(symbols)});
      assert.equal(codecs['E'].is('valueOf'), false);
      assert.throws(() => codecs['E'].encode('valueOf'));
      assert.deepEqual(codecs['R'].create({ m: {} }), { e: 'constructor', m: {} });`;
    expect(await project.verify(use)).toEqual(HARMLESS);
  });

  test('of union branches', { timeout: MINUTES }, async () => {
    const names = ['__proto__', 'constructor', 'toString', 'string', 'branch'].filter((name) => name !== 'string');
    const records = names.map((name) => ({
      type: 'record',
      name: `a.${name}`,
      fields: [{ name: '__proto__', type: 'string' }],
    }));
    const union = { type: 'record', name: 'U', fields: [{ name: 'u', type: [...records, 'null'] }] };
    const project = new HostileProject({ 'schemas/a.avsc': union });
    expect(await project.generate()).toMatchObject({ code: 0 });
    const use = `for (const branch of ${JSON.stringify(names)}) same('U', { u: { branch, value: { ['__proto__']: 'x' } } });
      same('U', { u: null });`;
    expect(await project.verify(use)).toEqual(HARMLESS);
  });

  test('that differ only in case, and names of Windows devices', { timeout: MINUTES }, async () => {
    const names =
      'Order ORDER order a.Order A.Order a.ORDER con.Con Con AUX nul NUL prn com1 lpt9 con.aux.Nul Order_ order_ CON_ conin'.split(
        ' ',
      );
    const types = names.map((name) => ({
      type: 'record',
      name,
      fields: [
        { name: 'a', type: 'int' },
        { name: 'A', type: 'int' },
      ],
    }));
    const project = new HostileProject({ 'schemas/a.avsc': types as unknown as object });
    expect(await project.generate()).toMatchObject({ code: 0 });
    const paths = project.written().map(([path]) => path);
    expect(
      paths.filter((path, i) => paths.findIndex((each) => each.toLowerCase() === path.toLowerCase()) !== i),
    ).toEqual([]);
    for (const path of paths) {
      for (const segment of path.split('/')) expect(segment).not.toMatch(/^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i);
    }
    const use = `for (const name of ${JSON.stringify(names)}) same(name, { a: 1, A: 2 });`;
    expect(await project.verify(use)).toEqual(HARMLESS);
  });

  test('of namespaces that are folders of generated code', { timeout: MINUTES }, async () => {
    const names =
      'types.A jobs.A topics.A topics.index.A index.A codecs.A codecs.codecs generated.types.A node_modules.A'.split(
        ' ',
      );
    const types = names.map((name) => ({ type: 'record', name, fields: [{ name: 'a', type: 'int' }] }));
    const project = new HostileProject({ 'schemas/a.avsc': types as unknown as object });
    expect(await project.generate()).toMatchObject({ code: 0 });
    const use = `for (const name of ${JSON.stringify(names)}) same(name, { a: 1 });`;
    expect(await project.verify(use)).toEqual(HARMLESS);
    expect(await project.generate()).toMatchObject({ code: 0, stdout: expect.stringContaining('up to date') });
  });
});

/** What disks take; globs leave out names that begin with a dot or a line end. */
const FILE_NAMES = PAYLOADS.filter(
  (payload) => !payload.includes('/') && !payload.includes('\u0000') && payload.isWellFormed(),
)
  .map((payload) => `a${payload}`)
  .filter((name) => process.platform !== 'win32' || /^[\w ,.-]+$/.test(name));

describe('names of files', () => {
  test('become names of unnamed schemas, whatever they are', { timeout: MINUTES }, async () => {
    const names = [...FILE_NAMES, 'a..', 'con', 'index', 'codecs', 'constructor', '-', '42', `${CANARY}`, 'größe', ' '];
    const project = new HostileProject(
      Object.fromEntries(names.map((name) => [`schemas/${name}.avsc`, { type: 'array', items: 'string' }])),
    );
    expect(await project.generate()).toMatchObject({ code: 0 });
    const inside = project.written().every(([path]) => path.startsWith(`${OUT}/`) && /^[\w./-]+$/.test(path));
    expect(inside).toBe(true);
    // The file called by the canary gives a type of that name: only there may it be an identifier.
    const injections = project.injections().filter((each) => !/Pwned|pwned\.ts/.test(each));
    expect(injections).toEqual([]);
    expect(await project.typeErrors()).toBe('');
    const use = `for (const name of ${JSON.stringify(names)}) same(name, ['a', name]);`;
    expect(await project.load(use)).toBe('harmless\n');
  });

  test('end no comment in the header', { timeout: MINUTES }, async () => {
    const record = (i: number): object => ({ type: 'record', name: `A${i}`, fields: [] });
    const project = new HostileProject(
      Object.fromEntries(FILE_NAMES.map((name, i) => [`schemas/${name}.avsc`, record(i)])),
    );
    expect(await project.generate()).toMatchObject({ code: 0 });
    expect(await project.verify()).toEqual(HARMLESS);
  });
});
