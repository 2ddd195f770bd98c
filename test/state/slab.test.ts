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

test('values that grow and shrink together do not leave their former memory behind', () => {
  const slab = new Slab();
  const bytes = Buffer.alloc(1024);
  const values = Array.from({ length: 3000 }, () => ({ address: slab.store(bytes, 0, 16), length: 16 }));
  const resize = (length: number): void => {
    for (const value of values) {
      slab.free(value.address, value.length);
      value.address = slab.store(bytes, 0, length);
      value.length = length;
    }
  };
  let most = 0;
  for (let cycle = 0; cycle < 4; cycle++) {
    for (let length = 16; length <= 1024; length += 16) {
      resize(length);
      most = Math.max(most, slab.bytes);
    }
    resize(16);
  }
  // 3 MB of values at most, and 48 KB in the end.
  expect(most).toBeLessThan(8e6);
  expect(slab.bytes).toBeLessThan(3e6);
});

test('memory stays bounded while values of all sizes come and go', () => {
  const slab = new Slab();
  const bytes = Buffer.alloc(300_000);
  let random = 1;
  const next = (below: number): number => {
    random = (Math.imul(random, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((random / 2 ** 32) * below);
  };
  const values: { address: number; length: number }[] = [];
  const peaks: number[] = [];
  for (let i = 0; i < 200_000; i++) {
    const length = next(200) === 0 ? next(300_000) : next(1000);
    values.push({ address: slab.store(bytes, 0, length), length });
    const gone = values.length > 2000 ? values.splice(next(values.length), 1)[0] : undefined;
    if (gone !== undefined) slab.free(gone.address, gone.length);
    if (i % 50_000 === 49_999) peaks.push(slab.bytes);
  }
  expect(peaks.at(-1)).toBeLessThan((peaks[0] ?? 0) * 1.5);
});

test('a slab of little takes little memory, and one of much is of few chunks', () => {
  const slab = new Slab();
  const value = Buffer.alloc(100, 7);
  slab.store(value, 0, 100);
  expect(slab.bytes).toBe(16 * 1024);
  const addresses = Array.from({ length: 50_000 }, (_, i) => {
    value.writeUInt32BE(i);
    return slab.store(value, 0, 100);
  });
  expect(slab.bytes).toBeLessThan(8 * 1024 * 1024);
  addresses.forEach((address, i) => {
    const reader = slab.read(address, 100);
    expect(reader.bytes.readUInt32BE(reader.position)).toBe(i);
  });
  // One that is larger than the first chunk.
  const large = Buffer.alloc(100_000, 3);
  const small = new Slab();
  const reader = small.read(small.store(large, 0, large.length), large.length);
  expect(reader.bytes.compare(large, 0, large.length, reader.position, reader.end)).toBe(0);
});

test('addresses stay small however much comes and goes: tables keep them in 32 bits', () => {
  const slab = new Slab();
  const half = Buffer.alloc(512 * 1024, 1);
  let highest = 0;
  for (let i = 0; i < 1000; i++) {
    // One more than fit in a chunk: each time all goes, that chunk is given back.
    const places = [0, 1, 2].map(() => slab.store(half, 0, half.length));
    highest = Math.max(highest, ...places);
    for (const place of places) slab.free(place, half.length);
  }
  // A chunk is 65,536 granules.
  expect(highest / 65_536).toBeLessThan(200);
  expect(slab.bytes).toBeLessThan(4 * 1024 * 1024);
});
