import { randomUUID } from 'node:crypto';
import { registryClient } from '@kgen/runtime/registry';
import { expect, test } from 'vitest';
import { describeRegistry } from '../support/registry/server.ts';

const record = (...fields: readonly object[]): string =>
  JSON.stringify({ type: 'record', name: 'Order', namespace: 'shop', fields });
const id = { name: 'id', type: 'long' };

await describeRegistry('the client of a registry', (url) => {
  const client = registryClient({ url });
  const subject = (): string => `orders-${randomUUID()}-value`;

  test('registers, and finds what is registered', async () => {
    const name = subject();
    const one = await client.register(name, { schema: record(id) });
    const two = await client.register(name, { schema: record(id, { name: 'note', type: 'string', default: '' }) });
    expect(two).not.toBe(one);
    expect(await client.register(name, { schema: record(id) })).toBe(one);
    expect(await client.subjects()).toContain(name);
    expect(await client.versions(name)).toEqual([1, 2]);
    expect(await client.version(name, 1)).toMatchObject({ subject: name, version: 1, id: one, references: [] });
    expect(await client.version(name, 'latest')).toMatchObject({ version: 2, id: two, schemaType: 'AVRO' });
    expect(JSON.parse((await client.schema(one))?.schema ?? '')).toEqual(JSON.parse(record(id)));
    expect(await client.usages(one)).toContainEqual({ subject: name, version: 1 });
    expect(await client.lookup(name, { schema: record(id) })).toMatchObject({ version: 1, id: one });
  });

  test('what is not there is undefined', async () => {
    const name = subject();
    expect(await client.versions(name)).toBeUndefined();
    expect(await client.version(name, 'latest')).toBeUndefined();
    expect(await client.schema(1_999_999_999)).toBeUndefined();
    await client.register(name, { schema: record(id) });
    expect(await client.version(name, 7)).toBeUndefined();
    expect(await client.lookup(name, { schema: record({ ...id, name: 'other' }) })).toBeUndefined();
  });

  test('references', async () => {
    const [money, order] = [subject(), subject()];
    await client.register(money, { schema: '{"type":"fixed","name":"Money","namespace":"shop","size":8}' });
    const references = [{ name: 'shop.Money', subject: money, version: 1 }];
    await client.register(order, { schema: record({ name: 'total', type: 'shop.Money' }), references });
    expect(await client.version(order, 1)).toMatchObject({ references });
  });

  test('compatibility', async () => {
    const name = subject();
    await client.register(name, { schema: record(id) });
    expect(await client.compatibility(name)).toBe('NONE');
    await fetch(`${url}/config/${name}`, { method: 'PUT', headers: JSON_BODY, body: '{"compatibility":"BACKWARD"}' });
    expect(await client.compatibility(name)).toBe('BACKWARD');
    const wider = { schema: record(id, { name: 'note', type: 'string', default: '' }) };
    expect(await client.isCompatible(name, 'latest', wider)).toMatchObject({ compatible: true });
    const broken = { schema: record({ ...id, type: 'string' }) };
    expect(await client.isCompatible(name, 'all', broken)).toMatchObject({ compatible: false });
  });

  test('deleted versions show only where they are asked for', async () => {
    const name = subject();
    await client.register(name, { schema: record(id) });
    await client.register(name, { schema: record({ ...id, name: 'other' }) });
    await fetch(`${url}/subjects/${name}/versions/1`, { method: 'DELETE' });
    expect(await client.versions(name)).toEqual([2]);
    expect(await client.versions(name, { deleted: true })).toEqual([1, 2]);
  });

  test('names that need encoding', async () => {
    for (const odd of ['a/b', ':.ctx:s', 'ü ?#%', '...']) {
      const name = `${odd}-${subject()}`;
      await client.register(name, { schema: record(id) });
      expect(await client.version(name, 1)).toMatchObject({ subject: name });
    }
    await expect(client.versions('..')).rejects.toMatchObject({ code: 'REGISTRY', kind: 'invalid' });
  });

  test('an invalid schema is refused, with the reason', async () => {
    const refused = client.register(subject(), { schema: '{"type":"recor"}' });
    await expect(refused).rejects.toMatchObject({ code: 'REGISTRY', kind: 'invalid', status: 422 });
  });
});

const JSON_BODY = { 'content-type': 'application/json' };
