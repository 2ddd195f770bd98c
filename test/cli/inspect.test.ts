import { expect, test } from 'vitest';
import { config, Sandbox } from './harness.ts';

const ORDER = {
  type: 'record',
  name: 'Order',
  namespace: 'shop',
  doc: 'An order.\nTwo lines.',
  aliases: ['Purchase'],
  fields: [
    { name: 'id', type: 'long' },
    { name: 'at', type: { type: 'long', logicalType: 'timestamp-millis' } },
    {
      name: 'items',
      type: { type: 'array', items: { type: 'record', name: 'Item', fields: [{ name: 'sku', type: 'string' }] } },
      default: [],
    },
    { name: 'raw', type: ['null', { type: 'fixed', name: 'Raw', size: 2 }] },
    { name: 'ratio', type: 'double' },
  ],
};
/** id 9007199254740993, at 1 ms, items [{sku: "ab"}], raw 0xffee, ratio NaN */
const BYTES = '82808080808080 20 02 02 04 6162 00 02 ffee 000000000000f87f';
const VALUE = `{
  "id": 9007199254740993,
  "at": "1970-01-01T00:00:00.001Z",
  "items": [
    {
      "sku": "ab"
    }
  ],
  "raw": "0xffee",
  "ratio": "NaN"
}
`;
const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));

function sandbox(): Sandbox {
  return new Sandbox({ 'order.avsc': ORDER, 'order.txt': 'no schema' });
}

test('a schema: types, fields, sizes, fingerprint and canonical form', async () => {
  const { code, stdout } = await sandbox().run(['inspect', 'order.avsc']);
  expect(code).toBe(0);
  expect(stdout).toContain('shop.Order record\n  An order.\n  Two lines.\n');
  expect(stdout).toMatch(/\n {2}id +long +bigint\n/);
  expect(stdout).toMatch(/\n {2}at +timestamp-millis +Date\n/);
  expect(stdout).toMatch(/\n {2}items +array<Item> +Item\[\] +default \[\]\n/);
  expect(stdout).toMatch(
    /\n {2}bytes +12 or more\n {2}fingerprint +[0-9a-f]{16} \(CRC-64-AVRO\)\n {2}canonical form +\{"name":"shop\.Order"/,
  );
  expect(stdout).toMatch(/shop\.Raw fixed\n {2}bytes +2\n/);
  expect(stdout).toContain('aliases         shop.Purchase');
});

test('sizes of types with a limit, without one, and without values', async () => {
  const types = new Sandbox({
    'a.avdl':
      'namespace a; record Small { int i; long l; double d; union { null, boolean } b; } record Tree { union { null, Tree } next; } record Never { Never next; } record Empty { }',
  });
  const { stdout } = await types.run(['inspect', 'a.avdl', '--json']);
  const sizes = JSON.parse(stdout).map((type: { name: string; minimumBytes: number; maximumBytes: number }) => [
    type.name,
    type.minimumBytes,
    type.maximumBytes,
  ]);
  expect(sizes).toEqual([
    ['a.Empty', 0, 0],
    ['a.Never', null, null],
    ['a.Small', 11, 25],
    ['a.Tree', 1, null],
  ]);
});

test('bytes, wherever they come from: longs exact, times as text, bytes as digits', async () => {
  const project = sandbox();
  project.put('raw.bin', '');
  const byHex = await project.run(['inspect', '--schema', 'order.avsc', '--hex', BYTES]);
  expect(byHex).toEqual({ code: 0, stdout: VALUE, stderr: '' });
  const base64 = Buffer.from(hex(BYTES)).toString('base64url');
  expect((await project.run(['inspect', '-s', 'order.avsc', '--base64', base64])).stdout).toBe(VALUE);
  expect((await project.run(['inspect', '-s', 'order.avsc', '-'], { input: hex(BYTES) })).stdout).toBe(VALUE);
  expect((await project.run(['inspect', '-s', 'order.avsc'], { input: hex(BYTES) })).stdout).toBe(VALUE);
  const { writeFileSync } = await import('node:fs');
  writeFileSync(project.path('record.bin'), hex(BYTES));
  expect((await project.run(['inspect', '-s', 'order.avsc', 'record.bin'])).stdout).toBe(VALUE);
});

test('several values one after another, with where each lies', async () => {
  const { code, stdout, stderr } = await sandbox().run(['inspect', '-s', 'order.avsc', '--hex', BYTES + BYTES]);
  expect(stdout).toBe(VALUE + VALUE);
  expect(stderr).toBe('shop.Order, bytes 0 to 25\nshop.Order, bytes 25 to 50\n');
  expect(code).toBe(0);
});

test('bytes that break: what was read before, then offset, path and the bytes around', async () => {
  const broken = BYTES.replace('04 6162', '04 c328');
  const { code, stdout } = await sandbox().run(['inspect', '-s', 'order.avsc', '--hex', BYTES + broken]);
  expect(stdout.startsWith(VALUE)).toBe(true);
  expect(stdout).toMatch(/\nshop\.Order\.items\[0\]\.sku\n {2}byte \d+: .*: \.\.\. .*\[[0-9a-f]{2}\].*\n/);
  expect(code).toBe(1);
  const short = await sandbox().run(['inspect', '-s', 'order.avsc', '--hex', '8280']);
  expect(short.stdout).toMatch(/^shop\.Order\.id\n {2}byte \d: .*\n/);
  expect(short.code).toBe(1);
});

test('confluent and single-object headers', async () => {
  const project = sandbox();
  const confluent = await project.run([
    'inspect',
    '-s',
    'order.avsc',
    '-f',
    'confluent',
    '--hex',
    `00 00000011${BYTES}`,
  ]);
  expect(confluent.stdout).toBe(VALUE);
  expect(confluent.stderr).toBe('shop.Order, schema id 17, bytes 0 to 30\n');
  const described = JSON.parse((await project.run(['inspect', 'order.avsc', '--json'])).stdout);
  const { fingerprint } = described.find(({ name }: { name: string }) => name === 'shop.Order');
  const little = Buffer.from(fingerprint, 'hex').reverse().toString('hex');
  const single = await project.run([
    'inspect',
    '-s',
    'order.avsc',
    '-f',
    'single-object',
    '--hex',
    `c301${little}${BYTES}`,
  ]);
  expect(single.stdout).toBe(VALUE);

  const unknown = await project.run([
    'inspect',
    '-s',
    'order.avsc',
    '-f',
    'single-object',
    '--hex',
    `c3010000000000000001${BYTES}`,
  ]);
  expect(unknown.stdout).toContain('no type of this schema has the fingerprint 0100000000000000');
  expect(unknown.code).toBe(1);
  for (const [format, bytes, message] of [
    ['confluent', '01', 'starts with a 0 byte'],
    ['confluent', '0000', 'the schema id takes 4 bytes'],
    ['single-object', '0102', 'starts with c3 01'],
    ['single-object', 'c30100', 'the fingerprint takes 8 bytes'],
    ['avro', '000000001182', 'try --format confluent'],
    ['avro', '4f626a01', 'object container file'],
  ] as const) {
    const result = await project.run(['inspect', '-s', 'order.avsc', '-f', format, '--hex', bytes]);
    expect(result.stdout).toContain(message);
    expect(result.stdout).toMatch(/^(--hex|shop\.Order[.\w]*)\n/);
    expect(result.code).toBe(1);
  }
});

test('plain JSON, as topics of the format json have it: types as the config maps them', async () => {
  const project = sandbox();
  const json =
    '{"id": 9007199254740993, "at": "1970-01-01T00:00:00.001Z", "items": [{"sku": "ab"}], "raw": "/+4=", "ratio": "NaN"}';
  const run = (input: string) => project.run(['inspect', '-s', 'order.avsc', '-f', 'json'], { input });
  expect((await run(json)).stdout).toBe(VALUE);
  const wrong = await run(json.replace('"/+4="', '"/+4"'));
  expect(wrong.stdout).toContain(`shop.Order.raw\n  character ${json.indexOf('"/+4')}: expected base64`);
  expect(wrong.code).toBe(1);
  const lone = await run(json.replace('ab', '\\ud800'));
  expect(lone.stdout).toContain(`shop.Order.items[0].sku\n  character ${json.indexOf('"ab"')}: `);
  expect((await run(json.replace('"at": "1970-01-01T00:00:00.001Z"', '"at": 1'))).stdout).toMatch(
    /^shop\.Order\.at\n[^→]+→ .*--format avro-json/,
  );
  project.put(
    'kgen.config.ts',
    config(`schemas: ['*.avsc'], out: 'gen', types: { logical: { 'timestamp-millis': 'base' } }`),
  );
  const mapped = await run(json.replace('"1970-01-01T00:00:00.001Z"', '1'));
  expect(mapped.stdout).toBe(VALUE.replace('"1970-01-01T00:00:00.001Z"', '1'));
});

test("Avro's JSON encoding", async () => {
  const project = sandbox();
  const json =
    '{"id": 9007199254740993, "at": 1, "items": [{"sku": "ab"}], "raw": {"shop.Raw": "\\u00ff\\u00ee"}, "ratio": "NaN"}';
  expect((await project.run(['inspect', '-s', 'order.avsc', '-f', 'avro-json'], { input: json })).stdout).toBe(VALUE);
  const wrong = await project.run(['inspect', '-s', 'order.avsc', '-f', 'avro-json'], {
    input: json.replace('"at": 1', '"at": "x"'),
  });
  expect(wrong.stdout).toMatch(/^shop\.Order\.at\n {2}character \d+: /);
  expect(wrong.code).toBe(1);
});

test('--json is one document', async () => {
  const { stdout } = await sandbox().run(['inspect', '-s', 'order.avsc', '--json', '--hex', `${BYTES}82`]);
  expect(JSON.parse(stdout)).toMatchObject({
    messages: [{ type: 'shop.Order', start: 0, end: 25, value: { raw: '0xffee' } }],
    breakage: { type: 'shop.Order', path: 'id', offset: expect.any(Number) },
  });
});

test('a schema that refers to others of the project', async () => {
  const project = new Sandbox({
    'kgen.config.ts': config(`schemas: ['schemas/*.avsc'], out: 'gen'`),
    'schemas/a.avsc': { type: 'record', name: 'A', namespace: 'n', fields: [{ name: 'b', type: 'n.B' }] },
    'schemas/b.avsc': { type: 'enum', name: 'B', namespace: 'n', symbols: ['X', 'Y'] },
  });
  const { code, stdout } = await project.run(['inspect', '--schema', 'schemas/a.avsc', '--hex', '02']);
  expect(stdout).toBe('{\n  "b": "Y"\n}\n');
  expect(code).toBe(0);
});

test('a file with several types: --type says which', async () => {
  const project = new Sandbox({ 'two.avdl': 'namespace n; record A { int a; } record B { string b; }' });
  const both = await project.run(['inspect', '-s', 'two.avdl', '--hex', '02']);
  expect(both.stdout).toContain('the schema has several types: n.A, n.B');
  expect(both.code).toBe(2);
  expect((await project.run(['inspect', '-s', 'two.avdl', '-t', 'A', '--hex', '02'])).stdout).toBe('{\n  "a": 1\n}\n');
  expect((await project.run(['inspect', '-s', 'two.avdl', '-t', 'n.B', '--hex', '0261'])).stdout).toBe(
    '{\n  "b": "a"\n}\n',
  );
  const missing = await project.run(['inspect', 'two.avdl', '-t', 'C']);
  expect(missing.stdout).toContain('it has no type C\n  → It has: n.A, n.B');
  expect(missing.code).toBe(2);
});

test.each([
  [['inspect'], 'there is nothing to inspect\n  → Name a schema file, bytes with --schema, or a record with --topic;'],
  [['inspect', 'missing.avsc'], 'missing.avsc\n  there is no such file'],
  [['inspect', '.'], '.\n  it is a folder'],
  [['inspect', 'order.txt'], 'order.txt\n  it is no schema file by its name'],
  [['inspect', '-s', 'order.avsc', '.'], '.\n  it is a folder'],
  [['inspect', '--hex', '00'], '--schema'],
  [['inspect', '-s', 'order.avsc', '--hex', '0'], '--hex'],
  [['inspect', '-s', 'order.avsc', '--base64', '*'], '--base64'],
  [['inspect', '-s', 'order.avsc', '--hex', '00', '--base64', 'AA'], 'given twice'],
  [['inspect', '-s', 'order.avsc', '-f', 'xml', '--hex', '00'], "there is no format 'xml'"],
  [['inspect', '-s', 'order.avsc', 'missing.bin'], 'missing.bin\n  there is no such file'],
])('a call that is wrong: %j', async (args, message) => {
  const { code, stdout } = await sandbox().run(args);
  expect(stdout).toContain(message);
  expect(code).toBe(2);
});

test('a schema that is wrong is a finding', async () => {
  const { code, stdout } = await new Sandbox({ '[a] (b).avsc': '{"type": "recrod"}' }).run(['inspect', '[a] (b).avsc']);
  expect(stdout).toContain('[a] (b).avsc:1:');
  expect(code).toBe(1);
});

test('what a schema says cannot steer the terminal', async () => {
  const project = new Sandbox({ 'a.avsc': { ...ORDER, doc: 'red \u001b[31m and \u202e backwards' } });
  const { stdout } = await project.run(['inspect', 'a.avsc']);
  expect(stdout).toContain('red \\u{1b}[31m and \\u{202e} backwards');
  project.put('j.avsc', { ...ORDER, doc: 'red \u009b31m and \u202e backwards' });
  const json = (await project.run(['inspect', 'j.avsc', '--json'])).stdout;
  expect(json).toContain('"red \\u009b31m and \\u202e backwards"');
  const doc = 'red \u009b31m and \u202e backwards';
  expect(JSON.parse(json)).toContainEqual(expect.objectContaining({ doc }));
  project.put('s.avsc', '"string"');
  const value = await project.run(['inspect', '-s', 's.avsc', '--hex', `0e61c29b e280ae 62`]);
  expect(value.stdout).toBe('"a\\u009b\\u202eb"\n');
});
