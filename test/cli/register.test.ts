import { randomUUID } from 'node:crypto';
import { type RegistryClient, registryClient } from '@kgen/runtime/registry';
import { expect, test } from 'vitest';
import { describeRegistry } from '../support/registry/server.ts';
import { Sandbox } from './harness.ts';

const ID = { name: 'id', type: 'int', doc: 'What it is called.' };
const NOTE = { name: 'note', type: 'string', default: '' };

function order(...fields: readonly object[]): string {
  return JSON.stringify({ type: 'record', name: 'Order', namespace: 'shop', doc: 'An order.', fields });
}

await describeRegistry('kgen register', (url) => {
  const client: RegistryClient = registryClient({ url });
  const unique = (name: string): string => `${name}-${randomUUID()}`;

  function project(subjects: readonly string[], files: { readonly [path: string]: string }, more = ''): Sandbox {
    const sandbox = new Sandbox(files);
    sandbox.put(
      'kgen.config.mjs',
      `export default { schemas: ['schemas/*.avsc'], out: 'generated', registry: { url: '${url}', subjects: ${JSON.stringify(subjects)} }, ${more} };`,
    );
    return sandbox;
  }

  test('publishes what is not registered as it is, with its doc; then there is nothing left to do', async () => {
    const subject = unique('orders');
    await client.register(subject, { schema: order(ID) });
    const sandbox = project([subject], { 'schemas/order.avsc': order(ID, NOTE) });
    await sandbox.run(['pull']);

    const dry = await sandbox.run(['register', '--dry-run']);
    expect(dry.stdout).toContain('-> schemas/order.avsc\n~ shop.Order  + note: string\n');
    expect(dry.stdout).toContain('\n1 schema would be registered. Nothing was done.\n');
    expect(dry.code).toBe(0);
    expect(await client.versions(subject)).toEqual([1]);

    const { code, stdout } = await sandbox.run(['register', '--yes']);
    expect(stdout).toMatch(new RegExp(`registered ${subject}  version 2 \\(id \\d+\\)\nNow run \`kgen pull\`\\.\n$`));
    expect(code).toBe(0);
    const { schema = '' } = (await client.version(subject, 'latest')) ?? {};
    expect(JSON.parse(schema)).toMatchObject({ name: 'shop.Order', doc: 'An order.', fields: [ID, NOTE] });

    expect(await sandbox.run(['pull'])).toMatchObject({ code: 0 });
    expect(await sandbox.run(['diff'])).toMatchObject({ stdout: '1 local schema registered as it is.\n' });
    expect(await sandbox.run(['register', '-y'])).toMatchObject({
      code: 0,
      stdout: 'Nothing to register: all local schemas are registered as they are.\n',
    });
    expect(await client.versions(subject)).toEqual([1, 2]);
  });

  test('what others refer to comes first: where the newest version refers, and where a subject has the name', async () => {
    const [money, orders] = [unique('money'), unique('orders')];
    const space = `shop${randomUUID().slice(0, 8)}`;
    const item = `${space}.Item`;
    const amount = (...fields: readonly object[]): string =>
      JSON.stringify({ type: 'record', name: 'shop.Money', fields: [{ name: 'amount', type: 'int' }, ...fields] });
    await client.register(money, { schema: amount() });
    await client.register(item, { schema: JSON.stringify({ type: 'fixed', name: item, size: 4 }) });
    const references = [{ name: 'shop.Money', subject: money, version: 1 }];
    const total = { name: 'total', type: 'shop.Money' };
    await client.register(orders, { schema: order(total), references });
    const sandbox = project([orders, money, item], {
      'schemas/money.avsc': amount({ name: 'unit', type: 'string', default: 'EUR' }),
      'schemas/order.avsc': order(total, { name: 'item', type: ['null', item], default: null }, ID),
    });
    expect(await sandbox.run(['pull'])).toMatchObject({ code: 0 });
    const dry = await sandbox.run(['register', '--dry-run', orders]);
    expect(dry.stdout).toContain(`refers to shop.Money in ${money}, its new version`);
    expect(dry.stdout).toContain(`refers to ${item} in ${item}, version 1`);
    const { code, stdout } = await sandbox.run(['register', '--yes', orders]);
    expect(code).toBe(0);
    expect(stdout.indexOf(`registered ${money}`)).toBeGreaterThan(0);
    expect(stdout.indexOf(`registered ${orders}`)).toBeGreaterThan(stdout.indexOf(`registered ${money}`));
    const newest = await client.version(orders, 'latest');
    expect(newest?.references).toEqual(
      expect.arrayContaining([
        { name: 'shop.Money', subject: money, version: 2 },
        { name: item, subject: item, version: 1 },
      ]),
    );
    expect(newest?.schema).not.toContain('amount');
    expect(await sandbox.run(['pull'])).toMatchObject({ code: 0 });
    expect(await sandbox.run(['diff'])).toMatchObject({ stdout: '2 local schemas registered as they are.\n' });
  });

  test('a subject that a topic wants and the registry does not have', async () => {
    const topic = unique('orders');
    const topics = `topics: { orders: { name: '${topic}', value: { type: 'shop.Order', format: 'confluent' } } }`;
    const sandbox = project([`${topic}-value`], { 'schemas/order.avsc': order(ID) }, topics);
    const { code, stdout } = await sandbox.run(['register', '--yes']);
    expect(stdout).toContain(`${topic}-value  new -> schemas/order.avsc\n`);
    expect(stdout).toContain(`registered ${topic}-value  version 1`);
    expect(code).toBe(0);
    expect(await sandbox.run(['pull'])).toMatchObject({ code: 0 });
    expect(await sandbox.run(['generate'])).toMatchObject({ code: 0 });
    expect(sandbox.get('generated/topics.ts')).toMatch(/confluent\(\(\) => Order, \{ id: \d+/);
  });

  test('what the registry refuses is said with its reasons', async () => {
    const subject = unique('orders');
    await client.register(subject, { schema: order(ID) });
    const headers = { 'content-type': 'application/json' };
    await fetch(`${url}/config/${subject}`, { method: 'PUT', headers, body: '{"compatibility":"BACKWARD"}' });
    const sandbox = project([subject], { 'schemas/order.avsc': order(ID, { name: 'sku', type: 'string' }) });
    await sandbox.run(['pull']);
    const dry = await sandbox.run(['register', '--dry-run']);
    expect(dry.stdout).toContain("The subject's level BACKWARD forbids it.");
    expect(dry.stdout).toContain('1 schema would be registered, and 1 of them refused. Nothing was done.');
    expect(dry.code).toBe(1);
    const { code, stdout } = await sandbox.run(['register', '--yes']);
    expect(code).toBe(1);
    expect(stdout).toContain(`schemas/order.avsc  ${subject}
  the registry refuses it: ${subject} has the compatibility level BACKWARD
  sku: the field is not in the writer's shop.Order, and has no default
  → Change the schema so that level BACKWARD holds: see \`kgen diff ${subject}\`
1 finding; nothing was registered.
`);
    expect(await client.versions(subject)).toEqual([1]);
  });

  test('what others registered meanwhile is not gone over', async () => {
    const subject = unique('orders');
    await client.register(subject, { schema: order(ID) });
    const sandbox = project([subject], { 'schemas/order.avsc': order(ID, NOTE) });
    await sandbox.run(['pull']);
    await client.register(subject, { schema: order(ID, { ...NOTE, name: 'remark' }) });
    const { code, stdout } = await sandbox.run(['register', '--yes']);
    expect(code).toBe(1);
    expect(stdout).toContain(`version 2 of ${subject} was registered since the last pull\n  → Run \`kgen pull\``);
    expect(await client.versions(subject)).toEqual([1, 2]);
  });

  test('bad calls', async () => {
    const subject = unique('orders');
    await client.register(subject, { schema: order(ID) });
    const sandbox = project([subject], { 'schemas/order.avsc': order(ID, NOTE) });
    const { code, stdout } = await sandbox.run(['register']);
    expect(code).toBe(2);
    expect(stdout).toContain('it asks before it registers, and there is no terminal');
    const unknown = await sandbox.run(['register', '--dry-run', `${subject}x`]);
    expect(unknown).toMatchObject({ code: 2, stdout: expect.stringContaining(`Did you mean '${subject}'?`) });
    sandbox.put('schemas/order.avsc', order(ID).replace('Order', 'Purchase'));
    expect(await sandbox.run(['register', '--yes'])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('Nothing to register: no subject has a type'),
    });
    sandbox.put('schemas/order.avsc', '{');
    expect(await sandbox.run(['register', '--yes'])).toMatchObject({ code: 1 });
    expect(await client.versions(subject)).toEqual([1]);
  });
});

test('a registry that cannot be reached', async () => {
  const sandbox = new Sandbox({ 'schemas/order.avsc': order(ID) });
  sandbox.put(
    'kgen.config.mjs',
    "export default { schemas: ['schemas/*.avsc'], out: 'generated', registry: { url: 'http://127.0.0.1:1', subjects: ['a'], retries: 0 } };",
  );
  const { code, stdout } = await sandbox.run(['register', '--yes']);
  expect(code).toBe(1);
  expect(stdout).toContain('Schema Registry http://127.0.0.1:1: ');
  expect(stdout).toContain('1 finding; nothing was registered.');
});
