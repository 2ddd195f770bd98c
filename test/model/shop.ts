import { type Json, readSchemas, type TypeMapping } from '@kgen/runtime/schema';
import type { Config, TopicConfig } from '../../generator/config/config.ts';
import type { TypeModel } from '../../generator/model/model.ts';
import { buildTypes } from '../../generator/model/types.ts';

/** Types of a shop, with fields of every kind that a key or a time may come from. */
const SCHEMAS: readonly object[] = [
  {
    type: 'record',
    name: 'shop.Order',
    fields: [
      { name: 'id', type: 'long' },
      { name: 'count', type: 'int' },
      { name: 'price', type: 'double' },
      { name: 'weight', type: 'float' },
      { name: 'paid', type: 'boolean' },
      { name: 'raw', type: 'bytes' },
      { name: 'name', type: 'string' },
      { name: 'nickname', type: ['null', 'string'] },
      { name: 'uuid', type: { type: 'string', logicalType: 'uuid' } },
      { name: 'amount', type: { type: 'bytes', logicalType: 'decimal', precision: 9, scale: 2 } },
      { name: 'tags', type: { type: 'array', items: 'string' } },
      { name: 'labels', type: { type: 'map', values: 'string' } },
      { name: 'either', type: ['string', 'int'] },
      { name: 'tagged', type: ['null', 'int', 'double'] },
      { name: 'channel', type: { type: 'enum', name: 'Channel', symbols: ['WEB', 'STORE'] } },
      { name: 'hash', type: { type: 'fixed', name: 'Hash', size: 4 } },
      {
        name: 'region',
        type: { type: 'record', name: 'Region', fields: [{ name: 'code', type: 'string' }] },
      },
      { name: 'origin', type: ['null', 'Region'] },
      { name: 'day', type: { type: 'int', logicalType: 'date' } },
      { name: 'at', type: { type: 'long', logicalType: 'timestamp-millis' } },
      { name: 'maybeAt', type: ['null', { type: 'long', logicalType: 'timestamp-millis' }] },
      { name: 'micros', type: { type: 'long', logicalType: 'timestamp-micros' } },
      { name: 'nanos', type: { type: 'long', logicalType: 'timestamp-nanos' } },
      { name: 'local', type: { type: 'long', logicalType: 'local-timestamp-millis' } },
      { name: 'time', type: { type: 'long', logicalType: 'time-micros' } },
      { name: '__proto__', type: 'string' },
    ],
  },
  {
    type: 'record',
    name: 'shop.Refund',
    fields: [
      { name: 'id', type: 'long' },
      { name: 'count', type: 'string' },
      { name: 'name', type: ['null', 'string'] },
      { name: 'maybeAt', type: { type: 'long', logicalType: 'timestamp-millis' } },
    ],
  },
  { type: 'record', name: 'old.Order', fields: [{ name: 'id', type: 'long' }] },
  { type: 'record', name: 'shop.Cash', fields: [{ name: 'amount', type: 'long', default: 0 }] },
];

/** Files with an unnamed schema, by their base names. */
const UNNAMED: { readonly [name: string]: unknown } = {
  'either-order': ['shop.Order', 'old.Order'],
  "*/ alert('x') /*": { type: 'array', items: 'shop.Order' },
};

export function shopTypes(mapping: TypeMapping = {}): readonly TypeModel[] {
  const documents = [...SCHEMAS, ...Object.values(UNNAMED)].map((schema) => ({
    source: 'shop.avsc',
    schema: schema as Json,
  }));
  const { roots, named, problems } = readSchemas(documents, mapping);
  if (problems.length > 0) throw new Error(JSON.stringify(problems));
  const all = [...named].map(([fullName, { type }]) => ({ fullName, type, file: 'shop.avsc', named: true }));
  const unnamed = Object.keys(UNNAMED).map((fullName, i) => {
    const type = roots[SCHEMAS.length + i];
    if (type === undefined) throw new Error(fullName);
    return { fullName, type, file: 'shop.avsc', named: false };
  });
  return buildTypes([...all, ...unnamed]);
}

export function configOf(topics: { readonly [id: string]: TopicConfig }, types: TypeMapping = {}): Config {
  return { schemas: ['*.avsc'], out: 'src/generated', types, topics };
}
