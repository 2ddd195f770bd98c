import fc from 'fast-check';

type Json = { readonly [name: string]: unknown };

const PROMOTIONS: { readonly [name: string]: readonly string[] } = {
  // Not to float: avsc does not round.
  int: ['long', 'double'],
  float: ['double'],
  string: ['bytes'],
};
const ADDED = [
  { type: 'int', default: -3 },
  { type: ['null', 'string'], default: null },
  { type: { type: 'array', items: 'string' }, default: ['a', ''] },
  { type: 'double', default: 0.5 },
  { type: 'boolean', default: true },
];

/**
 * A later version of a schema: fields dropped, added, moved, promoted, made nullable. Nothing where avsc differs from
 * the specification: it takes the first branch that resolves, not the same type first, and reads longs as they are.
 */
export function evolve(schema: unknown, g: fc.GeneratorValue): unknown {
  if (Array.isArray(schema)) return schema.map((branch) => (typeof branch === 'string' ? branch : evolve(branch, g)));
  if (typeof schema === 'string') {
    const targets = PROMOTIONS[schema];
    return targets !== undefined && g(fc.boolean) ? g(() => fc.constantFrom(...targets)) : schema;
  }
  const object = schema as Json;
  switch (object['type']) {
    case 'array':
      return { ...object, items: evolve(object['items'], g) };
    case 'map':
      return { ...object, values: evolve(object['values'], g) };
    case 'record': {
      const fields = (object['fields'] as readonly Json[]).map((field) => evolveField(field, g));
      if (g(fc.boolean)) fields.push({ name: 'added', ...g(() => fc.constantFrom(...ADDED)) });
      const kept = fields.filter((field) => isDefining(field['type']) || g(() => fc.nat(4)) > 0);
      const moved = kept.some(({ type }) => isDefining(type))
        ? kept
        : g(() => fc.shuffledSubarray(kept, { minLength: kept.length }));
      return { ...object, fields: moved };
    }
    default:
      return object;
  }
}

/** Where a named type is defined: dropping or moving that would leave references behind. */
function isDefining(type: unknown): boolean {
  return JSON.stringify(type).includes('"name"');
}

function evolveField(field: Json, g: fc.GeneratorValue): Json {
  const type = evolve(field['type'], g);
  const nullable = !Array.isArray(type) && type !== 'null' && type === field['type'] && g(() => fc.nat(5)) === 0;
  return { ...field, type: nullable ? ['null', type] : type };
}
