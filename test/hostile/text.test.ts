import { describe, expect, test } from 'vitest';
import { PAYLOADS } from './payloads.ts';
import { HARMLESS, HostileProject } from './project.ts';

const MINUTES = 60_000;

/** One record for each payload, which it has wherever a schema takes any text. */
const records = PAYLOADS.map((payload, i) => ({
  type: 'record',
  name: `Text${i}`,
  namespace: 'hostile',
  doc: payload,
  fields: [
    { name: 'plain', type: 'string', doc: payload, default: wellFormed(payload), [payload]: payload },
    { name: 'tags', type: { type: 'map', values: 'string' }, default: { [wellFormed(payload)]: wellFormed(payload) } },
    { name: 'raw', type: 'bytes', default: latin(payload) },
    {
      name: 'kind',
      type: { type: 'enum', name: `Kind${i}`, doc: payload, symbols: ['A', 'B'], default: 'A' },
      doc: `${payload}${payload}`,
    },
    { name: 'hash', type: { type: 'fixed', name: `Hash${i}`, doc: payload, size: 1 } },
    { name: 'when', type: { type: 'long', logicalType: payload }, order: 'ignore' },
  ],
  owner: payload,
}));

/** Strings are what UTF-8 can carry; a default that is not is refused. */
function wellFormed(text: string): string {
  return text.toWellFormed();
}

/** Default of bytes: a character a byte. */
function latin(text: string): string {
  return [...text].filter((character) => character <= '\u00ff').join('');
}

const USE = `
const payloads: string[] = ${JSON.stringify(PAYLOADS.map(wellFormed))};
payloads.forEach((payload, i) => {
  const name = 'hostile.Text' + i;
  const value = codecs[name].create({ kind: 'B', hash: new Uint8Array([7]), when: 5n });
  assert.equal(value.plain, payload);
  assert.deepEqual(Object.entries(value.tags), [[payload, payload]]);
  same(name, value);
});`;

describe('text that schemas take as it is', () => {
  test('doc, defaults, properties: in .avsc', { timeout: MINUTES }, async () => {
    const project = new HostileProject({ 'schemas/text.avsc': records as unknown as object });
    expect(await project.generate()).toMatchObject({ code: 0 });
    expect(await project.verify(USE)).toEqual(HARMLESS);
  });

  test('doc of a protocol and of what is in it', { timeout: MINUTES }, async () => {
    const protocol = {
      protocol: 'Hostile',
      namespace: 'hostile',
      doc: PAYLOADS.join('\n'),
      types: records,
      messages: {},
    };
    const project = new HostileProject({ 'schemas/text.avpr': protocol });
    expect(await project.generate()).toMatchObject({ code: 0 });
    expect(await project.verify(USE)).toEqual(HARMLESS);
  });

  test('doc comments of IDL, which cannot hold their own end', { timeout: MINUTES }, async () => {
    const payloads = PAYLOADS.filter((payload) => !/\*\/|^\/$/.test(payload)).map(wellFormed);
    const types = payloads.map(
      (payload, i) =>
        `/** ${payload} */\nrecord Text${i} {\n/** ${payload} */ string a = ${JSON.stringify(payload)};\n}`,
    );
    const project = new HostileProject({ 'schemas/text.avdl': `namespace hostile;\n${types.join('\n')}` });
    expect(await project.generate()).toMatchObject({ code: 0 });
    const use = `${JSON.stringify(payloads)}.forEach((payload: string, i: number) => {
      assert.deepEqual(codecs['hostile.Text' + i].create({}), { a: payload });
      same('hostile.Text' + i, { a: payload });
    });`;
    expect(await project.verify(use)).toEqual(HARMLESS);
  });

  test('a default that UTF-8 cannot carry is a finding', async () => {
    const field = { name: 'a', type: 'string', default: '\ud800' };
    const project = new HostileProject({ 'schemas/a.avsc': { type: 'record', name: 'A', fields: [field] } });
    const { code, stdout } = await project.generate();
    expect(code).toBe(1);
    expect(stdout).toMatch(/schemas\/a\.avsc.*default/s);
    expect(project.written()).toEqual([]);
  });
});
