import { type EmitKeyed, type JobContext, type Json, run } from '@kgen/runtime';
import { createJob, json, murmur2, topic } from '@kgen/runtime/codegen/v1';
import { memoryLog } from '@kgen/runtime/memory';
import { expect, test } from 'vitest';

interface Context extends JobContext<Json> {
  readonly emit: { readonly out: EmitKeyed<Json, Json> };
}

test('JSON without a schema comes with all that the log knows of it, as keys and values; null is a value', async () => {
  const anything = { key: json, value: json, partitioner: murmur2 } as const;
  const events = topic({ ...anything, id: 'events', names: ['events'] });
  const out = topic({ ...anything, id: 'out', names: ['out'] });
  const job = createJob<{ key: Json; handlers: object }>(
    {
      name: 'any',
      key: json,
      inputs: { events: { topic: events, as: 'stream', outOfOrderness: 0 } },
      outputs: { out },
      state: {},
      guarantee: 'exactly-once',
      checkpointInterval: 1,
    },
    {
      events(event: Json, ctx: Context) {
        const { topic, partition, offset, logTimestamp, headers } = ctx.record;
        const source = headers.map(([name, value]) => [name, value === null ? null : Buffer.from(value).toString()]);
        ctx.emit.out(ctx.key, { event, topic, partition, offset, time: logTimestamp, source });
      },
    },
  );
  const log = memoryLog({ topics: { events: 1, out: 1 } });
  const headers = [['from', Buffer.from('web')]] as const;
  log.produce([
    events.serialize({ user: 1 }, { big: 2n ** 60n, list: [1, null] }, { timestamp: 5n, headers }),
    events.serialize('k', null, { timestamp: 6n }),
  ]);
  await run(job, { log, until: 'latest', logger: false });
  const seen = [...log.records('out')].map((record) => out.deserialize(record));
  expect(seen).toMatchObject([
    {
      key: { user: 1 },
      value: {
        event: { big: 2n ** 60n, list: [1, null] },
        topic: 'events',
        partition: 0,
        offset: 0,
        time: 5,
        source: [['from', 'web']],
      },
    },
    { key: 'k', value: { event: null, offset: 1, source: [] } },
  ]);
  expect(Buffer.from([...log.records('events')][1]?.value ?? []).toString()).toBe('null');
});
