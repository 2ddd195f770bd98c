import { describe, expect, test } from 'vitest';
import { generateFor } from '../../support/compiled.ts';

/** The text of one file of a schema. */
function fileOf(schema: unknown, path: string, options = {}): string {
  return generateFor(schema, options).files.find((file) => file.path === path)?.text ?? '';
}

const cause = {
  type: 'enum',
  name: 'DelayCause',
  doc: 'What made a flight late.',
  symbols: ['CARRIER', 'WEATHER', 'SECURITY', 'UNKNOWN'],
  default: 'UNKNOWN',
};
const flight = {
  type: 'record',
  name: 'Flight',
  namespace: 'us.bts',
  doc: 'One flight, as reported to the Bureau of Transportation Statistics.',
  fields: [
    { name: 'origin', type: 'string', doc: 'Airport of departure, IATA code.' },
    { name: 'destination', type: 'string' },
    { name: 'delay', type: 'int', doc: 'Arrival delay in minutes;\nnegative when early.' },
    { name: 'scheduled', type: { type: 'long', logicalType: 'timestamp-millis' } },
    { name: 'cause', type: ['null', cause], default: null },
    { name: 'price', type: { type: 'bytes', logicalType: 'decimal', precision: 9, scale: 2 }, default: '\u0000' },
    { name: 'tags', type: { type: 'map', values: 'string' }, default: {} },
    { name: 'previous', type: ['null', 'Flight'], default: null },
  ],
};

const payment = {
  type: 'record',
  name: 'Payment',
  namespace: 'shop',
  fields: [
    {
      name: 'method',
      type: [
        'null',
        { type: 'record', name: 'Card', fields: [{ name: 'number', type: 'string' }] },
        { type: 'record', name: 'Transfer', fields: [{ name: 'iban', type: 'string' }] },
      ],
    },
    { name: 'items', type: { type: 'array', items: { type: 'array', items: 'double' } } },
    { name: 'reference', type: ['string', 'int', { type: 'fixed', name: 'Id', size: 16 }] },
    { name: 'x', type: 'double' },
    { name: 'y', type: 'double' },
    { name: 'count', type: 'int' },
    { name: 'valid', type: 'boolean' },
  ],
};

describe('a generated file reads like one that a person wrote', () => {
  test('a record', async () => {
    await expect(fileOf(flight, 'types/us/bts/flight.ts')).toMatchFileSnapshot('golden/flight.txt');
  });

  test('an enum', async () => {
    await expect(fileOf(flight, 'types/us/bts/delay-cause.ts')).toMatchFileSnapshot('golden/delay-cause.txt');
  });

  test('unions, nested arrays and numbers in a row', async () => {
    await expect(fileOf(payment, 'types/shop/payment.ts')).toMatchFileSnapshot('golden/payment.txt');
  });

  test('an evolved record, and other forms of its types', async () => {
    const writer = { ...flight, fields: [...flight.fields.slice(0, 3), { name: 'gate', type: 'string' }].reverse() };
    const reader = { ...flight, fields: flight.fields.map((field) => (field.name === 'scheduled' ? late : field)) };
    const mapping = { logical: { decimal: 'bigint' }, fields: { 'us.bts.Flight.delay': {} } } as const;
    const text = fileOf(reader, 'types/us/bts/flight.ts', { writers: [writer], mapping });
    await expect(text).toMatchFileSnapshot('golden/evolved.txt');
  });

  test('the index and all codecs', async () => {
    const names = ['a.b.Same', 'c.Same', 'a.b.Own'];
    const union = names.map((name) => ({ type: 'record', name, fields: [] }));
    const { files } = generateFor(union);
    const text = ['index.ts', 'codecs.ts', 'namespaces/a.b.ts', 'namespaces/c.ts']
      .map((path) => `// ${path}\n${files.find((file) => file.path === path)?.text}`)
      .join('\n');
    await expect(text).toMatchFileSnapshot('golden/index.txt');
  });
});

const late = { name: 'scheduled', type: { type: 'long', logicalType: 'timestamp-millis' }, default: -1 };
