import { decodeWith, type Format, Reader } from '@kgen/runtime';
import fc from 'fast-check';
import { expect } from 'vitest';

/** Bytes inside a larger chunk, with others before and after them. */
export function inChunk(bytes: Uint8Array, before = 3, after = 5): Reader {
  const chunk = new Uint8Array(before + bytes.length + after).fill(0xa5);
  chunk.set(bytes, before);
  return new Reader(chunk, before, before + bytes.length);
}

/** The error that `call` throws, which must be one with a code. */
export function codeOf(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
    throw error;
  }
  throw new Error('nothing was thrown');
}

/** Any bytes are a value, or refused with an AvroDecodeError; the whole of them is read, and they stay as they were. */
export function survivesHostileBytes(format: Format<unknown>, seeds: readonly Uint8Array[]): void {
  const mutated = fc
    .record({
      seed: fc.constantFrom(...seeds),
      at: fc.nat(),
      by: fc.integer({ min: 1, max: 255 }),
      cut: fc.nat(),
      extra: fc.uint8Array({ maxLength: 3 }),
    })
    .map(({ seed, at, by, cut, extra }) => {
      const bytes = new Uint8Array([...seed, ...extra]);
      if (bytes.length > 0) bytes[at % bytes.length] = (bytes[at % bytes.length] ?? 0) ^ by;
      return bytes.subarray(0, bytes.length - (cut % 3));
    });
  fc.assert(
    fc.property(fc.oneof(mutated, fc.uint8Array({ maxLength: 64 })), (bytes) => {
      const before = Uint8Array.from(bytes);
      try {
        decodeWith(format, bytes);
        const reader = inChunk(bytes);
        format.read(reader);
        expect(reader.position).toBe(reader.end);
      } catch (error) {
        expect(error).toMatchObject({ name: 'AvroDecodeError', path: expect.any(String), offset: expect.any(Number) });
      }
      expect(bytes).toEqual(before);
    }),
    { numRuns: 300 },
  );
}
