import type { AvroType, RecordType } from '@kgen/runtime/schema';
import type { FormatModel, TopicModel, TypeModel } from '../../../generator/model/model.ts';

const string: AvroType = { kind: 'string', as: 'string' };
const int: AvroType = { kind: 'int', as: 'number' };

export function record(name: string, fields: { readonly [name: string]: AvroType }): RecordType {
  return {
    kind: 'record',
    name,
    aliases: [],
    fields: Object.entries(fields).map(([field, type]) => ({ name: field, aliases: [], type })),
  };
}

export function typeModel(type: RecordType): TypeModel {
  const parts = type.name.split('.');
  const identifier = parts.at(-1) ?? '';
  const file = identifier.replaceAll(/(?<=[a-z])(?=[A-Z])/g, '-').toLowerCase();
  const path = ['types', ...parts.slice(0, -1), `${file}.ts`].join('/');
  return { fullName: type.name, type, identifier, path, source: 'schemas/flights.avdl' };
}

export const Flight: TypeModel = typeModel(
  record('us.bts.Flight', {
    scheduled: { kind: 'long', as: 'Date', logical: { name: 'timestamp-millis' } },
    origin: string,
    destination: string,
    delay: int,
    distance: int,
  }),
);
export const Airport: TypeModel = typeModel(record('us.faa.Airport', { iata: string, name: string, city: string }));
export const AirportDelay: TypeModel = typeModel(
  record('us.bts.AirportDelay', { airport: string, name: string, flights: int, minutes: int }),
);
export const DelayTotal: TypeModel = typeModel(record('us.bts.DelayTotal', { flights: int, minutes: int }));

/** The types of the flights example, and topics over them. */
export const types: readonly TypeModel[] = [Flight, Airport, AirportDelay, DelayTotal];

export function avro(type: TypeModel): FormatModel {
  return { kind: 'avro', types: [{ type }] };
}

export const flights: TopicModel = {
  id: 'flights',
  names: ['flights'],
  key: { kind: 'utf8' },
  value: avro(Flight),
  keyFrom: { steps: [{ name: 'origin', nullable: false }], type: string, inBranch: false },
  timestampFrom: {
    steps: [{ name: 'scheduled', nullable: false }],
    type: { kind: 'long', as: 'Date', logical: { name: 'timestamp-millis' } },
    inBranch: false,
  },
  partitioner: { kind: 'murmur2' },
};

export const airports: TopicModel = {
  id: 'airports',
  names: ['airports'],
  key: { kind: 'utf8' },
  value: avro(Airport),
  keyFrom: { steps: [{ name: 'iata', nullable: false }], type: string, inBranch: false },
  partitioner: { kind: 'murmur2' },
};

export const delays: TopicModel = {
  id: 'delays',
  names: ['delays'],
  key: { kind: 'utf8' },
  value: avro(AirportDelay),
  keyFrom: { steps: [{ name: 'airport', nullable: false }], type: string, inBranch: false },
  partitioner: { kind: 'murmur2' },
};

/** Keyed on its own, with several names, by pattern: what the example does not have. */
export const totals: TopicModel = {
  id: 'totals',
  names: ['totals'],
  key: { kind: 'utf8' },
  value: avro(DelayTotal),
  partitioner: { kind: 'murmur2' },
};

export const topics: readonly TopicModel[] = [flights, airports, delays, totals];
