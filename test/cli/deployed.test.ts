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
  expect(stdout).toBe('+ totals.total\n+ totals.seen\nkgen.lock.json: commit it with what you deploy.\n');
  expect(code).toBe(0);
  const lock = sandbox.get('kgen.lock.json');
  expect(lock.split('\n').filter((line) => line.includes('"job"'))).toEqual([
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

test('a lockfile that is damaged is a finding', async () => {
  const sandbox = project();
  await generated(sandbox);
  sandbox.put('kgen.lock.json', '{ "lockfileVersion": 1, "registry": [], "subjects": {}, "state": [{ "job": 1 }] }');
  const { code, stdout } = await sandbox.run(['check']);
  expect(stdout).toContain('kgen.lock.json\n  a line of `state` lacks');
  expect(code).toBe(1);
});

test('defaults beyond what numbers of JavaScript hold are noted once, as they are', async () => {
  const sandbox = project();
  sandbox.put(
    'schemas/total.avsc',
    '{"type":"record","name":"Total","namespace":"shop","fields":[{"name":"most","type":"long","default":9007199254740993}]}',
  );
  await generated(sandbox);
  expect((await sandbox.run(['deployed'])).stdout).toContain('+ totals.total\n');
  const lock = sandbox.get('kgen.lock.json');
  expect(lock).toContain('"default":9007199254740993');
  expect((await sandbox.run(['deployed'])).stdout).toContain('has the schemas of all state');
  expect(sandbox.get('kgen.lock.json')).toBe(lock);
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
