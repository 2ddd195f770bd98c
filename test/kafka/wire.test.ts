import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { WireReader } from '../../runtime/src/log/kafka/wire/reader.ts';
import { WireWriter } from '../../runtime/src/log/kafka/wire/writer.ts';

const malformed = expect.objectContaining({ code: 'LOG', kind: 'unknown-outcome' });

function written(write: (writer: WireWriter) => unknown, size?: number): Buffer {
  const writer = new WireWriter(size);
  write(writer);
  return writer.bytes();
}

type Field = readonly [write: (writer: WireWriter) => unknown, read: (reader: WireReader) => unknown, value: unknown];

const int = (min: number, max: number): fc.Arbitrary<number> => fc.integer({ min, max });
const nullable = <T>(of: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(of, { nil: null });
const text = fc.string({ unit: 'grapheme', maxLength: 200 });
const bytes = fc.uint8Array({ maxLength: 300 }).map((list) => Buffer.from(list));

const fields: fc.Arbitrary<Field> = fc.oneof(
  int(-128, 127).map((v): Field => [(w) => w.int8(v), (r) => r.int8(), v]),
  int(-32768, 32767).map((v): Field => [(w) => w.int16(v), (r) => r.int16(), v]),
  int(-(2 ** 31), 2 ** 31 - 1).map((v): Field => [(w) => w.int32(v), (r) => r.int32(), v]),
  fc.maxSafeInteger().map((v): Field => [(w) => w.int64(v), (r) => r.int64(), v]),
  int(0, 2 ** 32 - 1).map((v): Field => [(w) => w.unsignedVarint(v), (r) => r.unsignedVarint(), v]),
  fc.boolean().map((v): Field => [(w) => w.boolean(v), (r) => r.boolean(), v]),
  fc
    .uint8Array({ minLength: 16, maxLength: 16 })
    .map((v) => Buffer.from(v).toString('base64url'))
    .map((v): Field => [(w) => w.uuid(v), (r) => r.uuid(), v]),
  nullable(text).map((v): Field => [(w) => w.string(v), (r) => r.nullableString(), v]),
  nullable(text).map((v): Field => [(w) => w.stringClassic(v), (r) => r.stringClassic(), v]),
  nullable(bytes).map((v): Field => [(w) => w.bytesField(v), (r) => r.nullableBytes(), v]),
  nullable(bytes).map((v): Field => [(w) => w.bytesClassic(v), (r) => r.bytesClassic(), v]),
  fc.array(int(-1000, 1000)).map((v): Field => [(w) => w.int32s(v), (r) => r.int32s(), v]),
  fc
    .array(text)
    .map(
      (v): Field => [
        (w) => w.arrayClassic(v, (each, item) => each.string(item)),
        (r) => r.arrayClassic((each) => each.string()),
        v,
      ],
    ),
);

describe('wire', () => {
  test('reads what it wrote', () => {
    fc.assert(
      fc.property(fc.array(fields), int(1, 64), (list, size) => {
        const all = written((writer) => {
          for (const [write] of list) write(writer);
        }, size);
        const reader = new WireReader(all);
        for (const [, read, value] of list) expect(read(reader)).toEqual(value);
        reader.done();
      }),
      { numRuns: 500 },
    );
  });

  test('takes large bytes by reference, in order, and small ones by copy', () => {
    const large = Buffer.alloc(5000, 1);
    const small = Buffer.alloc(10, 2);
    const writer = new WireWriter().int8(9).raw(large).raw(small).int8(8);
    expect(writer.size).toBe(5012);
    const chunks = writer.chunks();
    expect(chunks[1]).toBe(large);
    small.fill(0);
    expect(Buffer.concat(chunks)).toEqual(Buffer.concat([Buffer.of(9), large, Buffer.alloc(10, 2), Buffer.of(8)]));
  });

  test('refuses to write what would be read as something else', () => {
    expect(() => written((w) => w.int64(2 ** 53))).toThrow(RangeError);
    expect(() => written((w) => w.int64(0.5))).toThrow(RangeError);
    expect(() => written((w) => w.int32(2 ** 31))).toThrow(RangeError);
    expect(() => written((w) => w.int16(40_000))).toThrow(RangeError);
    expect(() => written((w) => w.uuid('short'))).toThrow(RangeError);
    expect(() => written((w) => w.stringClassic('x'.repeat(40_000)))).toThrow(RangeError);
  });

  test('reads nothing beyond the end', () => {
    for (const read of [
      (r: WireReader) => r.int8(),
      (r: WireReader) => r.int16(),
      (r: WireReader) => r.int32(),
      (r: WireReader) => r.int64(),
      (r: WireReader) => r.uuid(),
      (r: WireReader) => r.unsignedVarint(),
      (r: WireReader) => r.string(),
      (r: WireReader) => r.tags(),
    ])
      expect(() => read(new WireReader(Buffer.alloc(0)))).toThrow(malformed);
  });

  test('refuses counts that the bytes cannot hold, before it allocates', () => {
    const many = written((w) => w.unsignedVarint(2 ** 31).raw(Buffer.alloc(100)));
    expect(() => new WireReader(many).array((r) => r.int8())).toThrow(malformed);
    expect(() => new WireReader(many).nullableBytes()).toThrow(malformed);
    expect(() => new WireReader(many).nullableString()).toThrow(malformed);
    const classic = written((w) => w.int32(2 ** 31 - 1).raw(Buffer.alloc(100)));
    expect(() => new WireReader(classic).arrayClassic((r) => r.int8())).toThrow(malformed);
    expect(() => new WireReader(classic).bytesClassic()).toThrow(malformed);
    // 50 structures of at least 3 bytes each do not fit into 100
    const tight = written((w) => w.unsignedVarint(51).raw(Buffer.alloc(100)));
    expect(() => new WireReader(tight).array((r) => r.int8(), 3)).toThrow(malformed);
    expect(() => new WireReader(written((w) => w.unsignedVarint(2 ** 31))).tags()).toThrow(malformed);
  });

  test('refuses varints beyond 32 bits and longs beyond 2^53', () => {
    expect(() => new WireReader(Buffer.from('ffffffff1f', 'hex')).unsignedVarint()).toThrow(malformed);
    expect(() => new WireReader(Buffer.from('8080808080808001', 'hex')).unsignedVarint()).toThrow(malformed);
    expect(new WireReader(Buffer.from('ffffffff0f', 'hex')).unsignedVarint()).toBe(2 ** 32 - 1);
    expect(() => new WireReader(Buffer.from('0020000000000000', 'hex')).int64()).toThrow(malformed);
    expect(new WireReader(Buffer.from('ffffffffffffffff', 'hex')).int64()).toBe(-1);
  });

  test('tagged fields: known ones are read within their bounds, others passed over', () => {
    const tagged = written((w) => w.unsignedVarint(2).unsignedVarint(0).unsignedVarint(4).int32(7).unsignedVarint(9));
    const all = Buffer.concat([tagged, Buffer.from('0361626355', 'hex')]);
    const reader = new WireReader(all);
    const seen: [number, number][] = [];
    reader.tags((tag, field) => {
      if (tag === 0) seen.push([tag, field.int32()]);
    });
    expect(seen).toEqual([[0, 7]]);
    expect(reader.int8()).toBe(0x55);
    reader.done();
    // A field that is read beyond its own end is not taken from what follows.
    expect(() => new WireReader(all).tags((_, field) => field.int64())).toThrow(malformed);
  });

  test('what is left over was not understood', () => {
    expect(() => new WireReader(Buffer.alloc(1)).done()).toThrow(malformed);
  });
});
