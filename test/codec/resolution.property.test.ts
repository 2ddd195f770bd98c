import { deepStrictEqual } from 'node:assert/strict';
import { parseSchema } from '@kgen/runtime/schema';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { anyValue, recordSchema } from '../support/arbitraries.ts';
import { avscType, fromAvsc } from '../support/avsc-oracle.ts';
import { interpretedCodec } from '../support/interpreted-codec.ts';

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
function evolve(schema: unknown, g: fc.GeneratorValue): unknown {
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

/** avsc takes the first branch to which a type can be promoted, even where another is of the same type. */
function hasPromotableBranches(schema: unknown): boolean {
  if (Array.isArray(schema)) {
    const numbers = schema.filter((branch) => ['int', 'long', 'float', 'double'].includes(branch)).length;
    const texts = schema.filter((branch) => ['string', 'bytes'].includes(branch)).length;
    if (numbers > 1 || texts > 1) return true;
  }
  return typeof schema === 'object' && schema !== null && Object.values(schema).some(hasPromotableBranches);
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

const cases = recordSchema({ namespaces: false, logical: false }).chain((schema) =>
  fc.tuple(fc.constant(schema), anyValue(parseSchema(JSON.stringify(schema)))),
);

describe('reading data of an earlier version', () => {
  test('gives what avsc gives, where avsc can', () => {
    let compared = 0;
    fc.assert(
      fc.property(cases, fc.gen(), ([writer, value], g) => {
        const reader = evolve(writer, g);
        const text = JSON.stringify(reader);
        const bytes = interpretedCodec(JSON.stringify(writer)).encode(value);
        const mine = interpretedCodec(text).decoderFor(JSON.stringify(writer))(bytes);
        expect(interpretedCodec(text).is(mine)).toBe(true);
        if (hasPromotableBranches(reader) || JSON.stringify(mine, bigintAsText)?.includes('"__proto__"')) return;
        const oracle = avscType(reader);
        let theirs: unknown;
        try {
          theirs = oracle.fromBuffer(Buffer.from(bytes), oracle.createResolver(avscType(writer)));
        } catch {
          return;
        }
        compared++;
        deepStrictEqual(mine, fromAvsc(parseSchema(text), theirs));
      }),
      { numRuns: 400, endOnFailure: true },
    );
    expect(compared).toBeGreaterThan(100);
  });

  test('of the same schema gives the value itself', () => {
    fc.assert(
      fc.property(cases, ([schema, value]) => {
        const text = JSON.stringify(schema);
        const codec = interpretedCodec(text);
        // The same but for a doc: another text, another graph.
        const decode = codec.decoderFor(JSON.stringify({ ...schema, doc: 'x' }));
        deepStrictEqual(decode(codec.encode(value)), value);
      }),
      { numRuns: 200 },
    );
  });
});

function bigintAsText(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
}
