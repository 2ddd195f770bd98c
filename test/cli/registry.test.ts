import { randomUUID } from 'node:crypto';
import { Reader } from '@kgen/runtime';
import { type RegistryClient, registryClient } from '@kgen/runtime/registry';
import { expect, test } from 'vitest';
import { describeRegistry } from '../support/registry/server.ts';
import { install, Sandbox } from './harness.ts';

const ID = { name: 'id', type: 'long' };
const NOTE = { name: 'note', type: 'string', default: '' };

function order(...fields: readonly object[]): { readonly schema: string } {
  return { schema: JSON.stringify({ type: 'record', name: 'Order', namespace: 'shop', fields }) };
}

interface Options {
  readonly topics: string;
  readonly registry?: string;
  readonly more?: string;
}

await describeRegistry('generating from what was pulled', (url) => {
  const client: RegistryClient = registryClient({ url });
  const unique = (name: string): string => `${name}-${randomUUID()}`;

  async function pulled(subjects: readonly string[], { topics, registry = '', more = '' }: Options): Promise<Sandbox> {
    const sandbox = new Sandbox();
    const project = (from: string): string =>
      `export default { out: 'generated', registry: { url: ${from}, subjects: ${JSON.stringify(subjects)}, ${registry} }, topics: { ${topics} }, ${more} };`;
    sandbox.put('kgen.config.mjs', project(`'${url}'`));
    expect(await sandbox.run(['pull'])).toMatchObject({ code: 0 });
    // Nobody is asked from here on.
    sandbox.put('kgen.config.mjs', project('undefined'));
    return sandbox;
  }

  test('a topic reads all versions, and writes the newest', async () => {
    const topic = unique('orders');
    const one = await client.register(`${topic}-value`, order(ID));
    const two = await client.register(`${topic}-value`, order(ID, NOTE));
    await client.register(`${topic}-key`, { schema: '"string"' });
    const sandbox = await pulled([`${topic}-value`, `${topic}-key`], {
      topics: `orders: { name: '${topic}', key: { format: 'confluent' }, value: { format: 'confluent' } }`,
    });
    expect(await sandbox.run(['generate'])).toMatchObject({ code: 0 });
    expect(await sandbox.run(['check'])).toMatchObject({ code: 0 });
    const topics = sandbox.get('generated/topics.ts');
    expect(topics).toContain(
      `confluent(() => Order, { id: ${two}, writers: ordersWriters, registry: ordersRegistry })`,
    );
    expect(topics).toMatch(
      /key: .*confluent\(\(\) => .*primitiveCodec\('string'\), \{ id: \d+, registry: ordersKeyRegistry \}\)/,
    );
    install(sandbox, '@kgen/runtime');
    const { orders } = await import(sandbox.path('generated/topics.ts'));
    const decode = (bytes: readonly number[]): unknown => orders.value.read(new Reader(Uint8Array.from(bytes)));
    // The registry is that of all tests: its ids take more than a byte in the end.
    const header = (id: number): readonly number[] => [0, id >>> 24, (id >> 16) & 255, (id >> 8) & 255, id & 255];
    expect(decode([...header(one), 14])).toEqual({ id: 7n, note: '' });
    expect(decode([...header(two), 14, 2, 0x78])).toEqual({ id: 7n, note: 'x' });
  });

  test('what is written never has the id of a deleted version, which is only read', async () => {
    const topic = unique('orders');
    const subject = `${topic}-value`;
    const id = await client.register(subject, order(ID));
    const sandbox = await pulled([subject], {
      topics: `orders: { name: '${topic}', value: { format: 'confluent' } }`,
    });
    const lock = JSON.parse(sandbox.get('kgen.lock.json'));
    const { versions } = lock.subjects[subject];
    // As the lockfile is where a subject was deleted, and made anew with its newest schema alone.
    versions.push({ ...versions[0], version: 2, id: id + 1000, deleted: true });
    sandbox.put('kgen.lock.json', lock);
    sandbox.put(`kgen/registry/${subject}/2.avsc`, sandbox.get(`kgen/registry/${subject}/1.avsc`));
    expect(await sandbox.run(['generate'])).toMatchObject({ code: 0 });
    expect(sandbox.get('generated/topics.ts')).toContain(`confluent(() => Order, { id: ${id}, writers: ordersWriters`);
    versions[0].deleted = true;
    sandbox.put('kgen.lock.json', lock);
    expect(await sandbox.run(['generate'])).toMatchObject({ code: 0 });
    expect(sandbox.get('generated/topics.ts')).toContain('confluent(() => Order, { writers: ordersWriters');
  });

  test("several types in a topic: a union of references, or subjects by the record's name", async () => {
    const [topic, a, b] = [unique('events'), unique('shop.a'), unique('shop.b')];
    const record = (name: string): string =>
      JSON.stringify({ type: 'record', name, namespace: 'shop', fields: [{ name: 'id', type: 'long' }] });
    await client.register(a, { schema: record('Opened') });
    await client.register(b, { schema: record('Closed') });
    const references = [
      { name: 'shop.Opened', subject: a, version: 1 },
      { name: 'shop.Closed', subject: b, version: 1 },
    ];
    await client.register(`${topic}-value`, { schema: '["shop.Opened", "shop.Closed"]', references });
    const sandbox = await pulled([`${topic}-value`], {
      topics: `events: { name: '${topic}', value: { format: 'confluent' } }`,
    });
    const generated = await sandbox.run(['generate']);
    expect(generated).toMatchObject({ code: 0 });
    expect(sandbox.get('generated/topics.ts')).toContain("{ branch: 'Opened'; value: Opened }");

    const byRecord = await pulled([a, b], {
      registry: `subjectNames: ({ type }) => type === 'shop.Opened' ? '${a}' : '${b}'`,
      topics: `events: { value: { type: ['shop.Opened', 'shop.Closed'], format: 'confluent' } }`,
    });
    expect(await byRecord.run(['generate'])).toMatchObject({ code: 0 });
    expect(byRecord.get('generated/topics.ts')).toMatch(/branch: 'Opened', codec: \(\) => Opened, id: \d+/);
  });

  test("the project's own definition of a type counts; what is registered is read as it", async () => {
    const topic = unique('orders');
    await client.register(`${topic}-value`, order(ID, NOTE));
    const body = {
      topics: `orders: { name: '${topic}', value: { type: 'shop.Order', format: 'confluent' } }`,
      more: `schemas: ['schemas/*.avsc'], jobs: { copy: { inputs: { orders: {} }, outputs: ['orders'] } }`,
    };
    const sandbox = await pulled([`${topic}-value`], body);
    sandbox.put('schemas/order.avsc', order(ID, NOTE, { name: 'total', type: 'double', default: 0 }).schema);
    const { code, stdout } = await sandbox.run(['generate']);
    expect(code).toBe(1);
    expect(stdout).toContain(
      `jobs.copy.outputs[0]\n  topic 'orders' cannot be written: shop.Order is not registered in subject ${topic}-value as it is here`,
    );
    sandbox.put('kgen.config.mjs', sandbox.get('kgen.config.mjs').replace(", outputs: ['orders']", ''));
    expect(await sandbox.run(['generate'])).toMatchObject({ code: 0 });
    expect(sandbox.get('generated/types/shop/order.ts')).toContain('total: number;');
    expect(sandbox.get('generated/topics.ts')).toContain(
      'confluent(() => Order, { writers: ordersWriters, registry: ordersRegistry })',
    );
  });

  test('an older version that cannot be read is told, and does not stop anybody', async () => {
    const topic = unique('orders');
    const one = await client.register(`${topic}-value`, order({ ...ID, type: 'string' }));
    await client.register(`${topic}-value`, order(ID));
    const sandbox = await pulled([`${topic}-value`], {
      topics: `orders: { name: '${topic}', value: { format: 'confluent' } }`,
    });
    const { code, stdout } = await sandbox.run(['generate']);
    expect(code).toBe(0);
    expect(stdout).toContain(
      `Records of topic ${topic} with an older schema fail: kgen/registry/${topic}-value/1.avsc (id ${one}): `,
    );
  });

  test('what is missing, or was changed by hand', async () => {
    const topic = unique('orders');
    await client.register(`${topic}-value`, order(ID));
    const topics = `orders: { name: '${topic}', value: { format: 'confluent' } }`;
    const sandbox = await pulled([`${topic}-value`], { topics });
    const findings = async (): Promise<string> => {
      const { code, stdout } = await sandbox.run(['generate']);
      expect(code).toBe(1);
      expect(Object.keys(sandbox.snapshot())).not.toContain('generated/topics.ts');
      return stdout;
    };
    const file = `kgen/registry/${topic}-value/1.avsc`;
    const text = sandbox.get(file);
    sandbox.put(file, text.replace('long', 'int'));
    expect(await findings()).toContain(`${file}\n  it is not the schema that kgen.lock.json has the hash of`);
    sandbox.put(file, '{');
    expect(await findings()).toContain(`${file}\n  it is no valid schema`);
    sandbox.put(file, text);
    const lock = sandbox.get('kgen.lock.json');
    sandbox.put('kgen.lock.json', lock.replace('"version": 1,', '"version": 2,'));
    expect(await findings()).toContain(`version 2 of subject ${topic}-value cannot be read`);
    sandbox.put('kgen.lock.json', lock);
    const config = sandbox.get('kgen.config.mjs');
    sandbox.put('kgen.config.mjs', config.replace(`["${topic}-value"]`, `["${topic}-value", "other"]`));
    expect(await findings()).toContain('subject other is not in kgen.lock.json\n  → Run `kgen pull`');
    sandbox.put('kgen.config.mjs', config.replace(topics, topics.replace(topic, 'others')));
    expect(await findings()).toContain('subject others-value was not pulled');
    sandbox.put('kgen.config.mjs', config);
    expect(await sandbox.run(['generate'])).toMatchObject({ code: 0 });
  });
});

test('a registry that was never pulled', async () => {
  const sandbox = new Sandbox();
  sandbox.put('kgen.config.mjs', "export default { out: 'generated', registry: { subjects: ['a'] } };");
  const { code, stdout } = await sandbox.run(['generate']);
  expect(code).toBe(1);
  expect(stdout).toContain('there is no kgen.lock.json\n  → Run `kgen pull`, and commit what it writes');
});
