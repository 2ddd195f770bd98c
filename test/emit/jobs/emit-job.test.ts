import { describe, expect, it } from 'vitest';
import { emitJobs } from '../../../generator/emit/jobs/emit-job.ts';
import { jobNames } from '../../../generator/model/job-names.ts';
import type { InputModel, JobModel, TopicModel } from '../../../generator/model/model.ts';
import { airportDelays, jobOf, streamOf } from '../../skeleton/example.ts';
import { Airport, avro, Flight, flights, record, totals, typeModel, types } from './flights.ts';

function emit(job: JobModel): string {
  const [file] = emitJobs({ types, mapping: {}, jobs: [job] }, { source: 'kgen.config.ts', importExtension: '.ts' });
  return file?.text ?? '';
}

function withInput(input: InputModel): string {
  return emit({ ...jobOf(), inputs: [input] });
}

function withOutput(output: TopicModel): string {
  return emit({ ...jobOf('flights'), outputs: [output] });
}

describe('emitJob', () => {
  it('prints a page that people can read', async () => {
    await expect(emit(airportDelays)).toMatchFileSnapshot('golden/airport-delays.txt');
  });

  it('leaves out what a job does not have', () => {
    const text = emit(jobOf('flights'));
    expect(text).toContain('export interface AirportDelaysContext extends JobContext<string> {}\n');
    expect(text).not.toMatch(/State|Tables|Emit|projection/);
    expect(text).toContain('outputs: {},\n      state: {},\n');
  });

  it('has timers, and contexts for their handlers', () => {
    const text = emit({ ...airportDelays, timers: ['close', 'remind'] });
    expect(text).toContain(`  readonly onTimer: AirportDelaysTimerHandlers;
`);
    expect(text).toContain(`/** Handlers of the timers of \`airport-delays\`. */
export interface AirportDelaysTimerHandlers {
  readonly close: TimerHandler<'close', AirportDelaysTimerContext>;
  readonly remind: TimerHandler<'remind', AirportDelaysTimerContext>;
}

/** What handlers of timers of \`airport-delays\` work with: no record. */
export interface AirportDelaysTimerContext extends KeyContext<string> {
  readonly state: AirportDelaysState;
  readonly tables: AirportDelaysTables;
  readonly emit: AirportDelaysEmit;
  readonly timers: Timers<'close' | 'remind'>;
}

/** What handlers of \`airport-delays\` work with. */
export interface AirportDelaysContext extends AirportDelaysTimerContext, JobContext<string> {}
`);
    expect(text).toContain(`      timers: ['close', 'remind'],\n`);
  });

  it('says when a partition is idle, where the config does', () => {
    expect(withInput({ ...streamOf(flights), idleAfter: 30_000 })).toContain('outOfOrderness: 0, idleAfter: 30_000 }');
  });

  it('says how often new topics and partitions are looked for, where the config does', () => {
    expect(withInput({ ...streamOf(flights), discovery: false })).toContain('outOfOrderness: 0, discovery: false }');
    expect(withInput({ ...streamOf(flights), discovery: 500 })).toContain('outOfOrderness: 0, discovery: 500 }');
    expect(emit({ ...jobOf('flights'), discovery: 60_000 })).toContain('      discovery: 60_000,\n');
    expect(emit({ ...jobOf('flights'), discovery: false })).toContain('      discovery: false,\n');
    expect(emit(jobOf('flights'))).not.toContain('discovery');
  });

  it('says how many handlers may run at once, and how long, where the config does', () => {
    expect(emit({ ...jobOf('flights'), concurrency: 16, handlerTimeout: 10_000 })).toContain(
      '      concurrency: 16,\n      handlerTimeout: 10_000,\n',
    );
    expect(emit(jobOf('flights'))).not.toMatch(/concurrency|handlerTimeout/);
  });

  it('says what it promises, and how often it commits where it makes no checkpoints', () => {
    const text = emit({ ...jobOf('flights'), guarantee: 'none', commitOffsets: false, autoCommitInterval: 15_000 });
    expect(text).toContain("      guarantee: 'none',\n      commitOffsets: false,\n");
    expect(text).toContain('      autoCommitInterval: 15_000,\n');
    expect(emit(jobOf('flights'))).not.toContain('autoCommitInterval');
  });

  it('says how many checkpoints may be under way at once', () => {
    expect(emit({ ...jobOf('flights'), concurrentCheckpoints: 3 })).toContain('      concurrentCheckpoints: 3,\n');
    expect(emit(jobOf('flights'))).not.toContain('concurrentCheckpoints');
  });

  it('says what becomes of records that fail, and lets functions name the topics that there are for dead letters', () => {
    const policies = { decode: { deadLetter: 'flights-dead' }, process: 'skip' } as const;
    const text = emit({ ...jobOf('flights'), timers: ['close'], errors: { policies, deadLetters: ['flights-dead'] } });
    expect(text).toContain("      onError: { decode: { deadLetter: 'flights-dead' }, process: 'skip' },\n");
    expect(text).toMatch(
      /readonly onError\?: OnError<\{ key: string; streams: \{ flights: Flight \}; timers: 'close'; deadLetters: 'flights-dead' \}> \| undefined;/,
    );
    expect(emit(jobOf('flights'))).not.toContain('onError: {');
  });

  it('says how topics are created, where the config does', () => {
    expect(emit({ ...jobOf('flights'), createTopics: { partitions: 12, replicationFactor: 3 } })).toContain(
      '      createTopics: { partitions: 12, replicationFactor: 3 },\n',
    );
    expect(emit({ ...jobOf('flights'), createTopics: { partitions: 1 } })).toContain(
      'createTopics: { partitions: 1 },',
    );
  });

  it('says how it restarts, where the config does', () => {
    expect(emit({ ...jobOf('flights'), restart: { strategy: 'none' } })).toContain(
      "      restart: { strategy: 'none' },\n",
    );
    const restart = {
      strategy: 'exponential',
      attempts: Number.POSITIVE_INFINITY,
      maxDelay: 60_000,
    } as const;
    expect(emit({ ...jobOf('flights'), restart })).toContain(
      "restart: { strategy: 'exponential', attempts: Number.POSITIVE_INFINITY, maxDelay: 60_000 },\n",
    );
  });

  it.each([
    [totals, 'EmitKeyed<string, DelayTotal>'],
    [{ ...totals, names: ['a', 'b'] }, "EmitKeyedTo<string, DelayTotal, 'a' | 'b'>"],
    [{ ...totals, names: [], pattern: 'totals-.*' }, 'EmitKeyedTo<string, DelayTotal, string>'],
    [{ ...flights, names: ["it's", '\\'] }, "EmitValueTo<Flight, 'it\\'s' | '\\\\'>"],
    [{ ...flights, key: { kind: 'int64' } }, 'EmitValue<Flight>'],
    [{ ...totals, key: { kind: 'bytes' } }, 'EmitKeyed<Uint8Array, DelayTotal>'],
    [{ ...totals, key: { kind: 'int64' }, value: { kind: 'float64' } }, 'EmitKeyed<bigint, number>'],
    [{ ...totals, value: { kind: 'json' } }, 'EmitKeyed<string, Json>'],
    [{ ...totals, key: avro(Airport) }, 'EmitKeyed<Airport, DelayTotal>'],
  ] as const)('emits to topic %#', (topic, type) => {
    expect(withOutput(topic)).toContain(`  readonly ${topic.id}: ${type};\n`);
  });

  it('has state of every kind and of primitives', () => {
    const long = { type: { primitive: { kind: 'long', as: 'bigint' } } } as const;
    const number = { type: { primitive: { kind: 'long', as: 'number' } } } as const;
    const bytes = { type: { primitive: { kind: 'bytes', as: 'bytes' } } } as const;
    const text = emit({
      ...jobOf('flights'),
      state: [
        { name: 'count', kind: 'value', value: long },
        { name: 'recent', kind: 'list', value: number },
        { name: 'seats', kind: 'map', key: bytes, value: { type: Airport } },
      ],
    });
    expect(text).toContain(`  readonly count: ValueState<bigint>;
  readonly recent: ListState<number>;
  readonly seats: MapState<Uint8Array, Airport>;
`);
    expect(text).toContain(`      state: {
        count: { kind: 'value', value: primitiveCodec('long') },
        recent: { kind: 'list', value: primitiveCodec('long', 'number') },
        seats: { kind: 'map', key: primitiveCodec('bytes'), value: Airport },
      },
`);
  });

  it('reads the field of the event time, though handlers do not see it', () => {
    const text = withInput({ ...streamOf(flights), fields: ['delay', 'origin'] });
    expect(text).toContain("flights: (flight: Pick<Flight, 'delay' | 'origin'>, ctx: AirportDelaysContext)");
    expect(text).toContain("fields: ['scheduled', 'origin', 'delay'],");
    const untimed = withInput({ ...streamOf({ ...flights, timestampFrom: undefined }), fields: ['delay', 'origin'] });
    expect(untimed).toContain("fields: ['origin', 'delay'],");
  });

  it('narrows tables as it narrows streams', () => {
    const text = emit({
      ...airportDelays,
      inputs: airportDelays.inputs.map((input) => (input.as === 'table' ? { ...input, fields: ['name'] } : input)),
    });
    expect(text).toContain("readonly airports: Table<string, Pick<Airport, 'name'>>;");
    expect(text).toContain(
      "airports: { topic: airports, as: 'table', value: avro(() => airportsInput), outOfOrderness: 0 },",
    );
  });

  it('keeps the format of a narrowed input', () => {
    const value = { kind: 'confluent', types: [{ type: Flight, id: 7 }] } as const;
    const text = withInput({ ...streamOf({ ...flights, value }), fields: ['origin'] });
    expect(text).toContain('value: confluent(() => flightsInput, { id: 7 })');
  });

  it('keeps names apart', () => {
    const type = typeModel(record('a.AirportDelays', { origin: { kind: 'string', as: 'string' } }));
    const ids = ['airportDelays', 'handlers', 'Promise', 'createJob', 'flightsInput'];
    const inputs = ids.map((id) =>
      streamOf({ ...flights, id, names: [id], value: avro(type), timestampFrom: undefined }),
    );
    const narrowed: InputModel = { ...streamOf(flights), fields: ['origin'] };
    const text = emit({ ...jobOf(), inputs: [narrowed, ...inputs] });
    expect(text).toContain('AirportDelays as AirportDelays2');
    expect(text).toContain('Promise as Promise2');
    expect(text).toContain('handlers as handlers2');
    expect(text).toContain('airportDelays as airportDelays2');
    expect(text).toContain('flightsInput as flightsInput2');
    expect(text).toContain('handlers: { topic: handlers2,');
  });

  it('names what the job’s name makes a reserved word', () => {
    const text = emit({ ...jobOf('flights'), name: 'promise', ...jobNames('promise') });
    expect(text).toContain('export function promise(handlers: Promise_Handlers): Promise_ {');
  });
});
