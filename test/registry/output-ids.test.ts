import { randomUUID } from 'node:crypto';
import { confluentSchemaId, type JobRegistryOptions, run } from '@kgen/runtime';
import { memoryLog } from '@kgen/runtime/memory';
import { type RegistryClient, registryClient, schemaRegistry } from '@kgen/runtime/registry';
import { expect, test } from 'vitest';
import { freePorts } from '../support/process-server.ts';
import { describeRegistry } from '../support/registry/server.ts';
import { type Known, Order, orderJob, orderTopics } from './order-job.ts';

const NOWHERE = 'https://staging.example';

await describeRegistry('ids of outputs', (url) => {
  const client: RegistryClient = registryClient({ url });
  const subject = (): string => `copies-${randomUUID()}-value`;

  /** The id of what the job writes. */
  async function writtenId(
    copies: Known,
    {
      topics: names = {},
      ...registry
    }: Partial<JobRegistryOptions> & { readonly topics?: { readonly copies?: string } } = {},
  ): Promise<number | undefined> {
    const topics = orderTopics({ orders: { id: 1 }, customers: { id: 2 }, copies });
    const name = names.copies ?? 'copies';
    const log = memoryLog({ topics: { orders: 1, customers: 1, [name]: 1 } });
    log.produce([topics.orders.serializeValue({ id: 1, note: 'x' })]);
    const job = orderJob(topics, (value, ctx) => ctx.emit.copies(value));
    const { url: given } = registry;
    const options = given === undefined ? {} : { registry: schemaRegistry({ ...registry, url: given }) };
    await run(job, { log, until: 'latest', logger: false, topics: names, restart: { strategy: 'none' }, ...options });
    const [record] = log.records(name);
    return confluentSchemaId(record?.value ?? new Uint8Array());
  }

  test('are those that were pulled, where the registry is the same: it may be down', async () => {
    const [port] = await freePorts(1);
    const down = `http://127.0.0.1:${port}`;
    const registry = { urls: [down], subjects: [['copies-value']] };
    expect(await writtenId({ id: 9, registry }, { url: [`${down}/`], retries: 0 })).toBe(9);
    expect(await writtenId({ id: 9, registry })).toBe(9);
  });

  test('are looked up elsewhere, by what the schema means', async () => {
    const name = subject();
    const documented = { ...JSON.parse(Order.schema), doc: 'An order.' };
    const id = await client.register(name, { schema: JSON.stringify(documented, undefined, 2) });
    await client.register(name, { schema: '"string"' }).catch(() => undefined);
    const registry = { urls: [NOWHERE], subjects: [[name]] };
    expect(await writtenId({ id: id + 1000, registry }, { url })).toBe(id);
    expect(await writtenId({ registry }, { url })).toBe(id);
  });

  test('are those of the subject that is named after the topic in this environment', async () => {
    const environment = randomUUID();
    const copies = `${environment}.copies`;
    const id = await client.register(`${copies}-value`, { schema: Order.schema });
    const registered = { urls: [NOWHERE], subjects: [['copies-value']] };
    const options = { url, topics: { copies } };
    expect(await writtenId({ id: 9, registry: { ...registered, namedAfterTopic: true } }, options)).toBe(id);
    // A subject that the config names is what it is.
    const exact = writtenId({ id: 9, registry: { ...registered, subjects: [[`${environment}-value`]] } }, options);
    await expect(exact).rejects.toThrow(`subject ${environment}-value the schema`);
  });

  test('that are not registered', async () => {
    const name = subject();
    const registry = { urls: [NOWHERE], subjects: [[name]] };
    const failed = writtenId({ id: 9, registry }, { url });
    await expect(failed).rejects.toMatchObject({ code: 'JOB_REGISTRY_FAILED' });
    await expect(failed).rejects.toThrow(`does not have in subject ${name} the schema that is written here`);
    expect(await client.versions(name)).toBeUndefined();
    const id = await writtenId({ id: 9, registry }, { url, autoRegister: true });
    expect(await client.version(name, 'latest')).toMatchObject({ id });
    expect(await writtenId({ id: 9, registry }, { url })).toBe(id);
  });
});
