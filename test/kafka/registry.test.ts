import { type KafkaLog, kafkaLog } from '@kgen/runtime/kafka';
import { registryClient } from '@kgen/runtime/registry';
import avsc from 'avsc';
import { afterAll, expect, test } from 'vitest';
import { install, Sandbox } from '../cli/harness.ts';
import { KgenRun } from '../run/project.ts';
import { describeKafka } from '../support/kafka/describe-kafka.ts';
import { java } from '../support/kafka/java.ts';
import { unique } from '../support/kafka/requests.ts';
import { describeRegistry } from '../support/registry/server.ts';
import { produceRecords } from './chaos/orders.ts';

const JOB = `
import { copyOrders } from '../generated/jobs/copy-orders.ts';
export default copyOrders({ orders: (order, ctx) => ctx.emit.copies(ctx.key, order) });
`;

const ID = { name: 'id', type: 'int' };
const NOTE = { name: 'note', type: 'string', default: '' };
const order = (...fields: readonly object[]): { type: 'record'; name: string; fields: object[] } => {
  return { type: 'record', name: 'shop.Order', fields: [...fields] };
};

await describeRegistry('kgen run with a registry', (url) =>
  describeKafka('on Kafka', (brokers) => {
    const log: KafkaLog = kafkaLog({ brokers });
    afterAll(() => log.close());

    test.each([1, 2])(
      'reads ids that came after the job was generated, and writes those of the registry (threads %i)',
      async (threads) => {
        const client = registryClient({ url });
        const [orders, copies] = [unique('orders'), unique('copies')];
        const known = await client.register(`${orders}-value`, { schema: JSON.stringify(order(ID)) });
        const own = await client.register(`${copies}-value`, { schema: JSON.stringify(order(ID)) });
        const project = new Sandbox({
          'package.json': { name: 'orders', type: 'module', private: true },
          'kgen.config.mjs': `export default {
          out: 'src/generated',
          registry: { url: '${url}', subjects: ['${orders}-value', '${copies}-value'] },
          topics: {
            orders: { name: '${orders}', key: 'utf8', value: { format: 'confluent' } },
            copies: { name: '${copies}', key: 'utf8', value: { format: 'confluent' } },
          },
          jobs: { 'copy-orders': { inputs: { orders: {} }, outputs: ['copies'] } },
        };`,
          'src/jobs/copy-orders.ts': JOB,
        });
        install(project, '@kgen/runtime');
        for (const command of ['pull', 'generate']) expect(await project.run([command])).toMatchObject({ code: 0 });
        const newer = await client.register(`${orders}-value`, { schema: JSON.stringify(order(NOTE, ID)) });
        await log.createTopics([orders, copies].map((name) => ({ name, partitions: 2 })));
        const message = (id: number, schema: object, value: object): Buffer => {
          const header = Buffer.alloc(5);
          header.writeUInt32BE(id, 1);
          return Buffer.concat([header, avsc.Type.forSchema(schema as never).toBuffer(value)]);
        };
        const records = Array.from({ length: 20 }, (_, i) => ({
          topic: orders,
          key: Buffer.from(`k${i}`),
          value:
            i % 2 === 0 ? message(known, order(ID), { id: i }) : message(newer, order(NOTE, ID), { note: 'x', id: i }),
          timestamp: BigInt(Date.now()),
          headers: [],
        }));
        await produceRecords(log, { topic: orders, partitions: 2 }, records as never);
        const flags = [
          '--group',
          unique('copy-orders'),
          '--brokers',
          brokers.join(),
          '--until',
          'latest',
          '--threads',
          String(threads),
        ];
        const run = new KgenRun(project, ['copy-orders', ...flags]);
        expect(await run.ended, run.said).toBe(0);
        const fetched = run.lines.filter(({ msg }) => msg.startsWith('the schema of an unknown id was fetched'));
        expect(fetched.length, run.said).toBeGreaterThan(0);
        expect(fetched.length).toBeLessThanOrEqual(threads);
        expect(fetched[0]).toMatchObject({ id: newer, label: expect.stringContaining(`version 2 of ${orders}-value`) });
        const lines = await java('TopicReader', brokers.join(), copies, 'read_committed');
        const values = lines.map((line) => Buffer.from(JSON.parse(line).value, 'hex'));
        expect(new Set(values.map((value) => value.readUInt32BE(1)))).toEqual(new Set([own]));
        const ids = values.map(
          (value) => (avsc.Type.forSchema(order(ID) as never).fromBuffer(value.subarray(5)) as { id: number }).id,
        );
        expect(ids.sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, i) => i));
      },
    );

    test.each(['an earlier version', 'nothing'])(
      'registers what it writes, as people wrote it, where the config says so and the registry has %s',
      async (before) => {
        const client = registryClient({ url });
        const [orders, copies] = [unique('orders'), unique('copies')];
        await client.register(`${orders}-value`, { schema: JSON.stringify(order(ID)) });
        if (before !== 'nothing') await client.register(`${copies}-value`, { schema: JSON.stringify(order(ID)) });
        const written = {
          ...order({ ...NOTE, doc: 'What the customer "said".' }, ID),
          doc: 'An order,\nas it was made.',
        };
        const project = new Sandbox({
          'package.json': { name: 'orders', type: 'module', private: true },
          'schemas/order.avsc': JSON.stringify(written),
          'kgen.config.mjs': `export default {
          schemas: ['schemas/*.avsc'],
          out: 'src/generated',
          registry: { url: '${url}', subjects: [/^(${orders}|${copies})-value$/], autoRegister: true },
          topics: {
            orders: { name: '${orders}', key: 'utf8', value: { format: 'confluent', type: 'shop.Order' } },
            copies: { name: '${copies}', key: 'utf8', value: { format: 'confluent', type: 'shop.Order' } },
          },
          jobs: { 'copy-orders': { inputs: { orders: {} }, outputs: ['copies'] } },
        };`,
          'src/jobs/copy-orders.ts': JOB,
        });
        install(project, '@kgen/runtime');
        for (const command of ['pull', 'generate']) {
          const { code, stdout, stderr } = await project.run([command]);
          expect(code, `${stdout}${stderr}`).toBe(0);
          if (command === 'pull') continue;
          const said = `Subject ${copies}-value was not pulled: a job registers it`;
          expect(stdout.includes(said), stdout).toBe(before === 'nothing');
        }
        await log.createTopics([orders, copies].map((name) => ({ name, partitions: 1 })));
        const flags = ['--group', unique('copy-orders'), '--brokers', brokers.join(), '--until', 'latest'];
        const run = new KgenRun(project, ['copy-orders', ...flags]);
        expect(await run.ended, run.said).toBe(0);
        const { schema = '' } = (await client.version(`${copies}-value`, 'latest')) ?? {};
        expect(JSON.parse(schema)).toMatchObject({
          doc: 'An order,\nas it was made.',
          fields: [{ name: 'note', doc: 'What the customer "said".' }, { name: 'id' }],
        });
        expect(await project.run(['pull'])).toMatchObject({ code: 0 });
        const moved = await project.run(['pull', '--check']);
        expect(moved.code, moved.stdout).toBe(0);
        expect(await project.run(['register', `${copies}-value`, '--dry-run'])).toMatchObject({ code: 0 });
        expect(await project.run(['generate'])).toMatchObject({ code: 0 });
        const checked = await project.run(['check', '--registry']);
        expect(checked.code, checked.stdout).toBe(0);
      },
      60_000,
    );
  }),
);
