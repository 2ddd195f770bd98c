import { randomUUID } from 'node:crypto';
import { type RegistryClient, registryClient } from '@kgen/runtime/registry';
import { expect, test } from 'vitest';
import { describeRegistry } from '../support/registry/server.ts';
import { config, Sandbox } from './harness.ts';

const ID = { name: 'id', type: 'long' };
const NOTE = { name: 'note', type: 'string', default: '' };

function order(...fields: readonly object[]): { readonly schema: string } {
  return { schema: JSON.stringify({ type: 'record', name: 'Order', namespace: 'shop', fields }) };
}

function project(registry: string): Sandbox {
  const body = `  schemas: ['schemas/*.avsc'],\n  out: 'generated',\n  registry: { ${registry} },`;
  return new Sandbox({ 'kgen.config.mjs': config(body).replace("import { defineConfig } from 'kgen';", PLAIN) });
}

/** The config's packages are not installed in a sandbox. */
const PLAIN = 'const defineConfig = (config) => config;';

await describeRegistry('kgen pull', (url) => {
  const client: RegistryClient = registryClient({ url });
  const unique = (name: string): string => `${name}-${randomUUID()}-value`;
  const del = async (path: string): Promise<void> => {
    const { status } = await fetch(`${url}${path}`, { method: 'DELETE' });
    expect(status).toBe(200);
  };

  test('takes all versions, and what they refer to; again, nothing changes', async () => {
    const [orders, money] = [unique('orders'), unique('money')];
    await client.register(money, { schema: '{"type":"fixed","name":"Money","namespace":"shop","size":8}' });
    const total = { name: 'total', type: 'shop.Money' };
    const references = [{ name: 'shop.Money', subject: money, version: 1 }];
    const [one, two] = [
      await client.register(orders, order(ID)),
      await client.register(orders, { ...order(ID, total), references }),
    ];
    const sandbox = project(`url: '${url}', subjects: ['${orders}']`);
    expect(await sandbox.run(['pull'])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(
        /^\+ .*2 versions\n|kgen\.lock\.json: 2 subjects, 3 versions\. Now run `kgen generate`\.\n$/,
      ),
    });
    const lock = sandbox.get('kgen.lock.json');
    const { registry, subjects } = JSON.parse(lock);
    expect(registry).toEqual([url]);
    expect(Object.keys(subjects)).toEqual([money, orders].sort());
    expect(subjects[orders]).toMatchObject({ compatibility: 'NONE', versions: [{ id: one }, { id: two, references }] });
    expect(lock.split('\n').filter((line) => line.includes('"version": 1, "id"'))).toHaveLength(2);
    const files = Object.keys(sandbox.snapshot()).filter((path) => path.endsWith('.avsc'));
    expect(files).toEqual(
      [`${money}/1`, `${orders}/1`, `${orders}/2`].sort().map((name) => `kgen/registry/${name}.avsc`),
    );
    const before = sandbox.snapshot();
    expect(await sandbox.run(['pull'])).toMatchObject({
      code: 0,
      stdout: 'kgen.lock.json is up to date (2 subjects).\n',
    });
    expect(await sandbox.run(['pull', '--check'])).toMatchObject({ code: 0 });
    expect(sandbox.snapshot()).toEqual(before);
  });

  test('--check tells what moved, and writes nothing', async () => {
    const orders = unique('orders');
    await client.register(orders, order(ID));
    const sandbox = project(`url: '${url}', subjects: [/^${orders}$/g]`);
    await sandbox.run(['pull']);
    const before = sandbox.snapshot();
    const id = await client.register(orders, order(ID, NOTE));
    await fetch(`${url}/config/${orders}`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: '{"compatibility":"FULL"}',
    });
    const checked = await sandbox.run(['pull', '--check']);
    expect(checked.stdout).toBe(
      `~ ${orders}  compatibility NONE -> FULL\n+ ${orders}  version 2 (id ${id})  + note: string\n` +
        'The registry has moved on: run `kgen pull`.\n',
    );
    expect(checked.code).toBe(1);
    expect(sandbox.snapshot()).toEqual(before);
    expect(await sandbox.run(['pull'])).toMatchObject({ code: 0 });
    expect(await sandbox.run(['pull', '--check'])).toMatchObject({ code: 0 });
  });

  test('deleted versions and subjects stay, marked: their records may still lie in topics', async () => {
    const orders = unique('orders');
    const one = await client.register(orders, order(ID));
    await client.register(orders, order(ID, NOTE));
    const sandbox = project(`url: '${url}', subjects: ['${orders}']`);
    await sandbox.run(['pull']);
    await del(`/subjects/${orders}/versions/1`);
    expect((await sandbox.run(['pull'])).stdout).toContain(`- ${orders}  version 1 (id ${one}): deleted\n`);
    const versions = (): readonly object[] => JSON.parse(sandbox.get('kgen.lock.json')).subjects[orders].versions;
    expect(versions()).toMatchObject([{ version: 1, deleted: true }, { version: 2 }]);
    await del(`/subjects/${orders}`);
    await del(`/subjects/${orders}?permanent=true`);
    expect(await sandbox.run(['pull'])).toMatchObject({ code: 0 });
    expect(versions()).toMatchObject([
      { version: 1, deleted: true },
      { version: 2, deleted: true },
    ]);
    expect(sandbox.get(`kgen/registry/${orders}/1.avsc`)).toContain('Order');

    const again = await client.register(orders, order({ ...ID, type: 'string' }));
    expect((await sandbox.run(['pull'])).stdout).toContain(
      `+ ${orders}  version 1 (id ${again}), which was id ${one}: the subject was made anew`,
    );
    expect(versions()).toMatchObject([
      { version: 1, id: one, deleted: true },
      { version: 1, id: again },
      { version: 2 },
    ]);
    expect(sandbox.get(`kgen/registry/${orders}/1-id-${one}.avsc`)).toContain('long');
    expect(sandbox.get(`kgen/registry/${orders}/1.avsc`)).toContain('string');
    expect(await sandbox.run(['pull', '--check'])).toMatchObject({ code: 0 });
  });

  test('what a forgotten version refers to stays with it', async () => {
    const [orders, money, coin] = [unique('orders'), unique('money'), unique('coin')];
    await client.register(coin, { schema: '{"type":"fixed","name":"Coin","namespace":"shop","size":8}' });
    await client.register(money, {
      schema: '{"type":"record","name":"Money","namespace":"shop","fields":[{"name":"coin","type":"Coin"}]}',
      references: [{ name: 'shop.Coin', subject: coin, version: 1 }],
    });
    const references = [{ name: 'shop.Money', subject: money, version: 1 }];
    await client.register(orders, { ...order(ID, { name: 'total', type: 'shop.Money' }), references });
    const sandbox = project(`url: '${url}', subjects: ['${orders}']`);
    await sandbox.run(['pull']);
    const before = Object.keys(sandbox.snapshot());
    await del(`/subjects/${orders}`);
    await del(`/subjects/${orders}?permanent=true`);
    expect(await sandbox.run(['pull'])).toMatchObject({ code: 0 });
    expect(Object.keys(sandbox.snapshot())).toEqual(before);
    expect(Object.keys(JSON.parse(sandbox.get('kgen.lock.json')).subjects)).toEqual([money, orders, coin].sort());
    expect(await sandbox.run(['pull', '--check'])).toMatchObject({ code: 0 });
  });

  test('another registry replaces what was pulled: there the same id may be another schema', async () => {
    const orders = unique('orders');
    const id = await client.register(orders, order(ID));
    const sandbox = project(`url: '${url}', subjects: ['${orders}']`);
    await sandbox.run(['pull']);
    const lock = JSON.parse(sandbox.get('kgen.lock.json'));
    lock.subjects[orders].versions[0].id = id + 1000;
    sandbox.put('kgen.lock.json', { ...lock, registry: ['https://staging.example'] });
    expect(await sandbox.run(['pull'])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(`~ registry  https://staging.example -> ${url}\n+ ${orders}  1 version\n`),
    });
    expect(JSON.parse(sandbox.get('kgen.lock.json')).subjects[orders].versions).toMatchObject([{ version: 1, id }]);
    expect(await sandbox.run(['pull', '--check'])).toMatchObject({ code: 0 });
  });

  test('latest alone', async () => {
    const orders = unique('orders');
    await client.register(orders, order(ID));
    await client.register(orders, order(ID, NOTE));
    const sandbox = project(`url: '${url}', subjects: ['${orders}'], versions: 'latest'`);
    await sandbox.run(['pull']);
    expect(JSON.parse(sandbox.get('kgen.lock.json')).subjects[orders].versions).toMatchObject([{ version: 2 }]);
    await client.register(orders, order(NOTE));
    expect(await sandbox.run(['pull'])).toMatchObject({ code: 0 });
    expect(Object.keys(sandbox.snapshot())).toContain(`kgen/registry/${orders}/3.avsc`);
    expect(Object.keys(sandbox.snapshot())).not.toContain(`kgen/registry/${orders}/2.avsc`);
  });

  test('a subject that is not there, and one that is no Avro', async () => {
    const orders = unique('orders');
    await client.register(orders, order(ID));
    const json = unique('json');
    const { status } = await fetch(`${url}/subjects/${json}/versions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        schema: '{"$schema":"http://json-schema.org/draft-07/schema#","type":"object"}',
        schemaType: 'JSON',
      }),
    });
    expect(status).toBe(200);
    const sandbox = project(`url: '${url}', subjects: ['${orders}x', '${json}', /^nothing$/]`);
    const { code, stdout } = await sandbox.run(['pull']);
    expect(code).toBe(1);
    expect(stdout).toContain(`the registry has no subject ${orders}x\n  → Did you mean '${orders}'?`);
    expect(stdout).toContain(`subject ${json} holds JSON, and kgen reads Avro only`);
    expect(stdout).toContain('no subject of the registry matches /^nothing$/');
    expect(Object.keys(sandbox.snapshot())).toEqual(['kgen.config.mjs']);
    const pattern = project(`url: '${url}', subjects: [/^${orders}$|^${json}$/]`);
    expect(await pattern.run(['pull'])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(`Subject ${json} holds`),
    });
  });
});

test('what is missing to reach a registry', async () => {
  const none = new Sandbox();
  none.put('kgen.config.mjs', "export default { schemas: ['*.avsc'], out: 'generated' };");
  expect(await none.run(['pull'])).toMatchObject({
    code: 2,
    stdout: expect.stringContaining('names no Schema Registry'),
  });
  const unset = project(`url: process.env['NO_SUCH_VARIABLE'], subjects: ['a']`);
  const { code, stdout } = await unset.run(['pull']);
  expect(code).toBe(2);
  expect(stdout).toContain('kgen.config.mjs  registry.url\n  it is not set\n  → Is the variable');
  const other = project(`url: 'sesame:8081', subjects: ['a']`);
  for (const command of [['pull'], ['register', '--dry-run']]) {
    const refused = await other.run(command);
    expect(refused.code).toBe(2);
    expect(refused.stdout).toContain('registry.url\n  it does not start with http:// or https://\n');
    expect(refused.stdout).not.toContain('sesame');
  }
  const half = project(`url: 'http://localhost', subjects: ['a'], auth: { username: 'ann', password: undefined }`);
  expect(await half.run(['pull'])).toMatchObject({ code: 2, stdout: expect.stringContaining('`password` is not set') });
});

test('a registry that cannot be reached; a secret in the wrong place is not shown', async () => {
  const gone = project(`url: 'http://ann:sesame@127.0.0.1:1', subjects: ['a'], retries: 0`);
  const { code, stdout } = await gone.run(['pull']);
  expect(code).toBe(1);
  expect(stdout).toContain('Schema Registry http://127.0.0.1:1: ');
  expect(stdout).not.toContain('sesame');
  const wrong = project(`url: ['http://x', 7], subjects: ['a'], auth: 'sesame', headers: { key: 4711 }`);
  const refused = await wrong.run(['pull']);
  expect(refused.code).toBe(2);
  expect(refused.stdout).toContain('registry.auth');
  expect(refused.stdout).not.toMatch(/sesame|4711/);
});

test.each([
  ['conflict markers', '{\n<<<<<<< ours\n', 'kgen.lock.json:2:1\n  it holds conflict markers of a merge'],
  ['no JSON', '{', 'kgen.lock.json\n  it is not JSON'],
  ['another version', '{"lockfileVersion": 2}', 'this kgen reads 1'],
  ['a version without its hash', LOCK({ version: 1, id: 1 }), 'version 1 of subject "a" has no valid `hash`'],
])('a lockfile with %s is not written over', async (_, text, message) => {
  const sandbox = project(`url: 'http://127.0.0.1:1', subjects: ['a'], retries: 0`);
  sandbox.put('kgen.lock.json', text);
  const { code, stdout } = await sandbox.run(['pull']);
  expect(code).toBe(1);
  expect(stdout).toContain(message);
  expect(sandbox.get('kgen.lock.json')).toBe(text);
});

function LOCK(version: object): string {
  return JSON.stringify({
    lockfileVersion: 1,
    registry: [],
    subjects: { a: { compatibility: 'NONE', versions: [version] } },
  });
}

test('a lockfile that cannot be read is one finding: what is only missing because of it is none', async () => {
  const more = `url: 'http://127.0.0.1:1', subjects: ['orders-value']`;
  const body = `  out: 'generated',\n  registry: { ${more} },
  topics: { orders: { key: 'utf8', value: { format: 'confluent' } } },
  jobs: { copy: { inputs: { orders: {} } } },`;
  const sandbox = new Sandbox({
    'kgen.config.mjs': config(body).replace("import { defineConfig } from 'kgen';", PLAIN),
  });
  sandbox.put('kgen.lock.json', '{\n<<<<<<< ours\n');
  const { code, stdout } = await sandbox.run(['generate']);
  expect(code).toBe(1);
  expect(stdout).toContain('it holds conflict markers of a merge');
  expect(stdout).toContain('1 finding; nothing was written.');
});
