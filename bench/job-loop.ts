// How many records a second go through the loop: fetch, decode, handler, state, emit, checkpoint, over the embedded log.
import {
  type EmitValue,
  type Format,
  type Job,
  type JobContext,
  type Reader,
  run,
  type Table,
  type ValueState,
  type Writer,
} from '@kgen/runtime';
import { createJob, murmur2, topic, utf8 } from '@kgen/runtime/codegen/v1';
import { memoryLog } from '@kgen/runtime/memory';
import { Count } from '../test/task/codecs.ts';
import { median } from './harness.ts';

const RECORDS = 500_000;
const ROUNDS = 5;
const KEYS = 10_000;
const PARTITIONS = 8;

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

const rows = topic({ ...counts, id: 'rows', names: ['rows'] });

interface Context extends JobContext<string> {
  readonly state: { readonly total: ValueState<Count> };
  readonly tables: { readonly rows: Table<string, Count> };
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

function count(value: Event, ctx: Context): void {
  const { total } = ctx.state;
  const before = total.get();
  const after = { count: (before?.count ?? 0) + 1, sum: (before?.sum ?? 0) + value.amount };
  total.set(after);
  ctx.emit.counts(ctx.key, after);
}

const stateless = { ...declaration, state: {} };
const joined = { ...stateless.inputs, rows: { topic: rows, as: 'table', outOfOrderness: 0 } } as const;

const jobs: Readonly<Record<string, Job>> = {
  'read only': createJob({ ...stateless, name: 'read' }, { events() {} }),
  map: createJob<{ key: string; handlers: object }>(
    { ...stateless, name: 'map' },
    { events: (value: Event, ctx: Context) => ctx.emit.counts(ctx.key, { count: 1, sum: value.amount }) },
  ),
  'join with a table': createJob<{ key: string; handlers: object }>(
    { ...stateless, name: 'join', inputs: joined },
    {
      events(value: Event, ctx: Context) {
        ctx.emit.counts(ctx.key, { count: ctx.tables.rows.get()?.count ?? 0, sum: value.amount });
      },
    },
  ),
  'count by key': createJob<{ key: string; handlers: object }>({ ...declaration, name: 'count' }, { events: count }),
  'count by key, async': createJob<{ key: string; handlers: object }>(
    { ...declaration, name: 'count' },
    {
      async events(value: Event, ctx: Context) {
        await null;
        count(value, ctx);
      },
    },
  ),
};

export interface JobLoopResult {
  readonly job: string;
  readonly recordsPerSecond: number;
  /** User and system time, all threads. */
  readonly cpuSecondsPerMillion: number;
}

export const jobNames: readonly string[] = Object.keys(jobs);

/** Each is best measured in a process of its own, as jobs run: code that many jobs share is compiled for all of them. */
export async function benchJob(name: string): Promise<JobLoopResult> {
  const job = jobs[name];
  if (job === undefined) throw new Error(`no job ${name}`);
  const table = Array.from({ length: KEYS }, (_, i) => rows.serialize(`user${i}`, { count: i, sum: i }));
  const rates: number[] = [];
  const cpu: number[] = [];
  // The first round warms up.
  for (let round = 0; round <= ROUNDS; round++) {
    const log = memoryLog({ topics: { events: PARTITIONS, counts: PARTITIONS, rows: PARTITIONS } });
    log.produce(table);
    log.produce(input());
    const before = process.cpuUsage();
    const { duration, metrics } = await run(job, { log, until: 'latest', logger: false });
    const { user, system } = process.cpuUsage(before);
    if (round === 0) continue;
    rates.push((metrics.records / duration) * 1000);
    cpu.push((user + system) / metrics.records);
  }
  return {
    job: name,
    recordsPerSecond: Math.round(median(rates)),
    cpuSecondsPerMillion: Number(median(cpu).toFixed(2)),
  };
}

function* input(): Generator<ReturnType<typeof events.serialize>> {
  for (let i = 0; i < RECORDS; i++) yield events.serializeValue({ user: `user${(i * 7919) % KEYS}`, amount: i });
}

export function jobLoopTitle(): string {
  return `Jobs on the embedded log, ${PARTITIONS} partitions, records of 100 bytes, Node ${process.versions.node}, ${process.arch}`;
}

export function printJobLoop(results: readonly JobLoopResult[]): string {
  const lines = results.map(({ job, recordsPerSecond, cpuSecondsPerMillion }) => {
    const rate = `${Math.round(recordsPerSecond / 1000)}k`;
    return `${job.padEnd(22)}${rate.padStart(10)}${cpuSecondsPerMillion.toFixed(2).padStart(22)}`;
  });
  return [`${'job'.padEnd(22)}${'records/s'.padStart(10)}${'CPU s per million'.padStart(22)}`, ...lines].join('\n');
}
