import { primitiveCodec } from '@kgen/runtime/codegen/v1';
import { describe, expect, it } from 'vitest';

describe('primitiveCodec', () => {
  it.each([
    ['boolean', true, '01', 1],
    ['int', -3, '05', 2 ** 31],
    ['long', 2n ** 62n, '80808080808080808001', 1],
    ['float', 1.5, '0000c03f', '1.5'],
    ['double', 0.1, '9a9999999999b93f', null],
    ['bytes', new Uint8Array([1, 2]), '040102', 'x'],
    ['string', 'é', '04c3a9', '\ud800'],
  ] as const)('writes and reads %s', (name, value, hex, wrong) => {
    const codec = primitiveCodec(name);
    expect(Buffer.from(codec.encode(value as never)).toString('hex')).toBe(hex);
    expect(codec.decode(Buffer.from(hex, 'hex'))).toEqual(value);
    expect([codec.name, codec.schema]).toEqual([name, `"${name}"`]);
    expect(codec.is(wrong)).toBe(false);
    expect(() => codec.encode(wrong as never)).toThrow(expect.objectContaining({ name: 'AvroEncodeError' }));
  });

  it('maps a long to number on demand, checked', () => {
    const long = primitiveCodec('long', 'number');
    const value: number = long.decode(Buffer.from('0d', 'hex'));
    expect(value).toBe(-7);
    expect(long.is(7n)).toBe(false);
    expect(() => long.decode(primitiveCodec('long').encode(2n ** 53n))).toThrow(
      expect.objectContaining({ code: 'unsafe-integer' }),
    );
  });

  it('makes each codec once: formats ask for it with each record', () => {
    expect(primitiveCodec('long')).toBe(primitiveCodec('long'));
    expect(primitiveCodec('long', 'number')).not.toBe(primitiveCodec('long'));
  });
});
