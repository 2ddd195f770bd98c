import { expect, it } from 'vitest';
import { emitJobs } from '../../generator/emit/jobs/emit-job.ts';
import { emitTopics } from '../../generator/emit/topics/emit-topics.ts';
import { emitContext } from '../../generator/emit/types/context.ts';
import { emitType } from '../../generator/emit/types/emit-type.ts';
import { jobNames } from '../../generator/model/job-names.ts';
import type { JobModel, TopicModel } from '../../generator/model/model.ts';
import { planSkeletons } from '../../generator/skeleton/skeleton.ts';
import { avro, DelayTotal, delays, flights, record, totals, typeModel, types } from '../emit/jobs/flights.ts';
import { airportDelays, streamOf } from '../skeleton/example.ts';
import { typeCheck } from './project.ts';

/** Names of jobs whose identifiers mean something in a job's file, generated or not. */
const awkward = [
  'job',
  'type',
  'as',
  'async',
  'delete',
  'promise',
  'pick',
  'create-job',
  'job-context',
  'job-hooks',
  'emit-value',
  'value-state',
  'projection',
  'reader',
  'flight',
  'flights',
  'handlers',
  'delay-total',
  'primitive-codec',
  'ctx',
  'console',
];

/** Topics of which the same is true: their ids name imports, handlers and outputs. */
const ids = [
  'handlers',
  'Promise',
  'Pick',
  'createJob',
  'flightsInput',
  'readFlightsInput',
  'ctx',
  'job',
  'Flight',
  'utf8',
];

it('jobs, topics and types of awkward names compile, and so do their skeletons', async () => {
  const Ctx = typeModel(record('a.Ctx', { value: { kind: 'string', as: 'string' } }));
  const Job = typeModel(record('a.Job', { handlers: { kind: 'string', as: 'string' } }));
  const named = ids.map((id): TopicModel => ({ ...flights, id, names: [id] }));
  const odd: TopicModel = { ...totals, id: 'odd', names: [`it's`, '\\', '*/'], value: avro(Ctx) };
  const several: TopicModel = {
    ...totals,
    id: 'several',
    names: ['several'],
    value: { kind: 'confluent', types: [Ctx, Job, DelayTotal].map((type, id) => ({ type, id })) },
  };
  const jobs = awkward.map(
    (name): JobModel => ({
      ...airportDelays,
      name,
      ...jobNames(name),
      inputs: [...airportDelays.inputs, ...[...named, odd, several].map(streamOf)],
      outputs: [delays, odd, several, ...named],
      state: [
        ...airportDelays.state,
        { name: 'state', kind: 'map', key: { type: Ctx }, value: { type: Job } },
        { name: 'count', kind: 'value', value: { type: { primitive: { kind: 'long', as: 'number' } } } },
      ],
    }),
  );
  const topics = [flights, ...airportDelays.inputs.slice(1).map(({ topic }) => topic), delays, odd, several, ...named];
  const model = { types: [...types, Ctx, Job], mapping: {}, jobs };
  const options = { source: 'kgen.config.ts', importExtension: '.ts', out: 'src/generated' } as const;
  const context = emitContext(model, options);
  const skeletons = await planSkeletons(jobs, {
    root: '/nowhere',
    config: { out: options.out },
    importExtension: '.ts',
  });
  expect(skeletons.files).toHaveLength(awkward.length);
  const generated = [
    ...model.types.map((type) => ({ path: type.path, text: emitType(type, context) })),
    { path: 'topics.ts', text: emitTopics(topics, options) },
    ...emitJobs(model, options),
  ].map(({ path, text }) => ({ path: `${options.out}/${path}`, text }));
  const files = Object.fromEntries([...generated, ...skeletons.files].map(({ path, text }) => [path, text]));
  expect(typeCheck(files)).toEqual([]);
  // The check sees mistakes in these very files.
  const broken = {
    ...files,
    'src/jobs/type.ts': (files['src/jobs/type.ts'] ?? '').replace('\n  several(', '\n  severl('),
  };
  expect(new Set(typeCheck(broken).map(({ file }) => file))).toEqual(new Set(['src/jobs/type.ts']));
});
