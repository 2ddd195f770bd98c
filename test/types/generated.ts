import { emitJobs } from '../../generator/emit/jobs/emit-job.ts';
import type { JobModel, TopicModel } from '../../generator/model/model.ts';
import { DelayTotal, delays, flights, totals, types } from '../emit/jobs/flights.ts';
import { airportDelays, streamOf } from '../skeleton/example.ts';

const weather: TopicModel = { ...flights, id: 'weather', names: ['weather'], timestampFrom: undefined };

/** A job with all that can be got wrong: two streams, one narrowed; a table, outputs of both kinds, state of all kinds. */
export const job: JobModel = {
  ...airportDelays,
  inputs: [...airportDelays.inputs, streamOf(weather)],
  outputs: [delays, totals, { ...totals, id: 'regional', names: ['totals-eu', 'totals-us'] }],
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

const codec = (name: string, fields: string): string => `import type { RecordCodec } from '@kgen/runtime';

export interface ${name} {
${fields}
}

export declare const ${name}: RecordCodec<${name}>;
`;

const topic = (id: string, type: string, value: string): string =>
  `export declare const ${id}: ${type}<string, ${value}>;`;

const [jobFile] = emitJobs({ types, mapping: {}, jobs: [job] }, { source: 'kgen.config.ts', importExtension: '.ts' });

/** The generated files of a project with that job. */
export const generated: { readonly [path: string]: string } = {
  'src/generated/types/us/bts/flight.ts': codec(
    'Flight',
    '  scheduled: Date;\n  origin: string;\n  destination: string;\n  delay: number;\n  distance: number;',
  ),
  'src/generated/types/us/bts/airport-delay.ts': codec(
    'AirportDelay',
    '  airport: string;\n  name: string;\n  flights: number;\n  minutes: number;',
  ),
  'src/generated/types/us/bts/delay-total.ts': codec('DelayTotal', '  flights: number;\n  minutes: number;'),
  'src/generated/types/us/faa/airport.ts': codec('Airport', '  iata: string;\n  name: string;\n  city: string;'),
  'src/generated/topics.ts': [
    "import type { KeyedTopic, Topic } from '@kgen/runtime';",
    "import type { AirportDelay } from './types/us/bts/airport-delay.ts';",
    "import type { DelayTotal } from './types/us/bts/delay-total.ts';",
    "import type { Flight } from './types/us/bts/flight.ts';",
    "import type { Airport } from './types/us/faa/airport.ts';",
    '',
    topic('flights', 'KeyedTopic', 'Flight'),
    topic('weather', 'KeyedTopic', 'Flight'),
    topic('airports', 'KeyedTopic', 'Airport'),
    topic('delays', 'KeyedTopic', 'AirportDelay'),
    topic('totals', 'Topic', 'DelayTotal'),
    topic('regional', 'Topic', 'DelayTotal'),
    '',
  ].join('\n'),
  'src/generated/jobs/airport-delays.ts': jobFile?.text ?? '',
};
