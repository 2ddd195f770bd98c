import { describe, expect, test } from 'vitest';
import { NO_PRODUCER } from '../../../runtime/src/log/record-batch/batch-header.ts';
import { atOffset, newBuilder, placed, readAll, record } from './support.ts';

const first = record({
  key: new TextEncoder().encode('K'),
  value: Uint8Array.of(0xab, 0xcd),
  headers: [['h', null]],
});
const second = record({ timestamp: 1_699_999_999_900, value: null });

/** Composed by hand from the format's description; the checksum by the bit-wise definition. */
const GOLDEN: readonly (readonly [what: string, hex: string])[] = [
  ['base offset', '0000000000000000'],
  ['size of what follows', '00000046'],
  ['leader epoch', 'ffffffff'],
  ['magic', '02'],
  ['checksum', 'de8d49a6'],
  ['attributes: transactional', '0010'],
  ['last offset delta', '00000001'],
  ['base timestamp', '0000018bcfe56800'],
  ['maximum timestamp', '0000018bcfe56800'],
  ['producer id', '0000000000000007'],
  ['producer epoch', '0003'],
  ['base sequence', '7fffffff'],
  ['count', '00000002'],
  ['first record: 12 bytes, attributes, time and offset +0', '18000000'],
  ['key K', '024b'],
  ['value', '04abcd'],
  ['one header: h, null', '02026801'],
  ['second record: 7 bytes, attributes', '0e00'],
  ['time -100, offset +1', 'c70102'],
  ['null, null, no headers', '010100'],
];

const hex = GOLDEN.map(([, part]) => part).join('');
const identity = { producerId: 7, epoch: 3, baseSequence: 0x7fffffff, transactional: true };

describe('a batch, byte by byte', () => {
  test('is built', () => {
    const builder = newBuilder();
    for (const each of [first, second]) expect(builder.append(placed(each), each.headers)).toBe(true);
    expect(builder.finish(identity).toString('hex')).toBe(hex);
    expect(builder.size).toBe(hex.length / 2);
    expect(builder.count).toBe(2);
  });

  test('is read', () => {
    const { records, nextOffset, bytes } = readAll(atOffset(Buffer.from(hex, 'hex'), 41));
    expect(records).toEqual([
      { ...first, offset: 41 },
      { ...second, offset: 42 },
    ]);
    expect(nextOffset).toBe(43);
    expect(bytes).toBe(hex.length / 2);
  });

  test('without a producer', () => {
    const builder = newBuilder();
    builder.append(placed(second), []);
    const bytes = builder.finish(NO_PRODUCER);
    expect(bytes.subarray(21, 23).toString('hex')).toBe('0000');
    expect(bytes.subarray(43, 57).toString('hex')).toBe('ff'.repeat(14));
  });
});
