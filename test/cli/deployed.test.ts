import { mkdirSync, readdirSync, rmdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { config, Sandbox } from './harness.ts';

const field = (name: string, type: unknown, more: object = {}): object => ({ name, type, ...more });
const record = (name: string, ...fields: readonly object[]): object => ({
  type: 'record',
  name,
  namespace: 'shop',
  fields,
});

const ORDER = record('Order', field('customer', 'string'), field('amount', 'int'));
const TOTAL = record('Total', field('orders', 'int'), field('at', ['null', 'long'], { default: null }));

function project(): Sandbox {
  return new Sandbox({
    'kgen.config.ts': config(`
      schemas: ['schemas/*.avsc'], out: 'src/generated', importExtension: '.ts',
      topics: { orders: { key: 'utf8', value: 'shop.Order', keyFrom: 'customer' } },
      jobs: { totals: { inputs: { orders: {} }, outputs: [], state: { total: 'shop.Total', seen: { map: 'int', key: 'string' } } } },
    `),
    'schemas/order.avsc': ORDER,
    'schemas/total.avsc': TOTAL,
  });
}

async function generated(sandbox: Sandbox): Promise<void> {
  expect(await sandbox.run(['generate'])).toMatchObject({ code: 0 });
}

test('what is deployed is noted once, sorted, a line each; check is fine with what can read it', async () => {
  const sandbox = project();
  await generated(sandbox);
  const { code, stdout } = await sandbox.run(['deployed']);
  expect(stdout).toBe(
    '+ totals: its keys\n+ totals.total\n+ totals.seen\nkgen.lock.json: commit it with what you deploy.\n',
  );
  expect(code).toBe(0);
  const lock = sandbox.get('kgen.lock.json');
  expect(lock.split('\n').filter((line) => line.includes('"job"'))).toEqual([
    '    { "job": "totals", "format": "utf8" }',
    '    { "job": "totals", "state": "seen", "kind": "map", "key": "string", "schema": "int" },',
    expect.stringContaining('{ "job": "totals", "state": "total", "kind": "value", "schema": {"type":"record",'),
  ]);
  expect((await sandbox.run(['deployed'])).stdout).toContain('has the schemas of all state (2 states)');
  expect(sandbox.get('kgen.lock.json')).toBe(lock);
  sandbox.put('schemas/total.avsc', record('Total', field('orders', 'long'), field('note', 'string', { default: '' })));
  await generated(sandbox);
  expect(await sandbox.run(['check'])).toMatchObject({ code: 0 });
  expect((await sandbox.run(['deployed'])).stdout).toBe(
    '+ totals.total\nkgen.lock.json: commit it with what you deploy.\n',
  );
  // Each that was deployed counts, and not the last alone.
  expect(sandbox.get('kgen.lock.json').match(/"state": "total"/g)).toHaveLength(2);
  sandbox.put('schemas/total.avsc', record('Total', field('orders', 'long'), field('note', 'string')));
  await generated(sandbox);
  const broken = await sandbox.run(['check']);
  expect(broken.code).toBe(1);
  expect(broken.stdout).toContain(
    'kgen.config.ts  jobs.totals.state.total: note\n  state of a deployed version cannot be read',
  );
  expect(broken.stdout).toContain('remove its line from kgen.lock.json');
  expect(broken.stdout).toContain('1 finding.');
});

test.each([
  ['another kind', `total: { list: 'shop.Total' }`, 'it is a list, and a value in a deployed version'],
  ['another type', `total: 'string'`, 'state of a deployed version cannot be read'],
  [
    'other keys of a map',
    `total: 'shop.Total', seen: { map: 'int', key: 'long' }`,
    'the keys of the map are of another',
  ],
])('%s of a state is found, and not noted as deployed', async (_, state, said) => {
  const sandbox = project();
  await generated(sandbox);
  await sandbox.run(['deployed']);
  const lock = sandbox.get('kgen.lock.json');
  const before = sandbox.get('kgen.config.ts');
  sandbox.put('kgen.config.ts', before.replace(/state: \{.*\} \} \},/, `state: { ${state} } } },`));
  expect(sandbox.get('kgen.config.ts')).not.toBe(before);
  await generated(sandbox);
  const { code, stdout } = await sandbox.run(['check']);
  expect(code).toBe(1);
  expect(stdout).toContain(said);
  expect(await sandbox.run(['deployed'])).toMatchObject({ code: 1 });
  expect(sandbox.get('kgen.lock.json')).toBe(lock);
});

const AT = { type: 'long', logicalType: 'timestamp-millis' };
const MICROS = { type: 'long', logicalType: 'timestamp-micros' };
const DATE = { type: 'int', logicalType: 'date' };
const decimal = (precision: number, scale: number): object => ({
  type: 'bytes',
  logicalType: 'decimal',
  precision,
  scale,
});
const CUSTOMER = record('Customer', field('id', 'long'));

/** A job with keys, values and keys of a map that are Avro. */
function avroProject(more: { readonly [file: string]: object }): Sandbox {
  return new Sandbox({
    'kgen.config.ts': config(`
      schemas: ['schemas/*.avsc'], out: 'src/generated', importExtension: '.ts',
      topics: { orders: { key: { type: 'shop.Customer', format: 'avro' }, value: 'shop.Order' } },
      jobs: { totals: { inputs: { orders: {} }, outputs: [], state: { total: 'shop.Total', seen: { map: 'int', key: 'shop.Day' } } } },
    `),
    'schemas/customer.avsc': CUSTOMER,
    'schemas/order.avsc': ORDER,
    'schemas/total.avsc': record('Total', field('at', AT), field('on', DATE), field('price', decimal(10, 2))),
    'schemas/day.avsc': record('Day', field('at', AT)),
    ...more,
  });
}

test.each([
  [
    'a logical type of a value',
    'total',
    record('Total', field('at', MICROS)),
    /jobs\.totals\.state\.total: at\n {2}state of a deployed version would mean something else: the writer has timestamp-millis, the reader timestamp-micros\n/,
  ],
  [
    'a logical type that is there no more',
    'total',
    record('Total', field('at', 'long')),
    /state\.total: at\n {2}state .* something else: the writer has timestamp-millis, the reader a long without a logical type\n/,
  ],
  [
    'a logical type beside another change',
    'total',
    record('Total', field('at', MICROS), field('note', 'string', { default: '' })),
    /state\.total: at\n {2}state .* something else: the writer has timestamp-millis, the reader timestamp-micros\n/,
  ],
  [
    'a logical type that is promoted',
    'total',
    record('Total', field('at', AT), field('on', 'long')),
    /state\.total: on\n {2}state .* something else: the writer has date, the reader a long without a logical type\n/,
  ],
  [
    'a scale',
    'total',
    record('Total', field('at', AT), field('on', DATE), field('price', decimal(12, 3))),
    /state\.total: price\n {2}state .* cannot be read: the writer's decimal has scale 2, the reader's 3\n/,
  ],
  [
    'fewer digits',
    'total',
    record('Total', field('at', AT), field('on', DATE), field('price', decimal(8, 2))),
    /state\.total: price\n {2}some state .* cannot be read: the writer's decimal has precision 10, the reader's 8\n/,
  ],
  [
    'a logical type of a key of a map',
    'day',
    record('Day', field('at', MICROS)),
    /jobs\.totals\.state\.seen\.key\n {2}the keys of the map are of another schema/,
  ],
  [
    'the schema of the keys of the job',
    'customer',
    record('Customer', field('id', 'long'), field('shop', 'int', { default: 0 })),
    /jobs\.totals\.inputs\n {2}keys are of another schema than in a deployed version/,
  ],
  [
    'a logical type in the keys of the job',
    'customer',
    record('Customer', field('id', AT)),
    /jobs\.totals\.inputs\n {2}keys are of another schema than in a deployed version/,
  ],
])('%s is found where it has changed', async (_, file, schema, said) => {
  const sandbox = avroProject({});
  await generated(sandbox);
  expect(await sandbox.run(['deployed'])).toMatchObject({ code: 0 });
  expect(sandbox.get('kgen.lock.json')).toContain('{ "job": "totals", "format": "avro", "schema": {"type":"record"');
  expect(await sandbox.run(['check'])).toMatchObject({ code: 0 });
  sandbox.put(`schemas/${file}.avsc`, schema);
  await generated(sandbox);
  const { code, stdout } = await sandbox.run(['check']);
  expect(stdout).toMatch(said);
  expect(stdout).toContain('1 finding.');
  expect(code).toBe(1);
  expect(await sandbox.run(['deployed'])).toMatchObject({ code: 1 });
});

test('more digits are fine, and a uuid that is text from now on', async () => {
  const sandbox = avroProject({
    'schemas/total.avsc': record(
      'Total',
      field('price', decimal(10, 2)),
      field('id', { type: 'string', logicalType: 'uuid' }),
    ),
  });
  await generated(sandbox);
  await sandbox.run(['deployed']);
  sandbox.put('schemas/total.avsc', record('Total', field('price', decimal(12, 2)), field('id', 'string')));
  await generated(sandbox);
  expect(await sandbox.run(['check'])).toMatchObject({ code: 0 });
});

test('documentation of a key may change', async () => {
  const sandbox = avroProject({});
  await generated(sandbox);
  await sandbox.run(['deployed']);
  sandbox.put('schemas/customer.avsc', { ...CUSTOMER, doc: 'Who buys.' });
  await generated(sandbox);
  expect(await sandbox.run(['check'])).toMatchObject({ code: 0 });
});

test('another format of keys is found, unless the job has no state any more', async () => {
  const sandbox = project();
  await generated(sandbox);
  await sandbox.run(['deployed']);
  const before = sandbox.get('kgen.config.ts');
  const bytes = before.replace("key: 'utf8'", "key: 'bytes'").replace(", keyFrom: 'customer'", '');
  sandbox.put('kgen.config.ts', bytes);
  await generated(sandbox);
  const { code, stdout } = await sandbox.run(['check']);
  expect(stdout).toContain(
    'kgen.config.ts  jobs.totals.inputs\n  keys are in format bytes, and in format utf8 in a deployed version of the job\n',
  );
  expect(stdout).toContain('remove its line from kgen.lock.json');
  expect(code).toBe(1);
  sandbox.put('kgen.config.ts', bytes.replace(/, state: \{.*\} \} \},/, ' } },'));
  expect(sandbox.get('kgen.config.ts')).not.toContain('state:');
  await generated(sandbox);
  expect(await sandbox.run(['check'])).toMatchObject({ code: 0 });
});

test('a lockfile that is damaged is a finding', async () => {
  const sandbox = project();
  await generated(sandbox);
  sandbox.put('kgen.lock.json', '{ "lockfileVersion": 1, "registry": [], "subjects": {}, "state": [{ "job": 1 }] }');
  const { code, stdout } = await sandbox.run(['check']);
  expect(stdout).toContain('kgen.lock.json\n  a line of `state` lacks');
  expect(code).toBe(1);
  sandbox.put(
    'kgen.lock.json',
    '{ "lockfileVersion": 1, "registry": [], "subjects": {}, "keys": [{ "job": "totals" }] }',
  );
  expect((await sandbox.run(['check'])).stdout).toContain('kgen.lock.json\n  a line of `keys` lacks');
  sandbox.put(
    'kgen.lock.json',
    '{ "lockfileVersion": 1, "registry": [], "subjects": {}, "keys": [{ "job": "totals", "format": "utf8" }] }',
  );
  expect(await sandbox.run(['check'])).toMatchObject({ code: 0 });
});

test('the lockfile is written whole, and by one run at a time', async () => {
  const sandbox = project();
  await generated(sandbox);
  const other = `.kgen-staging-${process.pid}`;
  mkdirSync(sandbox.path(other));
  const refused = await sandbox.run(['deployed']);
  expect(refused).toMatchObject({ code: 1, stdout: expect.stringContaining('another run of kgen writes there') });
  expect(Object.keys(sandbox.snapshot())).not.toContain('kgen.lock.json');
  rmdirSync(sandbox.path(other));
  expect(await sandbox.run(['deployed'])).toMatchObject({ code: 0 });
  expect(readdirSync(sandbox.root).filter((name) => name.startsWith('.kgen'))).toEqual([]);
});
