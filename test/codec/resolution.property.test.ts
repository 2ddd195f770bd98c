import { deepStrictEqual } from 'node:assert/strict';
import { parseSchema } from '@kgen/runtime/schema';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { anyValue, recordSchema } from '../support/arbitraries.ts';
import { avscType, fromAvsc } from '../support/avsc-oracle.ts';
import { evolve } from '../support/evolve.ts';
import { interpretedCodec } from '../support/interpreted-codec.ts';

/** avsc takes the first branch to which a type can be promoted, even where another is of the same type. */
function hasPromotableBranches(schema: unknown): boolean {
  if (Array.isArray(schema)) {
    const numbers = schema.filter((branch) => ['int', 'long', 'float', 'double'].includes(branch)).length;
    const texts = schema.filter((branch) => ['string', 'bytes'].includes(branch)).length;
    if (numbers > 1 || texts > 1) return true;
  }
  return typeof schema === 'object' && schema !== null && Object.values(schema).some(hasPromotableBranches);
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
