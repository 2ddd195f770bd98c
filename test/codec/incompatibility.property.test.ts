import { incompatibilities, parseSchema } from '@kgen/runtime/schema';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { anyValue, recordSchema } from '../support/arbitraries.ts';
import { evolve } from '../support/evolve.ts';
import { interpretedCodec } from '../support/interpreted-codec.ts';

test('data are refused only where something is incompatible', () => {
  const seen = { compatible: 0, refused: 0 };
  fc.assert(
    fc.property(recordSchema({ namespaces: false, logical: false }), fc.gen(), (schema, g) => {
      const other = evolve(schema, g);
      // Backward nearly all can be read, forward much cannot.
      const [writer, reader] = g(fc.boolean) ? [schema, other] : [other, schema];
      const [from, to] = [JSON.stringify(writer), JSON.stringify(reader)];
      const problems = incompatibilities(parseSchema(from), parseSchema(to));
      const bytes = interpretedCodec(from).encode(g(() => anyValue(parseSchema(from))));
      const read = (): unknown => interpretedCodec(to).decoderFor(from)(bytes);
      if (problems.length === 0) {
        seen.compatible++;
        // Bytes that become text may be none: Java calls that compatible too.
        if (codeOf(read) !== 'utf8') expect(read).not.toThrow();
        return;
      }
      for (const { reason, hint } of problems) expect(reason.length * hint.length).toBeGreaterThan(0);
      if (codeOf(read) !== undefined) seen.refused++;
    }),
    { numRuns: 500, endOnFailure: true },
  );
  expect(seen.compatible).toBeGreaterThan(100);
  expect(seen.refused).toBeGreaterThan(30);
});

test('recursive schemas end, and a record that stands twice is told about once', () => {
  const tree = (...fields: readonly object[]): string => {
    const children = { name: 'children', type: { type: 'array', items: 'Tree' } };
    const twin = { name: 'twin', type: ['null', 'Tree'], default: null };
    return JSON.stringify({ type: 'record', name: 'Tree', fields: [children, twin, ...fields] });
  };
  const [old, now] = [parseSchema(tree()), parseSchema(tree({ name: 'size', type: 'int' }))];
  expect(incompatibilities(old, now)).toMatchObject([{ kind: 'field', path: 'size' }]);
  expect(incompatibilities(now, old)).toEqual([]);
});

/** The code of what is thrown. */
function codeOf(read: () => unknown): unknown {
  try {
    read();
    return undefined;
  } catch (error) {
    return error instanceof Error && 'code' in error ? error.code : error;
  }
}
