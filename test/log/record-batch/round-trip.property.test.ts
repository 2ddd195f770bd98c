import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { nextSequence } from '../../../runtime/src/log/record-batch/sequence.ts';
import { COMPRESSIONS, newBuilder, placed, readAll, record, stored, type TestRecord } from './support.ts';

const bytes: fc.Arbitrary<Uint8Array> = fc.oneof(
  { weight: 8, arbitrary: fc.uint8Array({ maxLength: 40 }) },
  // Around what takes another byte of size, and what is copied by other means.
  { weight: 4, arbitrary: fc.integer({ min: 55, max: 135 }).map((size) => new Uint8Array(size).fill(size)) },
  { weight: 1, arbitrary: fc.constantFrom(8191, 8192, 20_000).map((size) => new Uint8Array(size).fill(7)) },
);
const timestamp: fc.Arbitrary<number> = fc.oneof(
  fc.integer({ min: 1_700_000_000_000, max: 1_700_000_200_000 }),
  fc.constantFrom(-1, 0, 1, 2 ** 31 - 1, 2 ** 31, 2 ** 45, 2 ** 52 - 1),
);
const header: fc.Arbitrary<TestRecord['headers'][number]> = fc.tuple(
  fc.string({ unit: 'grapheme', maxLength: 8 }),
  fc.option(bytes, { nil: null }),
);
const anyRecord: fc.Arbitrary<TestRecord> = fc.record({
  timestamp,
  key: fc.option(bytes, { nil: null }),
  value: fc.option(bytes, { nil: null }),
  headers: fc.oneof(
    { weight: 3, arbitrary: fc.constant<TestRecord['headers']>([]) },
    { weight: 1, arbitrary: fc.array(header, { maxLength: 4 }) },
  ),
});

describe('what was built is read', () => {
  test.each(['none', ...COMPRESSIONS] as const)('with compression %s', (compression) => {
    fc.assert(
      fc.property(fc.array(anyRecord, { minLength: 1, maxLength: 80 }), fc.nat(2 ** 40), (records, offset) => {
        const batch = stored(records, { compression, offset });
        const found = readAll(batch, { position: offset });
        expect(found.records).toEqual(records.map((each, i) => ({ ...each, offset: offset + i })));
        expect(found).toMatchObject({ nextOffset: offset + records.length, bytes: batch.length });
      }),
      { numRuns: 60 },
    );
  });

  test('the size that a record will take is known before', () => {
    fc.assert(
      fc.property(fc.array(anyRecord, { minLength: 1, maxLength: 20 }), (records) => {
        const builder = newBuilder();
        for (const each of records) {
          const before = builder.size;
          const size = builder.sizeOf(placed(each), each.headers);
          builder.append(placed(each), each.headers);
          expect(builder.size - before).toBe(size);
        }
      }),
      { numRuns: 60 },
    );
  });

  test('after whatever was cut off', () => {
    const step = fc.oneof(
      { weight: 5, arbitrary: anyRecord.map((each) => ({ kind: 'append' as const, each })) },
      { weight: 2, arbitrary: fc.constant({ kind: 'mark' as const }) },
      { weight: 1, arbitrary: fc.constant({ kind: 'truncate' as const }) },
      { weight: 1, arbitrary: fc.constant({ kind: 'next' as const }) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const builder = newBuilder();
        const identity = { producerId: 1, epoch: 0, baseSequence: 0, transactional: false };
        let model: TestRecord[] = [];
        let marked = 0;
        const check = (): void => {
          expect(builder.count).toBe(model.length);
          if (model.length === 0) return;
          const batch = Buffer.from(builder.finish(identity));
          expect(batch).toEqual(stored(model, identity));
        };
        for (const action of steps) {
          if (action.kind === 'append') {
            model.push(action.each);
            builder.append(placed(action.each), action.each.headers);
          } else if (action.kind === 'mark') {
            marked = model.length;
            builder.mark();
          } else if (action.kind === 'truncate') {
            model = model.slice(0, marked);
            builder.truncate();
          } else {
            check();
            model = [];
            marked = 0;
            builder.reset();
          }
        }
        check();
      }),
      { numRuns: 100 },
    );
  });
});

test('sequence numbers begin again after 2^31 - 1', () => {
  expect(nextSequence(0, 5)).toBe(5);
  expect(nextSequence(2 ** 31 - 1, 1)).toBe(0);
  expect(nextSequence(2 ** 31 - 2, 5)).toBe(3);
  expect(nextSequence(2 ** 31 - 1, 2 ** 31 - 1)).toBe(2 ** 31 - 2);
});

test('headers are decoded when they are asked for, as plain bytes of their own', () => {
  const batch = stored([record({ headers: [['a', Uint8Array.of(1)]] })]);
  const [found] = readAll(batch).records;
  const value = found?.headers[0]?.[1];
  batch.fill(0);
  expect(value).toStrictEqual(Uint8Array.of(1));
  expect(Buffer.isBuffer(value)).toBe(false);
});
