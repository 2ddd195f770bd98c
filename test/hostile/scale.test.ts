import { describe, expect, test } from 'vitest';
import { HARMLESS, HostileProject } from './project.ts';

const MINUTES = 60_000;

describe('large schemas', () => {
  test('a record of 1,000 fields', { timeout: 3 * MINUTES }, async () => {
    const kinds = ['int', 'long', 'string', 'double', 'bytes', ['null', 'string'], { type: 'array', items: 'int' }];
    const values = ['1', '2n', "'x'", '0.5', 'new Uint8Array([1])', 'null', '[1, 2]'];
    const fields = Array.from({ length: 1000 }, (_, i) => ({ name: `field${i}`, type: kinds[i % kinds.length] }));
    const project = new HostileProject({ 'schemas/a.avsc': { type: 'record', name: 'Wide', fields } });
    expect(await project.generate()).toMatchObject({ code: 0 });
    const members = fields.map(({ name }, i) => `${name}: ${values[i % values.length]}`).join(', ');
    expect(await project.verify(`same('Wide', { ${members} });`)).toEqual(HARMLESS);
  });

  test('100 levels: of records in records, of arrays, of maps, of unions', { timeout: 3 * MINUTES }, async () => {
    let records: unknown = 'string';
    for (let i = 99; i >= 0; i--) {
      records = { type: 'record', name: `Level${i}`, fields: [{ name: 'inner', type: records }] };
    }
    let arrays: unknown = 'int';
    for (let i = 0; i < 100; i++)
      arrays =
        i % 3 === 0
          ? { type: 'array', items: ['null', arrays] }
          : { type: i % 2 ? 'map' : 'array', [i % 2 ? 'values' : 'items']: arrays };
    const project = new HostileProject({
      'schemas/records.avsc': records as object,
      'schemas/arrays.avsc': { type: 'record', name: 'Arrays', fields: [{ name: 'a', type: arrays }] },
    });
    expect(await project.generate()).toMatchObject({ code: 0 });
    const use = `let value: any = 'deep';
      for (let i = 0; i < 100; i++) value = { inner: value };
      same('Level0', value);
      let nested: any = 5;
      for (let i = 0; i < 100; i++) nested = i % 3 === 0 || i % 2 === 0 ? [nested] : { a: nested };
      same('Arrays', { a: nested });`;
    expect(await project.verify(use)).toEqual(HARMLESS);
  });

  test('an enum of 5,000 symbols, a union of 200 records, 5,000 aliases', { timeout: 3 * MINUTES }, async () => {
    const symbols = Array.from({ length: 5000 }, (_, i) => `S${i}`);
    const branches = Array.from({ length: 200 }, (_, i) => ({
      type: 'record',
      name: `B${i}`,
      fields: [{ name: 'a', type: 'int' }],
    }));
    const aliases = Array.from({ length: 5000 }, (_, i) => `Old${i}`);
    const project = new HostileProject({
      'schemas/a.avsc': [
        { type: 'enum', name: 'Big', symbols },
        { type: 'record', name: 'U', aliases, fields: [{ name: 'u', type: branches, aliases }] },
      ] as unknown as object,
    });
    expect(await project.generate()).toMatchObject({ code: 0 });
    const use = `same('Big', 'S4999'); same('U', { u: { branch: 'B199', value: { a: 7 } } });`;
    expect(await project.verify(use)).toEqual(HARMLESS);
  });

  test('an enum of 150,000 symbols, more than a call takes arguments', { timeout: 3 * MINUTES }, async () => {
    const symbols = Array.from({ length: 150_000 }, (_, i) => `S${i}`);
    const project = new HostileProject({ 'schemas/a.avsc': { type: 'enum', name: 'Big', symbols } });
    expect(await project.generate()).toMatchObject({ code: 0 });
    expect(await project.load("same('Big', 'S149999');")).toBe('harmless\n');
  });

  test('a doc of 5 MB, in one line and in many', { timeout: 3 * MINUTES }, async () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: text that may come to be a template
    const doc = 'word */ `${x}` '.repeat(350_000);
    const project = new HostileProject({
      'schemas/a.avsc': {
        type: 'record',
        name: 'A',
        doc,
        fields: [{ name: 'a', type: 'int', doc: doc.replaceAll(' ', '\n') }],
      },
      'schemas/b.avsc': { type: 'record', name: 'B', doc: 'x'.repeat(5_000_000), fields: [] },
    });
    expect(await project.generate()).toMatchObject({ code: 0 });
    expect(await project.verify("same('A', { a: 1 }); same('B', {});")).toEqual(HARMLESS);
  });

  test('names of a million characters', { timeout: 3 * MINUTES }, async () => {
    const long = 'a'.repeat(1_000_000);
    const fields = [{ name: long, type: 'int' }];
    const project = new HostileProject({
      'schemas/a.avsc': { type: 'record', name: `${long}.${long}.A${long}`, fields },
    });
    const { code, stdout } = await project.generate();
    if (code === 0) {
      // biome-ignore lint/suspicious/noTemplateCurlyInString: text that may come to be a template
      const use = "const long = 'a'.repeat(1_000_000); same(`${long}.${long}.A${long}`, { [long]: 1 });";
      expect(await project.verify(use)).toEqual(HARMLESS);
    } else {
      expect(code).toBe(1);
      expect(stdout.length).toBeLessThan(10_000);
    }
  });

  test('a namespace of 1,000 parts', { timeout: 3 * MINUTES }, async () => {
    const name = `${'part.'.repeat(1000)}A`;
    const project = new HostileProject({
      'schemas/a.avsc': { type: 'record', name, fields: [{ name: 'a', type: 'int' }] },
    });
    expect(await project.generate()).toMatchObject({ code: 0 });
    for (const [path] of project.written()) expect(path.length).toBeLessThan(240);
    expect(await project.verify(`same(${JSON.stringify(name)}, { a: 1 });`)).toEqual(HARMLESS);
  });
});

describe('bombs are findings, found soon, with little said', () => {
  const deep = (open: string, middle: string, close: string, times: number): string =>
    open.repeat(times) + middle + close.repeat(times);
  const doubling = Array.from({ length: 40 }, (_, i) => ({
    type: 'record',
    name: `D${i}`,
    fields: i === 0 ? [] : ['a', 'b'].map((name) => ({ name, type: `D${i - 1}`, default: {} })),
  }));
  const bombs: { readonly [name: string]: string } = {
    'brackets.avsc': deep('[', '', ']', 1_000_000),
    'open.avsc': '['.repeat(1_000_000),
    'objects.avsc': deep('{"type":', '"int"', '}', 500_000),
    'arrays.avsc': deep('{"type":"array","items":', '"int"', '}', 200_000),
    'records.avsc':
      Array.from({ length: 2000 }, (_, i) => `{"type":"record","name":"R${i}","fields":[{"name":"a","type":`).join('') +
      '"int"' +
      '}]}'.repeat(2000),
    'default.avsc': `{"type":"record","name":"A","fields":[{"name":"a","type":"string","default":${deep('[', '', ']', 100_000)}}]}`,
    'property.avsc': `{"type":"record","name":"P","fields":[],"x":${deep('{"a":', '1', '}', 100_000)}}`,
    'doubling.avsc': JSON.stringify(doubling),
    'number.avsc': '{"type":"fixed","name":"F","size":1e400}',
    'digits.avsc': `{"type":"fixed","name":"G","size":${'9'.repeat(100_000)}}`,
    'protocol.avpr': `{"protocol":"P","types":${deep('[', '', ']', 1_000_000)}}`,
    'arrays.avdl': `record A { ${deep('array<', 'int', '>', 200_000)} a; }`,
    'annotation.avdl': `@a(${deep('[', '', ']', 1_000_000)}) record A { }`,
    'comment.avdl': `/*${'/*'.repeat(500_000)} record A { }`,
    'quote.avdl': `record A { string a = "${'\\'.repeat(1_000_001)}`,
    'stars.avdl': `/**${'*'.repeat(1_000_000)}`,
    'ticks.avdl': `record ${'`'.repeat(1_000_001)} { }`,
    'imports.avdl': 'import idl "imports.avdl";\n'.repeat(20_000),
  };
  test.each(Object.entries(bombs))('%s', { timeout: 3 * MINUTES }, async (name, text) => {
    const project = new HostileProject({ [`schemas/${name}`]: text });
    const started = performance.now();
    const { code, stdout, stderr } = await project.generate();
    expect(performance.now() - started).toBeLessThan(45_000);
    expect(stderr).toBe('');
    // Importing itself, however often, is no mistake.
    expect(code).toBe(name === 'imports.avdl' ? 0 : 1);
    expect(stdout.length).toBeLessThan(20_000);
    expect(stdout.includes(`schemas/${name}`)).toBe(code === 1);
    expect(project.written()).toEqual([]);
  });

  test('100,000 mistakes, each said', { timeout: 3 * MINUTES }, async () => {
    const project = new HostileProject({ 'schemas/a.avsc': `[${Array(100_000).fill('"int"').join(',')}]` });
    const { code, stdout } = await project.generate();
    expect(code).toBe(1);
    expect(stdout.match(/schemas\/a\.avsc/g)?.length).toBe(99_999);
  });

  test('150,000 schemas without names in one file', { timeout: 3 * MINUTES }, async () => {
    const project = new HostileProject({ 'schemas/a.avsc': '{}'.repeat(150_000) });
    const { code, stderr } = await project.generate();
    expect(code).toBe(1);
    expect(stderr).toBe('');
  });
});

test('keys that a schema has twice are a finding, not a choice of one of them', async () => {
  const twice = [
    '{"type":"record","name":"A","name":"B","fields":[]}',
    '{"type":"record","name":"A","fields":[],"fields":[{"name":"a","type":"int"}]}',
    '{"type":"enum","name":"E","symbols":["A"],"type":"fixed","size":1}',
    '{"type":"record","name":"A","fields":[{"name":"a","type":"int","type":"string"}]}',
  ];
  for (const [i, text] of twice.entries()) {
    const project = new HostileProject({ [`schemas/a${i}.avsc`]: text });
    const { code, stdout } = await project.generate();
    expect(code, text).toBe(1);
    expect(stdout).toMatch(/twice|duplicate|already/i);
  }
});
