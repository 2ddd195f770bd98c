import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { crc32c } from '../../../runtime/src/log/record-batch/crc32c.ts';
import { fastestCrc32c } from '../../../runtime/src/log/record-batch/native-crc32c.ts';

/** One bit at a time, from the definition. */
function bitwise(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  return ~crc >>> 0;
}

const ascending: Uint8Array = Uint8Array.from({ length: 32 }, (_, i) => i);

describe('CRC-32C', () => {
  test.each([
    // RFC 3720, appendix B.4
    ['32 zeros', new Uint8Array(32), 0x8a9136aa],
    ['32 times 0xff', new Uint8Array(32).fill(0xff), 0x62a8ab43],
    ['ascending', ascending, 0x46dd794e],
    ['descending', ascending.toReversed(), 0x113fdb5c],
    ['the digits', new TextEncoder().encode('123456789'), 0xe3069283],
    ['nothing', new Uint8Array(0), 0],
  ])('of %s', (_, bytes, expected) => {
    expect(crc32c(bytes, 0, bytes.length)).toBe(expected);
    expect(bitwise(bytes)).toBe(expected);
  });

  test('of any stretch of bytes, wherever it lies in memory', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.nat(7), fc.nat(20), (content, shift, start) => {
        const bytes = new Uint8Array(new ArrayBuffer(shift + start + content.length + 5), shift);
        bytes.set(content, start);
        expect(crc32c(bytes, start, start + content.length)).toBe(bitwise(content));
      }),
    );
  });

  test('is the same in native code', async () => {
    const native = await fastestCrc32c();
    expect(native).not.toBe(crc32c); // the package is there in this repository
    for (const size of [0, 1, 511, 512, 513, 100_000]) {
      const bytes = Uint8Array.from({ length: size + 3 }, (_, i) => (i * 2_654_435_761) >>> 13);
      expect(native(bytes, 3, size + 3)).toBe(crc32c(bytes, 3, size + 3));
    }
  });
});
