// How many records a second go through the loop: fetch, decode, handler, state, emit, checkpoint, over the embedded log.
// npx node --conditions=kgen-source bench/job-loop.ts [records] [rounds]
import {
  type EmitValue,
  type Format,
  type JobContext,
  type Reader,
  run,
  type ValueState,
  type Writer,
} from '@kgen/runtime';
import { createJob, murmur2, topic, utf8 } from '@kgen/runtime/codegen/v1';
import { memoryLog } from '@kgen/runtime/memory';
import { Count } from '../test/task/codecs.ts';

const records = Number(process.argv[2] ?? 1_000_000);
const rounds = Number(process.argv[3] ?? 3);
const keys = 10_000;

interface Event {
  readonly user: string;
  readonly amount: number;
}

const event: Format<Event> = {
  name: 'event',
  read(reader: Reader): Event {
    const start = reader.position;
    reader.position = reader.end;
    return {
      user: reader.bytes.toString('latin1', start + 8, start + 16),
      amount: reader.view.getFloat64(start, true),
    };
  },
  write(writer: Writer, value: Event) {
    writer.ensure(100);
    writer.view.setFloat64(writer.position, value.amount, true);
    writer.bytes.write(value.user.padEnd(92), writer.position + 8, 'latin1');
    writer.position += 100;
  },
};

const events = topic({
  id: 'events',
  names: ['events'],
  key: utf8,
  value: event,
  keyFrom: (e: Event) => e.user,
  partitioner: murmur2,
});
const counts = topic({
  id: 'counts',
  names: ['counts'],
  key: utf8,
  value: { name: 'count', read: Count.read, write: Count.write },
  partitioner: murmur2,
});

interface Context extends JobContext<string> {
  readonly state: { readonly total: ValueState<Count> };
  readonly emit: { readonly counts: (key: string, value: Count) => void; readonly events: EmitValue<Event> };
}

const declaration = {
  key: utf8,
  inputs: { events: { topic: events, as: 'stream', outOfOrderness: 0 } },
  outputs: { counts },
  state: { total: { kind: 'value', value: Count } },
  guarantee: 'exactly-once',
  checkpointInterval: 1000,
} as const;

const jobs = {
  'read only': createJob({ ...declaration, name: 'read', state: {} }, { events() {} }),
  map: createJob<{ key: string; handlers: object }>(
    { ...declaration, name: 'map', state: {} },
    { events: (value: Event, ctx: Context) => ctx.emit.counts(ctx.key, { count: 1, sum: value.amount }) },
  ),
  'count by key': createJob<{ key: string; handlers: object }>(
    { ...declaration, name: 'count' },
    {
      events(value: Event, ctx: Context) {
        const { total } = ctx.state;
        const before = total.get();
        const after = { count: (before?.count ?? 0) + 1, sum: (before?.sum ?? 0) + value.amount };
        total.set(after);
        ctx.emit.counts(ctx.key, after);
      },
    },
  ),
};

function* input(): Generator<ReturnType<typeof events.serialize>> {
  for (let i = 0; i < records; i++) yield events.serializeValue({ user: `user${(i * 7919) % keys}`, amount: i });
}

for (const [name, job] of Object.entries(jobs)) {
  const rates: number[] = [];
  let cpu = 0;
  for (let round = 0; round < rounds; round++) {
    const log = memoryLog({ topics: { events: 8, counts: 8 } });
    log.produce(input());
    const before = process.cpuUsage();
    const { duration, metrics } = await run(job, { log, until: 'latest', logger: false });
    const used = process.cpuUsage(before);
    cpu = (used.user + used.system) / metrics.records;
    rates.push((metrics.records / duration) * 1000);
  }
  rates.sort((a, b) => a - b);
  const median = rates[rates.length >> 1] ?? 0;
  console.log(`${name.padEnd(14)} ${Math.round(median / 1000)}k records/s, ${cpu.toFixed(2)} CPU s per million`);
}
