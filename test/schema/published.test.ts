import { normalizedSchema, parseSchema, publishedSchema } from '@kgen/runtime/schema';
import { expect, test } from 'vitest';

const MONEY = { type: 'fixed', name: 'shop.Money', doc: 'Cents.', size: 8 };
const ORDER = {
  type: 'record',
  name: 'shop.Order',
  doc: 'An order.',
  fields: [
    { name: 'total', doc: 'What it costs.', type: MONEY },
    { name: 'parts', type: { type: 'array', items: 'shop.Order' }, default: [] },
  ],
};

test('keeps what people wrote for people', () => {
  const type = parseSchema(JSON.stringify(ORDER));
  const text = publishedSchema(type, new Set());
  expect(JSON.parse(text)).toEqual(ORDER);
  expect(normalizedSchema(parseSchema(text))).toBe(normalizedSchema(type));
});

test('writes what is defined elsewhere by name, but never its own root', () => {
  const type = parseSchema(JSON.stringify(ORDER));
  const published = JSON.parse(publishedSchema(type, new Set(['shop.Money', 'shop.Order'])));
  expect(published).toMatchObject({
    name: 'shop.Order',
    fields: [{ type: 'shop.Money' }, { type: { items: 'shop.Order' } }],
  });
});
