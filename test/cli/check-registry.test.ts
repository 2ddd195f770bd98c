import { randomUUID } from 'node:crypto';
import { type RegistryClient, registryClient } from '@kgen/runtime/registry';
import { expect, test } from 'vitest';
import { describeRegistry } from '../support/registry/server.ts';
import { Sandbox } from './harness.ts';

const ID = { name: 'id', type: 'int' };
const NOTE = { name: 'note', type: ['null', 'string'], default: null };

function order(...fields: readonly object[]): { readonly schema: string } {
  return { schema: JSON.stringify({ type: 'record', name: 'Order', namespace: 'shop', fields }) };
}

await describeRegistry('kgen check --registry', (url) => {
  const client: RegistryClient = registryClient({ url });

  /** Pulled and generated: a job that reads a topic of the subject. */
  async function project(more = ''): Promise<[Sandbox, string]> {
    const topic = `orders-${randomUUID()}`;
    const subject = `${topic}-value`;
    await client.register(subject, order(ID));
    const sandbox = new Sandbox();
    sandbox.put(
      'kgen.config.mjs',
      `export default { schemas: ['schemas/*.avsc'], out: 'generated', registry: { url: process.env['URL'] ?? '${url}', subjects: ['${subject}'], retries: 0 },
        topics: { orders: { name: '${topic}', value: { format: 'confluent' }${more} } }, jobs: { count: { inputs: { orders: {} } } } };`,
    );
    sandbox.put('schemas/other.avsc', '{"type":"fixed","name":"shop.Other","size":1}');
    expect(await sandbox.run(['pull'])).toMatchObject({ code: 0 });
    expect(await sandbox.run(['generate'])).toMatchObject({ code: 0 });
    return [sandbox, subject];
  }

  test('nothing has moved', async () => {
    const [sandbox] = await project();
    const { code, stdout } = await sandbox.run(['check', '--registry']);
    expect(stdout).toMatch(/^\d+ generated files up to date, and the registry is as it was pulled\.\n$/);
    expect(code).toBe(0);
    const report = JSON.parse((await sandbox.run(['check', '--registry', '--json'])).stdout);
    expect(report).toMatchObject({ ok: true, registry: { moved: [], changes: [] } });
  });

  test('a new version and another level: what changes in types, and which jobs that touches', async () => {
    const [sandbox, subject] = await project();
    const before = sandbox.snapshot();
    const id = await client.register(subject, order({ ...ID, type: 'long' }, NOTE));
    const headers = { 'content-type': 'application/json' };
    await fetch(`${url}/config/${subject}`, { method: 'PUT', headers, body: '{"compatibility":"BACKWARD"}' });
    const { code, stdout } = await sandbox.run(['check', '--registry']);
    const changes = '~ id: int -> long (number -> bigint), + note: string | null';
    expect(stdout).toBe(`In the registry, since it was pulled:
~ ${subject}  compatibility NONE -> BACKWARD
+ ${subject}  version 2 (id ${id})  ${changes}
In generated types, once it is pulled:
~ shop.Order  ${changes}  (used by: count)
kgen.lock.json
  the registry has moved on
  → Run \`kgen pull\`, then \`kgen generate\`
1 finding.
`);
    expect(code).toBe(1);
    expect(sandbox.snapshot()).toEqual(before);
    const report = JSON.parse((await sandbox.run(['check', '--registry', '--json'])).stdout);
    expect(report).toMatchObject({
      ok: false,
      drift: [],
      registry: {
        moved: [expect.any(String), expect.any(String)],
        changes: [`~ shop.Order  ${changes}  (used by: count)`],
      },
    });
    // Without the option nobody asks the registry.
    expect(await sandbox.run(['check'], { env: { URL: 'http://127.0.0.1:1' } })).toMatchObject({ code: 0 });
  });

  test('a version that the config would not go with', async () => {
    const [sandbox, subject] = await project(", keyFrom: 'id'");
    await client.register(subject, order({ name: 'sku', type: 'string', default: '' }));
    const { code, stdout } = await sandbox.run(['check', '--registry']);
    expect(code).toBe(1);
    expect(stdout).toContain('with what the registry has now: ');
    expect(stdout).toContain('topics.orders.keyFrom');
  });

  test('versions whose types the project defines itself change none', async () => {
    const [sandbox, subject] = await project();
    sandbox.put('schemas/order.avsc', order(ID).schema);
    expect(await sandbox.run(['generate'])).toMatchObject({ code: 0 });
    await client.register(subject, order(ID, NOTE));
    const { code, stdout } = await sandbox.run(['check', '--registry']);
    expect(code).toBe(1);
    expect(stdout).toContain('No generated type would change.');
  });

  test('a registry that cannot be reached; none at all', async () => {
    const [sandbox] = await project();
    const gone = await sandbox.run(['check', '--registry'], { env: { URL: 'http://127.0.0.1:1' } });
    expect(gone).toMatchObject({ code: 1, stdout: expect.stringContaining('Schema Registry http://127.0.0.1:1: ') });
    const unset = await sandbox.run(['check', '--registry', '--json'], { env: { URL: '' } });
    expect(unset.code).toBe(2);
    expect(JSON.parse(unset.stdout).findings).toMatchObject([{ path: 'registry.url' }]);
  });
});
