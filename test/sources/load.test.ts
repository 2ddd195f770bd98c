import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadSources } from '../../generator/sources/load.ts';
import { findingText, project } from './project.ts';

const RECORD = '{"type":"record","name":"R","fields":[]}';

async function load(files: { readonly [path: string]: string | Uint8Array }, ...globs: readonly string[]) {
  return summary(project(files), ...globs);
}

async function summary(root: string, ...globs: readonly string[]) {
  const { files, findings, notices } = await loadSources(globs.length === 0 ? ['**/*.*'] : globs, root);
  return {
    files: files.map(
      ({ file, schemas, imported }) =>
        `${file}${imported ? ' (imported)' : ''}: ${schemas.map(({ schema, role }) => schemaText(schema, role)).join(', ')}`,
    ),
    findings: findings.map(findingText),
    notices,
  };
}

function schemaText(schema: unknown, role: string): string {
  const named =
    typeof schema === 'object' && schema !== null && 'name' in schema ? schema.name : JSON.stringify(schema);
  return role === 'named' ? String(named) : `${named} (${role})`;
}

describe('globs', () => {
  it('find each file once, in the same order everywhere', async () => {
    const { files, findings } = await load(
      { 'b/z.avsc': RECORD, 'a/y.avsc': RECORD, 'B/x.avsc': RECORD, 'a.avsc': RECORD, 'node_modules/p/q.avsc': RECORD },
      '**/*.avsc',
      'b/*.avsc',
      './a.avsc',
    );
    expect(files).toEqual(['B/x.avsc: R (root)', 'a.avsc: R (root)', 'a/y.avsc: R (root)', 'b/z.avsc: R (root)']);
    expect(findings).toEqual([]);
  });

  it('may be folders, and may take files away', async () => {
    const files = { 's/a.avsc': RECORD, 's/old/b.avsc': RECORD, 's/notes.md': '', 's/c.AVSC': RECORD };
    expect((await load(files, 's', '!**/old/**')).files).toEqual(['s/a.avsc: R (root)', 's/c.AVSC: R (root)']);
  });

  it('read many files', async () => {
    const files = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`s/${i}.avsc`, RECORD]));
    expect((await load(files)).files).toHaveLength(300);
  });

  it('may lead out of the folder of the config', async () => {
    const root = project({ 'app/kgen.config.ts': '', 'shared/a.avsc': RECORD });
    expect((await summary(join(root, 'app'), '../shared/*.avsc')).files).toEqual(['../shared/a.avsc: R (root)']);
  });

  it('are read in a folder whose name has the characters of globs', async () => {
    const root = project({ '[a] (b) {c,d} !e *f/s/x.avsc': RECORD });
    expect((await summary(join(root, '[a] (b) {c,d} !e *f'), 's/*.avsc')).files).toEqual(['s/x.avsc: R (root)']);
  });

  it('that match no schema file are findings', async () => {
    const { findings } = await load({ 'a.avsc': RECORD, 'b.json': RECORD }, '*.avsc', 'none/*.avsc', '*.json', '');
    expect(findings).toEqual([
      'schemas[1]: `none/*.avsc` matches no schema file. Correct it, or add the files; it is relative to the folder of the config',
      'schemas[2]: `*.json` matches no schema file. Names of schema files end in .avsc, .avpr or .avdl',
      'schemas[3]: `` matches no schema file. Correct it, or add the files; it is relative to the folder of the config',
    ]);
  });

  it('take a file with two names once', async () => {
    const root = project({ 'b.avsc': RECORD });
    symlinkSync(join(root, 'b.avsc'), join(root, 'a.avsc'));
    symlinkSync(root, join(root, 'loop'));
    expect((await summary(root, '**/*.avsc')).files).toEqual(['a.avsc: R (root)']);
  });
});

describe('files', () => {
  it('may begin with a byte order mark and end lines with CRLF', async () => {
    const { files, findings } = await load({
      'a.avsc': `\ufeff${RECORD}`,
      'b.avdl': '\ufeffrecord R {\r\n  int a\r\n  oops;\r\n}',
    });
    expect(files).toEqual(['a.avsc: R (root)', 'b.avdl: R']);
    expect(findings[0]).toBe('b.avdl:2:8: Expected `;` after field `a`, found `oops`. End it with `;`');
  });

  it('that cannot be read are findings, and the others are read', async () => {
    const root = project({
      'a.avsc': RECORD,
      'utf16.avsc': Buffer.from(`\ufeff${RECORD}`, 'utf16le'),
      'secret.avsc': RECORD,
    });
    mkdirSync(join(root, 'folder.avsc'));
    symlinkSync(join(root, 'gone'), join(root, 'broken.avsc'));
    chmodSync(join(root, 'secret.avsc'), 0o000);
    const { files, findings } = await summary(root, '*.avsc', 'broken.avsc');
    expect(files).toContain('a.avsc: R (root)');
    expect(findings).toContain('utf16.avsc: The file is not UTF-8. Save it as UTF-8');
    const readable = process.getuid?.() === 0 || process.platform === 'win32';
    if (!readable) expect(findings).toContain('secret.avsc: The file may not be read. Allow this user to read it');
  });
});

describe('.avsc', () => {
  it.each([
    ['a definition', RECORD, ['R (root)']],
    ['a primitive type', '"string"', ['"string" (root)']],
    ['a union', '["null", "x.Y"]', ['["null","x.Y"] (root)']],
    [
      'a list of definitions, which is a union too',
      `[${RECORD}, {"type":"enum","name":"n.E","symbols":[]}]`,
      ['R', 'n.E', '["R","n.E"] (list)'],
    ],
    ['a list of one', `[${RECORD}]`, ['R']],
    ['a definition and a reference', `[${RECORD}, "x.Y"]`, [`[${RECORD},"x.Y"] (root)`]],
    [
      'several definitions',
      `${RECORD}\n{"type":"fixed","name":"F","size":1} {"type":"enum","name":"E","symbols":["}"]}`,
      ['R', 'F', 'E'],
    ],
  ])('holds %s', async (_, text, schemas) => {
    const { files, findings } = await load({ 'a.avsc': text });
    expect(files).toEqual([`a.avsc: ${schemas.join(', ')}`]);
    expect(findings).toEqual([]);
  });

  it.each([
    ['', 'a.avsc:1:1: The file is empty. Write a schema into it, or remove it'],
    [' \n\t', 'a.avsc:1:1: The file is empty. Write a schema into it, or remove it'],
    [
      `${RECORD}\n["string"]`,
      'a.avsc:2:1: In a file of several schemas each has to define a type. Move it into a file of its own, whose name it then has',
    ],
    [
      '{"protocol":"P","types":[]}',
      'a.avsc:1:1: This is a protocol, not a schema. Let the name of the file end in .avpr',
    ],
  ])('says of %j what is wrong', async (text, finding) => {
    expect((await load({ 'a.avsc': text })).findings).toEqual([finding]);
  });

  it.each([
    ['{"type":\n  "int",}', '2:9'],
    ['{"type": "int"', '1:15'],
    ['// comment\n"int"', '1:1'],
    [`${RECORD},\n${RECORD}`, '1:41'],
    ['{"type":"a","type":"b"}', '1:13'],
    [`${RECORD}\n{"type": record}`, '2:10'],
    [`${RECORD}\n"string"`, '2:1'],
    ['}', '1:1'],
    ['"open', '1:6'],
  ])('says where %j is not JSON', async (text, position) => {
    const { findings } = await load({ 'a.avsc': text });
    expect(findings).toEqual([expect.stringMatching(new RegExp(`^a\\.avsc:${position}: Not JSON: `))]);
  });

  it('nested without end is a finding', async () => {
    const { findings } = await load({ 'a.avsc': '['.repeat(1_000_000), 'b.avsc': '{"type":'.repeat(200_000) });
    expect(findings).toHaveLength(2);
  });
});

describe('.avpr', () => {
  it('gives its types, and says once for all files that messages are ignored', async () => {
    const protocol = (name: string, types: string): string =>
      `{"protocol":"${name}","types":[${types}],"messages":{"m":{"request":[],"response":"null"}}}`;
    const { files, findings, notices } = await load({
      'a.avpr': protocol('P', `${RECORD},{"type":"error","name":"E","fields":[]}`),
      'b.avpr': protocol('n.Q', ''),
      'c.avdl': 'protocol P { void m(); }',
      'd.avdl': 'protocol P { void m(); }',
    });
    expect(files).toEqual(['a.avpr: R, E', 'b.avpr: ', 'c.avdl: ', 'd.avdl: ']);
    expect(findings).toEqual([]);
    expect(notices).toEqual(['Messages of protocols are ignored: a.avpr, b.avpr, c.avdl and 1 more']);
  });

  it.each([
    [
      RECORD,
      '1:1: This is not a protocol: it has no name. Write it as { "protocol": "Name", "types": […] }; a schema belongs into a .avsc file',
    ],
    ['{"protocol":"P","types":{}}', '1:25: The types of a protocol are an array. List the definitions in [ ]'],
    [
      '{"protocol":"P","types":[\n"int"]}',
      '2:1: Not a record, error, enum or fixed with a name. Write it where it is used instead',
    ],
    ['{"protocol":"P","namespace":1}', '1:29: A namespace is a string. Write it as "com.example"'],
  ])('says of %j what is wrong', async (text, finding) => {
    expect((await load({ 'a.avpr': text })).findings).toEqual([`a.avpr:${finding}`]);
  });
});

describe('imports', () => {
  it('are read from wherever they lie, once, around cycles, whatever their names', async () => {
    const root = project({
      'app/a.avdl':
        'import idl "../lib/b.avdl"; import schema "../lib/d.avsc"; import protocol "../lib/e.json"; record A {}',
      'lib/b.avdl': 'import idl "../app/a.avdl"; import idl "./c.avdl"; record B {}',
      'lib/c.avdl': 'schema array<C>; import idl "c.avdl"; import idl "../lib/../lib/b.avdl"; record C {}',
      'lib/d.avsc': RECORD,
      'lib/e.json': `{"protocol":"P","types":[${RECORD}]}`,
    });
    const { files, findings } = await summary(root, 'app/*');
    expect(files).toEqual([
      'app/a.avdl: A',
      'lib/b.avdl (imported): B',
      'lib/c.avdl (imported): C, {"type":"array","items":"C"} (root)',
      'lib/d.avsc (imported): R (root)',
      'lib/e.json (imported): R',
    ]);
    expect(findings).toEqual([]);
  });

  it.each([
    [
      'gone.avdl',
      'Cannot import "gone.avdl" (s/gone.avdl): There is no such file. Correct the path; it is relative to this file',
    ],
    ['../folder', 'Cannot import "../folder" (folder): This is not a file. Name a file'],
    [
      'a.avdl/x',
      'Cannot import "a.avdl/x" (s/a.avdl/x): There is no such file. Correct the path; it is relative to this file',
    ],
    ['', 'Cannot import "": the path is empty'],
    ['/etc/passwd', 'Cannot import "/etc/passwd": the path is absolute, so it holds on one machine only'],
    ['file:///etc/passwd', 'Cannot import "file:///etc/passwd": only files are read'],
    ['https://example.com/a.avdl', 'Cannot import "https://example.com/a.avdl": only files are read'],
    ['C:\\\\a.avdl', 'Cannot import "C:\\a.avdl": only files are read'],
    ['..\\\\a.avdl', 'Cannot import "..\\a.avdl": the path holds a backslash'],
    ['\\\\\\\\server\\\\a', 'Cannot import "\\\\server\\a": the path is absolute, so it holds on one machine only'],
    ['a\\u0000.avdl', 'Cannot import "a\\u{0}.avdl": the path holds a NUL character'],
    ['../../../../../../../../../../../dev/zero', expect.stringContaining('This is not a file. Name a file')],
  ])('of "%s" are findings', async (path, finding) => {
    const { findings } = await load({ 's/a.avdl': `\n import idl "${path}";`, 'folder/x': '' }, 's/*');
    const where = 's/a.avdl:2:13: ';
    expect(findings.map((text) => text.replace(/\. Write the path from this file.*/, ''))).toEqual([
      typeof finding === 'string' ? where + finding : finding,
    ]);
  });

  it.skipIf(process.platform === 'win32')('of pipes are findings', async () => {
    const root = project({ 'a.avdl': 'import idl "pipe";' });
    execFileSync('mkfifo', [join(root, 'pipe')]);
    expect((await summary(root, '*.avdl')).findings).toEqual([
      'a.avdl:1:12: Cannot import "pipe" (pipe): This is not a file. Name a file',
    ]);
  });

  it('that call a file something else than it was read as are findings', async () => {
    const { findings } = await load({ 'a.avdl': 'import schema "b.avdl";', 'b.avdl': 'record B {}' });
    expect(findings).toEqual(['a.avdl:1:15: b.avdl is read as idl, and imported as schema. Write: import idl "…";']);
  });
});
