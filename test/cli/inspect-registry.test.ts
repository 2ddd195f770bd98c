import { randomUUID } from 'node:crypto';
import { type RegistryClient, registryClient } from '@kgen/runtime/registry';
import { expect, test } from 'vitest';
import { describeRegistry } from '../support/registry/server.ts';
import { Sandbox } from './harness.ts';

const ID = { name: 'id', type: 'int' };
const NOTE = { name: 'note', type: 'string', default: '-' };

function order(...fields: readonly object[]): { readonly schema: string } {
  return { schema: JSON.stringify({ type: 'record', name: 'Order', namespace: 'shop', fields }) };
}

/** A Confluent message, in hexadecimal. */
function message(id: number, hex: string): string {
  return `00${id.toString(16).padStart(8, '0')}${hex}`;
}

await describeRegistry('kgen inspect --format confluent', (url) => {
  const client: RegistryClient = registryClient({ url });

  interface Pulled {
    readonly sandbox: Sandbox;
    readonly subject: string;
    readonly ids: readonly number[];
  }

  async function pulled(...versions: readonly { readonly schema: string }[]): Promise<Pulled> {
    const subject = `orders-${randomUUID()}-value`;
    const ids: number[] = [];
    for (const version of versions) ids.push(await client.register(subject, version));
    const sandbox = new Sandbox();
    sandbox.put(
      'kgen.config.mjs',
      `export default { schemas: ['schemas/*.avsc'], out: 'generated', registry: { url: process.env['URL'] ?? '${url}', subjects: ['${subject}'], retries: 0 } };`,
    );
    sandbox.put('schemas/other.avsc', '{"type":"fixed","name":"shop.Other","size":1}');
    expect(await sandbox.run(['pull'])).toMatchObject({ code: 0 });
    return { sandbox, subject, ids };
  }

  const inspect = (sandbox: Sandbox, hex: string, ...more: readonly string[]): ReturnType<Sandbox['run']> => {
    // Nobody is asked for what was pulled.
    return sandbox.run(['inspect', '--format', 'confluent', '--hex', hex, ...more], {
      env: { URL: '' },
    });
  };

  test('names who wrote a message, and resolves it to the present type', async () => {
    const { sandbox, subject, ids } = await pulled(order(ID), order({ ...ID, type: 'long' }, NOTE));
    const [one = 0, two = 0] = ids;
    const { code, stdout, stderr } = await inspect(sandbox, message(one, '0e') + message(two, '0e0278'));
    expect(stdout).toBe('{\n  "id": 7,\n  "note": "-"\n}\n{\n  "id": 7,\n  "note": "x"\n}\n');
    expect(stderr).toBe(
      `shop.Order, ${subject} version 1 (id ${one}), bytes 0 to 6\nshop.Order, ${subject} version 2 (id ${two}), bytes 6 to 14\n`,
    );
    expect(code).toBe(0);
    const { messages } = JSON.parse((await inspect(sandbox, message(one, '0e'), '--json')).stdout);
    expect(messages).toMatchObject([
      { writer: { id: one, places: [{ subject, version: 1 }] }, value: { id: 7, note: '-' } },
    ]);
  });

  test('to the type of a schema that is named; also where that cannot read it', async () => {
    const { sandbox, ids } = await pulled(order(ID));
    const [id = 0] = ids;
    sandbox.put('wide.avsc', order(ID, { name: 'more', type: 'boolean', default: true }).schema);
    const wide = await inspect(sandbox, message(id, '0e'), '--schema', 'wide.avsc');
    expect(wide).toMatchObject({ code: 0, stdout: '{\n  "id": 7,\n  "more": true\n}\n' });
    sandbox.put('wide.avsc', order(ID, { name: 'more', type: 'boolean' }).schema);
    const { code, stdout } = await inspect(sandbox, message(id, '0e'), '--schema', 'wide.avsc');
    expect(code).toBe(1);
    expect(stdout).toContain('{\n  "id": 7\n}\n');
    expect(stdout).toContain('it cannot be read as shop.Order: the field "more" is not in the writer');
  });

  test('what was pulled of another registry does not count: its ids mean other schemas', async () => {
    const { sandbox, subject, ids } = await pulled(order(ID), order(NOTE));
    const [one = 0, two = 0] = ids;
    const lock = JSON.parse(sandbox.get('kgen.lock.json'));
    const [first, second] = lock.subjects[subject].versions;
    [first.id, second.id] = [two, one];
    sandbox.put('kgen.lock.json', { ...lock, registry: ['https://staging.example'] });
    const { stdout } = await sandbox.run(['inspect', '--format', 'confluent', '--hex', message(one, '0e'), '--json']);
    const { messages } = JSON.parse(stdout);
    expect(messages).toMatchObject([{ writer: { id: one } }]);
    expect(messages[0].writer.places).toContainEqual({ subject, version: 1 });
    expect(messages[0].writer.places).not.toContainEqual({ subject, version: 2 });
  });

  test('a producer that is ahead: the registry is asked', async () => {
    const { sandbox, subject } = await pulled(order(ID));
    const money = { name: 'shop.Money', subject: `money-${randomUUID()}`, version: 1 };
    await client.register(money.subject, { schema: '{"type":"record","name":"Money","namespace":"shop","fields":[]}' });
    const total = { name: 'total', type: 'shop.Money' };
    const ahead = await client.register(subject, { ...order(ID, NOTE, total), references: [money] });
    const args = ['inspect', '--format', 'confluent', '--hex', message(ahead, '0e0278')];
    const { code, stdout, stderr } = await sandbox.run(args);
    expect(stdout).toBe('{\n  "id": 7\n}\n');
    expect(stderr).toContain(`${subject} version 2 (id ${ahead})`);
    expect(code).toBe(0);
    const gone = await sandbox.run(args, { env: { URL: 'http://127.0.0.1:1' } });
    expect(gone.code).toBe(1);
    expect(gone.stdout).toContain(`schema id ${ahead} was not pulled, and Schema Registry http://127.0.0.1:1: `);
  });

  test('ids that no registry has, and bytes that are not the schema of theirs', async () => {
    const { sandbox, ids } = await pulled(order(ID));
    const [id = 0] = ids;
    const unknown = await sandbox.run(['inspect', '-f', 'confluent', '--hex', message(1_999_999_999, '0e')]);
    expect(unknown).toMatchObject({ code: 1, stdout: expect.stringContaining('no schema of id 1999999999') });
    expect(await inspect(sandbox, message(id, ''))).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('shop.Order.id\n  byte 5: the bytes end inside a value'),
    });
    expect(await inspect(sandbox, '01')).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('starts with a 0 byte'),
    });
    expect(await inspect(sandbox, message(id, '0e'), '--type', 'Nothing')).toMatchObject({ code: 2 });
    sandbox.put('kgen.lock.json', '{');
    expect(await inspect(sandbox, message(id, '0e'))).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('it is not JSON'),
    });
  });
});
