import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Slab } from '../../runtime/src/state/slab.ts';

const size = fc.oneof(
  fc.integer({ min: 0, max: 100 }),
  fc.integer({ min: 900, max: 1200 }),
  fc.integer({ min: 0, max: 3_000_000 }),
  fc.constantFrom(524_288, 524_289, 1_048_576, 1_048_577),
);

test('values keep their bytes while others come and go', () => {
  fc.assert(
    fc.property(fc.array(fc.record({ size, drop: fc.nat() }), { maxLength: 40 }), (steps) => {
      const slab = new Slab();
      const values: { address: number; length: number; fill: number }[] = [];
      steps.forEach(({ size, drop }, i) => {
        const fill = i % 251;
        values.push({ address: slab.store(Buffer.alloc(size + 2, fill), 1, size + 1), length: size, fill });
        if (drop % 2 === 0) {
          const [gone] = values.splice(drop % values.length, 1);
          if (gone !== undefined) slab.free(gone.address, gone.length);
        }
      });
      for (const { address, length, fill } of values) {
        const reader = slab.read(address, length);
        expect(reader.end - reader.position).toBe(length);
        expect(reader.bytes.subarray(reader.position, reader.end).equals(Buffer.alloc(length, fill))).toBe(true);
      }
    }),
    { numRuns: 40 },
  );
});

test('what is freed is used again', () => {
  const slab = new Slab();
  const bytes = Buffer.alloc(64);
  const first = slab.store(bytes, 0, 30);
  slab.free(first, 30);
  expect(slab.store(bytes, 0, 25)).toBe(first);
});
