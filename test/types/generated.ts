import { emitJobs } from '../../generator/emit/jobs/emit-job.ts';
import { emitTopics } from '../../generator/emit/topics/emit-topics.ts';
import { emitContext } from '../../generator/emit/types/context.ts';
import { emitType } from '../../generator/emit/types/emit-type.ts';
import type { JobModel, TopicModel } from '../../generator/model/model.ts';
import { airports, DelayTotal, delays, flights, totals, types } from '../emit/jobs/flights.ts';
import { airportDelays, streamOf } from '../skeleton/example.ts';

const weather: TopicModel = { ...flights, id: 'weather', names: ['weather'], timestampFrom: undefined };
const regional: TopicModel = { ...totals, id: 'regional', names: ['totals-eu', 'totals-us'], tombstones: true };

/** Streams and outputs that may have no value. */
const cancelled: TopicModel = { ...flights, id: 'cancelled', names: ['cancelled'], tombstones: true };
const current: TopicModel = { ...delays, id: 'current', names: ['current'], tombstones: true };

const local: TopicModel = { ...current, id: 'local', names: ['local-eu', 'local-us'] };

/** In a format of the user's own. */
const points: TopicModel = {
  ...totals,
  id: 'points',
  names: ['points'],
  value: { kind: 'own', name: 'point', from: './src/formats.ts', path: '../formats.ts' },
};
const FORMATS = `import { defineFormat, type Format } from '@kgen/runtime';

export const point: Format<{ readonly x: number }> = defineFormat({
  name: 'point',
  decode: (bytes) => ({ x: bytes.length }),
  encode: ({ x }) => new Uint8Array(x),
});
`;

/** A job with all that can be got wrong: two streams, one narrowed; a table, outputs of all kinds, state of all kinds. */
export const job: JobModel = {
  ...airportDelays,
  inputs: [...airportDelays.inputs, streamOf(weather), streamOf(cancelled)],
  outputs: [delays, totals, regional, current, local, points],
  errors: { policies: { process: { deadLetter: 'flights-dead' } }, deadLetters: ['flights-dead'] },
  state: [
    { name: 'total', kind: 'value', value: { type: DelayTotal } },
    { name: 'count', kind: 'value', value: { type: { primitive: { kind: 'long', as: 'bigint' } } } },
    { name: 'recent', kind: 'list', value: { type: { primitive: { kind: 'string', as: 'string' } } } },
    {
      name: 'seats',
      kind: 'map',
      key: { type: { primitive: { kind: 'int', as: 'number' } } },
      value: { type: DelayTotal },
    },
  ],
};

const model = { types, mapping: {}, jobs: [job] };
const options = { source: 'kgen.config.ts', importExtension: '.ts', out: 'src/generated' } as const;
const context = emitContext(model, options);
const files = [
  ...types.map((type) => ({ path: type.path, text: emitType(type, context) })),
  {
    path: 'topics.ts',
    text: emitTopics(
      [flights, weather, cancelled, airports, delays, totals, regional, current, local, points],
      options,
    ),
  },
  ...emitJobs(model, options),
];

/** The generated files of a project with that job. */
export const generated: { readonly [path: string]: string } = {
  ...Object.fromEntries(files.map(({ path, text }) => [`src/generated/${path}`, text])),
  'src/formats.ts': FORMATS,
};
