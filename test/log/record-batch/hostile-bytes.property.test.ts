import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isLogError } from '../../../runtime/src/log/port.ts';
import { cpuTime } from '../../support/cpu-time.ts';
import { COMPRESSIONS, codecs, compression, readAll, record, resealed, stored } from './support.ts';

const records = Array.from({ length: 30 }, (_, i) =>
  record({
    timestamp: 1_700_000_000_000 + i * 700 - (i % 3) * 100_000,
    key: i % 4 === 0 ? null : new TextEncoder().encode(`key ${i}`),
    text: 'value '.repeat(i),
    headers: i % 5 === 0 ? [['name', Uint8Array.of(i)]] : [],
  }),
);

interface Mutation {
  readonly at: number;
  readonly byte: number;
  readonly how: 'set' | 'flip' | 'insert' | 'remove' | 'cut';
}

const mutation: fc.Arbitrary<Mutation> = fc.record({
  at: fc.noBias(fc.nat(0xffff)).map((n) => n / 0x10000),
  byte: fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 127, 128, 255)),
  how: fc.constantFrom('set', 'set', 'flip', 'insert', 'remove', 'cut'),
});

function mutate(bytes: Buffer, { at, byte, how }: Mutation): Buffer {
  const index = Math.floor(at * bytes.length);
  const before = bytes.subarray(0, index);
  if (how === 'cut') return Buffer.from(before);
  if (how === 'insert') return Buffer.concat([before, Buffer.from([byte]), bytes.subarray(index)]);
  if (how === 'remove') return Buffer.concat([before, bytes.subarray(index + 1)]);
  const changed = Buffer.from(bytes);
  changed[index] = how === 'set' ? byte : (bytes[index] ?? 0) ^ (1 << (byte & 7));
  return changed;
}

/** Reads to the end; the only errors are those of the log. Returns how many failed to be read. */
function attempt(bytes: Buffer): number {
  const start = cpuTime();
  try {
    const { records: found, nextOffset } = readAll(bytes, { maxDecompressedBytes: 1 << 20 });
    expect(found.length).toBeLessThanOrEqual(nextOffset);
    return 0;
  } catch (error) {
    if (!isLogError(error)) throw error;
    expect(error.kind).toBe('fatal');
    expect(error.message).toMatch(/^flights-3, record batch at offset -?\d+: /);
    return 1;
  } finally {
    expect(cpuTime() - start).toBeLessThan(2000);
  }
}

describe('changed bytes give records or a LogError, soon', () => {
  test.each(['none', ...COMPRESSIONS] as const)('%s: of a batch whose checksum was made to fit', (name) => {
    const batch = stored(records, { compression: name });
    let failed = 0;
    fc.assert(
      fc.property(fc.array(mutation, { minLength: 1, maxLength: 4 }), (mutations) => {
        // The header's fields as well, from the attributes on.
        const body = mutations.reduce(mutate, batch.subarray(21));
        const changed = Buffer.concat([batch.subarray(0, 21), body, Buffer.alloc(Math.max(0, 40 - body.length))]);
        failed += attempt(resealed(changed));
      }),
      { numRuns: 600 },
    );
    expect(failed).toBeGreaterThan(300);
  });

  test.each(COMPRESSIONS)('%s: of records before they are compressed', (name) => {
    const { id, codec } = compression(name) ?? {};
    const batch = stored(records);
    fc.assert(
      fc.property(mutation, (each) => {
        const body = codec?.compress(mutate(batch.subarray(61), each)) ?? Buffer.alloc(0);
        const changed = Buffer.concat([batch.subarray(0, 61), body]);
        changed.writeInt16BE(id ?? 0, 21);
        attempt(resealed(changed));
      }),
      { numRuns: 100 },
    );
    expect(codecs.get(id ?? 0)).toBe(codec);
  });

  test('of what stands in front of the checksum, and of many batches', () => {
    const bytes = Buffer.concat([stored(records.slice(0, 3)), stored(records.slice(3, 6), { offset: 3 })]);
    fc.assert(
      fc.property(mutation, (each) => {
        attempt(mutate(bytes, each));
      }),
      { numRuns: 600 },
    );
  });

  test('of anything at all', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 200 }), (bytes) => {
        const noise = Buffer.from(bytes);
        expect(attempt(noise)).toBe(1);
        if (noise.length < 61) return;
        noise[16] = 2;
        attempt(resealed(noise));
      }),
      { numRuns: 600 },
    );
  });
});
