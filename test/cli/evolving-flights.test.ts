import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type AnyTopic, type Job, run } from '@kgen/runtime';
import { memoryLog } from '@kgen/runtime/memory';
import { registryClient, schemaRegistry } from '@kgen/runtime/registry';
import avsc from 'avsc';
import { expect, test } from 'vitest';
import { describeRegistry } from '../support/registry/server.ts';
import { install, Sandbox } from './harness.ts';

const ROOT = join(import.meta.dirname, '../..');

/** `fixtures/evolution`: a field more, with a default, and a wider one; then a new name, with the old one as alias. */
const versions = [1, 2, 3].map((n) => readFileSync(join(ROOT, `fixtures/evolution/flight-${n}.avsc`), 'utf8'));
const values = [
  { origin: 'SEA', delay: 12 },
  { origin: 'SEA', delay: 7.5, cause: 'WEATHER' },
  { departure: 'SEA', delay: -3, cause: null },
];

/** What stands in the page between two lines of three backticks, where it begins so. */
function shown(beginning: string): string {
  const page = readFileSync(join(ROOT, 'docs/registry.md'), 'utf8');
  return (
    [...page.matchAll(/```\w+\n([^`]*)```/g)]
      .map(([, text]) => text ?? '')
      .find((text) => text.startsWith(beginning)) ?? ''
  );
}

await describeRegistry('flights, which evolve', (url) => {
  const client = registryClient({ url });

  test('through three versions: a job reads all that lie in the topic, and a fourth that it never saw', async () => {
    const subject = `flights-${randomUUID()}-value`;
    const ids: number[] = [];
    const sandbox = new Sandbox();
    sandbox.put(
      'kgen.config.mjs',
      `export default {
        out: 'src/generated',
        registry: { url: '${url}', subjects: ['${subject}'] },
        topics: { flights: { key: 'utf8', value: { format: 'confluent', subject: '${subject}' } } },
        jobs: { 'flight-log': { inputs: { flights: {} } } },
      };`,
    );
    const told: string[] = [];
    for (const schema of versions) {
      ids.push(await client.register(subject, { schema }));
      expect(await sandbox.run(['pull'])).toMatchObject({ code: 0 });
      const { code, stdout } = await sandbox.run(['generate']);
      expect(code).toBe(0);
      told.push(...stdout.split('\n').filter((line) => /^[~+-] us\.bts\.Flight/.test(line)));
    }
    // The page shows what was told, and what became of the type.
    expect(shown('~ us.bts.Flight').trim().split('\n')).toEqual(told.filter((line) => line.startsWith('~')));
    const type = sandbox.get('src/generated/types/us/bts/flight.ts');
    expect(type).toContain(shown('export interface Flight').trim());

    install(sandbox, '@kgen/runtime');
    const { flights } = (await import(sandbox.path('src/generated/topics.ts'))) as { readonly flights: AnyTopic };
    const { flightLog } = (await import(sandbox.path('src/generated/jobs/flight-log.ts'))) as {
      readonly flightLog: (handlers: object) => Job;
    };
    // A producer is ahead.
    const fourth = JSON.parse(versions[2] ?? '');
    fourth.fields.unshift({ name: 'carrier', type: 'string', default: '' });
    ids.push(await client.register(subject, { schema: JSON.stringify(fourth) }));
    const schemas = [...versions.map((text) => JSON.parse(text)), fourth];
    const written = [...values, { carrier: 'AS', ...values[2] }];
    const [topic = ''] = flights.names;
    const log = memoryLog({ topics: { [topic]: 2 } });
    log.produce(
      Array.from({ length: 40 }, (_, i) => {
        const n = i % 4;
        const header = Buffer.alloc(5);
        header.writeUInt32BE(ids[n] ?? 0, 1);
        const body = avsc.Type.forSchema(schemas[n]).toBuffer(written[n]);
        return { topic, key: Buffer.from(`k${i}`), value: Buffer.concat([header, body]) };
      }),
    );
    const seen: unknown[] = [];
    const job = flightLog({ flights: (flight: unknown) => void seen.push(flight) });
    const { metrics } = await run(job, { log, until: 'latest', logger: false, registry: schemaRegistry({ url }) });
    expect(metrics).toMatchObject({ records: 40, schemasFetched: 1 });
    const expected = [
      { departure: 'SEA', delay: 12, cause: null },
      { departure: 'SEA', delay: 7.5, cause: 'WEATHER' },
      { departure: 'SEA', delay: -3, cause: null },
    ];
    const counts = expected.map(
      (flight) => seen.filter((each) => JSON.stringify(each) === JSON.stringify(flight)).length,
    );
    expect(counts).toEqual([10, 10, 20]);
  });
});
