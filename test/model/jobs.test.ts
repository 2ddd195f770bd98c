import { describe, expect, it } from 'vitest';
import type { Config, InputConfig, JobConfig, RestartConfig, TopicConfig } from '../../generator/config/config.ts';
import { buildJobs, type JobsResult } from '../../generator/model/jobs.ts';
import type { TopicModel } from '../../generator/model/model.ts';
import * as example from '../emit/jobs/flights.ts';

const int64Keys: TopicModel = { ...example.airports, id: 'gates', names: ['gates'], key: { kind: 'int64' } };
const untyped: TopicModel = { ...example.airports, id: 'events', names: ['events'], value: { kind: 'json' } };
const hook: TopicModel = { ...example.flights, id: 'onTimer', names: ['timers'] };
const inherited: TopicModel = { ...example.flights, id: 'constructor', names: ['c'] };
const topics = [...example.topics, int64Keys, untyped, hook, inherited];

function build(jobs: { readonly [name: string]: JobConfig }, known: readonly TopicModel[] = topics): JobsResult {
  const declared: { [id: string]: TopicConfig } = {};
  for (const { id } of topics) declared[id] = { value: 'bytes' };
  const config: Config = { schemas: ['*.avsc'], out: 'out', topics: declared, jobs };
  return buildJobs(config, example.types, known);
}

function problems(job: JobConfig): readonly string[] {
  const { findings, jobs } = build({ job: job });
  if (findings.length > 0) expect(jobs).toEqual([]);
  return findings.map(({ path, reason, hint }) => `${path}: ${reason}. ${hint}`);
}

describe('buildJobs', () => {
  it('settles the flights example', () => {
    const { jobs, findings } = build({
      'airport-delays': {
        inputs: { flights: { outOfOrderness: '1 hour', fields: ['origin', 'delay'] }, airports: { as: 'table' } },
        outputs: ['delays'],
        state: { total: 'us.bts.DelayTotal', recent: { list: 'long' }, seen: { map: 'int', key: 'string' } },
        checkpoint: { interval: '500 ms' },
      },
    });
    expect(findings).toEqual([]);
    expect(jobs).toEqual([
      {
        name: 'airport-delays',
        functionName: 'airportDelays',
        typeName: 'AirportDelays',
        path: 'jobs/airport-delays.ts',
        key: { kind: 'utf8' },
        inputs: [
          {
            topic: example.flights,
            as: 'stream',
            parameter: 'flight',
            fields: ['origin', 'delay'],
            outOfOrderness: 3_600_000,
          },
          { topic: example.airports, as: 'table', parameter: 'airport', fields: undefined, outOfOrderness: 0 },
        ],
        outputs: [example.delays],
        state: [
          { name: 'total', kind: 'value', value: { type: example.DelayTotal } },
          { name: 'recent', kind: 'list', value: { type: { primitive: { kind: 'long', as: 'bigint' } } } },
          {
            name: 'seen',
            kind: 'map',
            value: { type: { primitive: { kind: 'int', as: 'number' } } },
            key: { type: { primitive: { kind: 'string', as: 'string' } } },
          },
        ],
        timers: [],
        guarantee: 'exactly-once',
        checkpointInterval: 500,
      },
    ]);
  });

  it('has defaults', () => {
    expect(build({ j: { inputs: { flights: {} } } }).jobs[0]).toMatchObject({
      inputs: [{ as: 'stream', outOfOrderness: 0, fields: undefined }],
      outputs: [],
      state: [],
      guarantee: 'exactly-once',
      checkpointInterval: 1000,
    });
  });

  it('maps longs of state as the config says', () => {
    const config: Config = {
      schemas: [],
      out: 'out',
      types: { long: 'number' },
      jobs: { j: { inputs: { flights: {} }, state: { count: 'long' } } },
    };
    expect(buildJobs(config, [], topics).jobs[0]?.state[0]?.value).toEqual({
      type: { primitive: { kind: 'long', as: 'number' } },
    });
  });

  it('names topics, fields and types that do not exist, and what was meant', () => {
    expect(
      problems({
        inputs: { flihgts: {}, airports: { fields: ['iata', 'nmae', 'name.first', 'iata'] } },
        outputs: ['dleays', 'delays', 'delays', 'zzzzzzzzzz'],
        state: { total: 'DelayTotal', other: 'us.bts.DelayTotl', none: 'null', list: { list: 'zzzzzzzzzz' } },
      }),
    ).toEqual([
      "jobs.job.inputs.flihgts: there is no topic 'flihgts'. Did you mean 'flights'?",
      "jobs.job.inputs.airports.fields[1]: us.faa.Airport has no field 'nmae'. Did you mean 'name'?",
      "jobs.job.inputs.airports.fields[2]: us.faa.Airport has no field 'name.first'. Inputs are narrowed by their own fields: write 'name'",
      "jobs.job.inputs.airports.fields[3]: field 'iata' is there twice. Remove one of them",
      "jobs.job.outputs[0]: there is no topic 'dleays'. Did you mean 'delays'?",
      "jobs.job.outputs[2]: topic 'delays' is there twice. Remove one of them",
      "jobs.job.outputs[3]: there is no topic 'zzzzzzzzzz'. Declare it in `topics`; there are flights, airports, delays, totals, gates, events, onTimer, constructor",
      'jobs.job.state.total: there is no type "DelayTotal". Did you mean \'us.bts.DelayTotal\'?',
      'jobs.job.state.other: there is no type "us.bts.DelayTotl". Did you mean \'us.bts.DelayTotal\'?',
      'jobs.job.state.none: null is no type for data. Give a type that has values',
      'jobs.job.state.list.list: there is no type "zzzzzzzzzz". Give the full name of a type in your schemas',
    ]);
  });

  it('wants one key for all inputs, and names both that differ', () => {
    expect(problems({ inputs: { flights: {}, gates: { as: 'table' } } })).toEqual([
      "jobs.job.inputs.gates: its key is int64, but that of input 'flights' is utf8. All inputs of a job share one key: write the records of one of them to a topic with the other key first",
    ]);
    const keyed = (id: string, key: TopicModel['key']): TopicModel => ({ ...example.flights, id, key });
    const a = keyed('flights', { kind: 'confluent', types: [{ type: example.Airport, id: 1 }] });
    const sameType = keyed('airports', { kind: 'confluent', types: [{ type: example.Airport, id: 2 }] });
    const otherFormat = keyed('delays', { kind: 'avro', types: [{ type: example.Airport }] });
    const otherType = keyed('totals', { kind: 'confluent', types: [{ type: example.Flight }] });
    const inputs = { flights: {}, airports: {}, delays: {}, totals: {} };
    expect(
      build({ j: { inputs } }, [a, sameType, otherFormat, otherType]).findings.map(({ reason }) => reason),
    ).toEqual([
      "its key is us.faa.Airport (avro), but that of input 'flights' is us.faa.Airport (confluent)",
      "its key is us.bts.Flight (confluent), but that of input 'flights' is us.faa.Airport (confluent)",
    ]);
  });

  it('tells keys of the same primitive apart by what they are in TypeScript', () => {
    const long = (id: string, as: 'bigint' | 'number'): TopicModel => ({
      ...example.flights,
      id,
      key: { kind: 'avro', types: [{ type: { primitive: { kind: 'long', as } } }] },
    });
    const { findings } = build({ j: { inputs: { flights: {}, airports: {} } } }, [
      long('flights', 'bigint'),
      long('airports', 'number'),
    ]);
    expect(findings).toHaveLength(1);
  });

  it('wants a stream among the inputs', () => {
    expect(problems({ inputs: {} })).toEqual([
      'jobs.job.inputs: the job has no input. Name a topic whose records it handles: `inputs: { orders: {} }`',
    ]);
    expect(problems({ inputs: { airports: { as: 'table' } } })[0]).toContain('none of its inputs is a stream');
    expect(problems({ inputs: { airports: undefined } })[0]).toContain('the job has no input');
  });

  it('narrows only what is one record', () => {
    expect(problems({ inputs: { events: { fields: ['a'] } } })).toEqual([
      "jobs.job.inputs.events.fields: the value of topic 'events' is not one record type. Remove `fields`: they narrow a record",
    ]);
  });

  it('refuses names that hooks or objects have', () => {
    expect(problems({ inputs: { onTimer: {} } })[0]).toContain('every job may have a handler onTimer');
    expect(problems({ inputs: { flights: {}, onTimer: { as: 'table' } } })).toEqual([]);
    expect(problems({ inputs: { constructor: {} }, outputs: ['constructor'] })).toHaveLength(2);
    const hostile = JSON.parse('{ "__proto__": "int", "a b": "int", "toString": "int" }');
    expect(problems({ inputs: { flights: {} }, state: hostile })).toEqual([
      'jobs.job.state[\'__proto__\']: "__proto__" cannot name a state. Use letters, digits and _, such as `total`',
      'jobs.job.state[\'a b\']: "a b" cannot name a state. Use letters, digits and _, such as `total`',
      'jobs.job.state[\'toString\']: "toString" cannot name a state. Use letters, digits and _, such as `total`',
    ]);
  });

  it('takes durations as numbers and text', () => {
    const at = (outOfOrderness: string | number): number | string | undefined => {
      const { jobs, findings } = build({ j: { inputs: { flights: { outOfOrderness } } } });
      return jobs[0]?.inputs[0]?.outOfOrderness ?? findings[0]?.reason;
    };
    expect(at(0)).toBe(0);
    expect(at('0 ms')).toBe(0);
    expect(at('500ms')).toBe(500);
    expect(at('1.1 s')).toBe(1100);
    expect(at('5 Minutes')).toBe(300_000);
    expect(at('1 hour')).toBe(3_600_000);
    expect(at(' 2 days ')).toBe(172_800_000);
    expect(at('0.5 ms')).toBe('"0.5 ms" is not a whole number of milliseconds');
    expect(at('1 fortnight')).toBe(`"1 fortnight" has the unknown unit 'fortnight'`);
    expect(at('soon')).toBe('"soon" is not a duration');
    expect(at('1')).toBe('"1" is not a duration');
    expect(at(-1)).toBe('-1 is negative');
    expect(at(Number.NaN)).toBe('NaN is too long');
    expect(at('9999999999999999 days')).toContain('is too long');
  });

  it('takes names of timers that can be members, each once', () => {
    const of = (timers: readonly string[]) => {
      const { jobs, findings } = build({ j: { inputs: { flights: {} }, timers } });
      return jobs[0]?.timers ?? findings.map(({ path, reason }) => `${path}: ${reason}`);
    };
    expect(of([])).toEqual([]);
    expect(of(['close', 'sendReminder'])).toEqual(['close', 'sendReminder']);
    expect(of(['close', 'a b', 'close', '__proto__'])).toEqual([
      'jobs.j.timers[1]: "a b" cannot name a timer',
      "jobs.j.timers[2]: timer 'close' is there twice",
      'jobs.j.timers[3]: "__proto__" cannot name a timer',
    ]);
  });

  it('knows when a partition is idle, of streams alone', () => {
    const of = (input: InputConfig, id = 'flights') => {
      const { jobs, findings } = build({ j: { inputs: { flights: {}, [id]: input } } });
      return jobs[0]?.inputs[0]?.idleAfter ?? findings.map(({ path, reason }) => `${path}: ${reason}`);
    };
    expect(of({})).toEqual([]);
    expect(of({ idleAfter: '30 s' })).toBe(30_000);
    expect(of({ idleAfter: 0 })).toEqual(['jobs.j.inputs.flights.idleAfter: partitions would be idle at once']);
    expect(of({ as: 'table', idleAfter: '1 s', outOfOrderness: 1 }, 'airports')).toEqual([
      'jobs.j.inputs.airports.outOfOrderness: a table does not hold event time back',
      'jobs.j.inputs.airports.idleAfter: a table does not hold event time back',
    ]);
  });

  it('looks for new topics and partitions as often as it is told, or never', () => {
    const of = (discovery: string | number | false) => {
      const { jobs, findings } = build({ j: { inputs: { flights: { discovery } }, discovery } });
      const [job] = jobs;
      return job === undefined
        ? findings.map(({ path, reason }) => `${path}: ${reason}`)
        : [job.discovery, job.inputs[0]?.discovery];
    };
    expect(of('10 s')).toEqual([10_000, 10_000]);
    expect(of(false)).toEqual([false, false]);
    expect(of(0)).toEqual(
      ['inputs.flights.', ''].map((path) => `jobs.j.${path}discovery: brokers would be asked all the time`),
    );
    expect(of('30 days')).toContain('jobs.j.discovery: no timer waits that long');
    expect(of('often')).toContain('jobs.j.discovery: "often" is not a duration');
    const { jobs } = build({ j: { inputs: { flights: {} } } });
    expect(jobs[0]).not.toHaveProperty('discovery');
    expect(jobs[0]?.inputs[0]).not.toHaveProperty('discovery');
  });

  it('commits with checkpoints, or now and then where there are none; what says both is contradictory', () => {
    const of = (job: Omit<JobConfig, 'inputs'>) => {
      const { jobs, findings } = build({ j: { inputs: { flights: {} }, ...job } });
      const [first] = jobs;
      return findings.length > 0
        ? findings.map(({ path, reason }) => `${path}: ${reason}`)
        : [first?.guarantee, first?.checkpointInterval, first?.autoCommitInterval];
    };
    const state = { count: 'long' };
    expect(of({ guarantee: 'at-least-once', checkpoint: { interval: '5 s' } })).toEqual([
      'at-least-once',
      5000,
      undefined,
    ]);
    expect(of({ guarantee: 'none' })).toEqual(['none', 1000, undefined]);
    expect(of({ guarantee: 'none', autoCommitInterval: '2 s' })).toEqual(['none', 1000, 2000]);
    expect(of({ guarantee: 'none', state, checkpoint: { interval: '5 s' } })).toEqual(['none', 5000, undefined]);
    expect(of({ guarantee: 'none', checkpoint: { interval: '5 s' } })).toEqual([
      'jobs.j.checkpoint.interval: a job of guarantee none without state makes no checkpoints',
    ]);
    expect(of({ autoCommitInterval: '2 s' })).toEqual([
      'jobs.j.autoCommitInterval: the job makes checkpoints, and offsets are kept with them: its guarantee is exactly-once',
    ]);
    expect(of({ guarantee: 'none', state, autoCommitInterval: '2 s' })).toEqual([
      'jobs.j.autoCommitInterval: the job makes checkpoints, and offsets are kept with them: it has state',
    ]);
    expect(of({ guarantee: 'none', commitOffsets: false, autoCommitInterval: '2 s' })).toEqual([
      'jobs.j.autoCommitInterval: the job makes checkpoints, and offsets are kept with them: its offsets are not committed otherwise',
    ]);
    expect(of({ guarantee: 'none', commitOffsets: false, checkpoint: { interval: '5 s' } })).toEqual([
      'none',
      5000,
      undefined,
    ]);
    expect(of({ guarantee: 'at-least-once', commitOffsets: true })).toEqual(['at-least-once', 1000, undefined]);
    expect(of({ commitOffsets: false })).toEqual([
      'jobs.j.commitOffsets: offsets are part of the transactions of exactly-once: by them Kafka knows an instance that has lost its tasks',
    ]);
    expect(of({ guarantee: 'none', autoCommitInterval: 0 })).toEqual([
      'jobs.j.autoCommitInterval: commits need some time between them',
    ]);
    expect(of({ guarantee: 'none', autoCommitInterval: '30 days' })).toEqual([
      'jobs.j.autoCommitInterval: no timer waits that long',
    ]);
    expect(of({ guarantee: 'none', autoCommitInterval: 'soon' })).toEqual([
      'jobs.j.autoCommitInterval: "soon" is not a duration',
    ]);
  });

  it('has several checkpoints under way where outputs wait for transactions', () => {
    const of = (job: Omit<JobConfig, 'inputs'>) => {
      const { jobs, findings } = build({ j: { inputs: { flights: {} }, ...job } });
      return findings.length > 0
        ? findings.map(({ path, reason }) => `${path}: ${reason}`)
        : jobs[0]?.concurrentCheckpoints;
    };
    expect(of({})).toBeUndefined();
    expect(of({ checkpoint: { concurrent: 3 } })).toBe(3);
    expect(of({ guarantee: 'at-least-once', checkpoint: { concurrent: 1 } })).toBe(1);
    expect(of({ guarantee: 'at-least-once', checkpoint: { concurrent: 2 } })).toEqual([
      'jobs.j.checkpoint.concurrent: outputs of guarantee at-least-once wait for no transaction',
    ]);
  });

  it('takes over how topics are created', () => {
    const createTopics = { partitions: 12 };
    expect(build({ j: { inputs: { flights: {} }, createTopics } }).jobs[0]?.createTopics).toEqual(createTopics);
    expect(build({ j: { inputs: { flights: {} } } }).jobs[0]).not.toHaveProperty('createTopics');
  });

  it('gives restart strategies in milliseconds', () => {
    const of = (restart: RestartConfig) => {
      const { jobs, findings } = build({ j: { inputs: { flights: {} }, restart } });
      return jobs[0]?.restart ?? findings.map(({ path, reason }) => `${path}: ${reason}`);
    };
    expect(of({ strategy: 'none' })).toEqual({ strategy: 'none' });
    expect(of({ strategy: 'fixed-delay', delay: '2 s', attempts: 3, resetAfter: undefined })).toEqual({
      strategy: 'fixed-delay',
      delay: 2000,
      attempts: 3,
    });
    expect(of({ strategy: 'exponential', maxDelay: '1 minute', jitter: 0.5 })).toEqual({
      strategy: 'exponential',
      maxDelay: 60_000,
      jitter: 0.5,
    });
    expect(of({ strategy: 'failure-rate', interval: '1 hour', delay: '2 s', failures: 5 })).toEqual({
      strategy: 'failure-rate',
      interval: 3_600_000,
      delay: 2000,
      failures: 5,
    });
    expect(of({ strategy: 'failure-rate', interval: 0 })).toEqual([
      'jobs.j.restart.interval: no failure lies within no time',
    ]);
    expect(of({ strategy: 'exponential', maxDelay: 'long', initialDelay: '30 days' })).toEqual([
      'jobs.j.restart.maxDelay: "long" is not a duration',
      'jobs.j.restart.initialDelay: no timer waits that long',
    ]);
    expect(build({ j: { inputs: { flights: {} } } }).jobs[0]).not.toHaveProperty('restart');
  });

  it('gives what becomes of records that fail, with the topics for dead letters', () => {
    const of = (onError: JobConfig['onError']) => {
      const { jobs, findings } = build({ j: { inputs: { flights: {} }, onError } });
      return jobs[0]?.errors ?? findings.map(({ path, reason }) => `${path}: ${reason}`);
    };
    expect(of({ decode: { deadLetter: 'dead' }, process: 'skip', produce: { deadLetter: 'dead' } })).toEqual({
      policies: { decode: { deadLetter: 'dead' }, process: 'skip', produce: { deadLetter: 'dead' } },
      deadLetters: ['dead'],
    });
    expect(of({ process: undefined })).toEqual({ policies: {}, deadLetters: [] });
    expect(build({ j: { inputs: { flights: {} } } }).jobs[0]).not.toHaveProperty('errors');
    expect(of({ decode: { deadLetter: 'no name' }, process: { deadLetter: 'flights' } })).toEqual([
      'jobs.j.onError.decode.deadLetter: Kafka does not allow the name "no name"',
      "jobs.j.onError.process.deadLetter: the job reads 'flights' as its input 'flights': it would read its own dead letters",
    ]);
  });

  it('bounds the checkpoint interval', () => {
    const reason = (interval: string | number): string | undefined =>
      build({ j: { inputs: { flights: {} }, checkpoint: { interval } } }).findings[0]?.reason;
    expect(reason(0)).toBe('checkpoints need some time between them');
    expect(reason('25 days')).toBe('no timer waits that long');
    expect(reason('24 days')).toBeUndefined();
  });

  it('takes how many handlers may run at once, and how long they may take', () => {
    const built = (job: object): ReturnType<typeof build> => build({ j: { inputs: { flights: {} }, ...job } });
    expect(built({ concurrency: 16, handlerTimeout: '10 s' }).jobs[0]).toMatchObject({
      concurrency: 16,
      handlerTimeout: 10_000,
    });
    expect(built({}).jobs[0]).not.toHaveProperty('concurrency');
    expect(built({}).jobs[0]).not.toHaveProperty('handlerTimeout');
    const reason = (handlerTimeout: string | number): string | undefined =>
      built({ handlerTimeout }).findings[0]?.reason;
    expect(reason(0)).toBe('handlers need some time');
    expect(reason('25 days')).toBe('no timer waits that long');
  });

  it('refuses map keys that would not be found again', () => {
    const withMap = example.record('a.Key', { tags: { kind: 'map', values: { kind: 'string', as: 'string' } } });
    const types = [...example.types, example.typeModel(withMap)];
    const config: Config = {
      schemas: [],
      out: 'out',
      jobs: {
        j: {
          inputs: { flights: {} },
          state: { m: { map: 'int', key: 'a.Key' }, n: { map: 'int', key: 'us.faa.Airport' } },
        },
      },
    };
    const { findings } = buildJobs(config, types, topics);
    expect(findings.map(({ path, reason }) => `${path}: ${reason}`)).toEqual([
      'jobs.j.state.m.key: a.Key holds a map, whose entries have no order: equal keys would not be found again',
    ]);
  });

  it('says nothing of topics that other findings concern, and leaves the job out', () => {
    expect(build({ j: { inputs: { flights: {} }, outputs: ['delays'] } }, [example.flights])).toEqual({
      jobs: [],
      findings: [],
    });
  });
});

describe('names of jobs', () => {
  const names = (...all: string[]): JobsResult =>
    build(Object.fromEntries(all.map((name) => [name, { inputs: { flights: {} } }])));

  it('become identifiers', () => {
    const { jobs } = names('a', 'delete', 'job', 'promise', 'html-2-pdf', 'top10-by-day');
    expect(jobs.map(({ functionName, typeName, path }) => [functionName, typeName, path])).toEqual([
      ['a', 'A', 'jobs/a.ts'],
      ['delete_', 'Delete', 'jobs/delete.ts'],
      ['job_', 'Job', 'jobs/job.ts'],
      ['promise', 'Promise_', 'jobs/promise.ts'],
      ['html2Pdf', 'Html2Pdf', 'jobs/html-2-pdf.ts'],
      ['top10ByDay', 'Top10ByDay', 'jobs/top10-by-day.ts'],
    ]);
  });

  it('that become one identifier clash', () => {
    expect(names('a-1', 'a1').findings).toEqual([
      {
        path: 'jobs.a1',
        reason: "its function would be called a1, as that of job 'a-1' is",
        hint: 'Rename one of them',
      },
    ]);
  });

  it.each([
    ['airportDelays', "'airport-delays'"],
    ['Airport_Delays', "'airport-delays'"],
    ['-a', "'a'"],
    ['a--b', "'a-b'"],
    ['1st', "'airport-delays'"],
    ['../../etc/passwd', "'etc-passwd'"],
    ["'; process.exit(); '", "'process-exit'"],
    ['', "'airport-delays'"],
    ['con', "'con-job'"],
    ['lpt1', "'lpt1-job'"],
    ['a'.repeat(101), 'within 100'],
  ])('%j is refused, with a proposal', (name, proposal) => {
    const { jobs, findings } = names(name);
    expect(jobs).toEqual([]);
    expect(findings).toHaveLength(1);
    expect(findings[0]?.hint).toContain(proposal);
  });
});

describe('names of parameters', () => {
  it.each([
    ['us.bts.Flight', 'flight'],
    ['HTTPRequest', 'httpRequest'],
    ['a.flight_event', 'flightEvent'],
    ['a.FLIGHT', 'flight'],
    ['a.FlightV2', 'flightV2'],
    ['a.__x', 'x'],
    ['a.Ctx', 'value'],
    ['a.Delete', 'value'],
    ['a._', 'value'],
    ['a._1', 'value'],
    [`a.${'Very'.repeat(20)}Long`, 'value'],
  ])('a %s is called %s', (fullName, expected) => {
    const topic: TopicModel = {
      ...example.flights,
      value: example.avro(example.typeModel(example.record(fullName, {}))),
    };
    expect(build({ j: { inputs: { flights: {} } } }, [topic]).jobs[0]?.inputs[0]?.parameter).toBe(expected);
  });
});
