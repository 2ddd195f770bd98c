import { isLogError } from '@kgen/runtime';
import { describe, expect, test } from 'vitest';
import { NO_PRODUCER } from '../../../runtime/src/log/record-batch/batch-header.ts';
import { RecordBatchBuilder } from '../../../runtime/src/log/record-batch/builder.ts';
import { isRecordTooLarge } from '../../../runtime/src/log/record-batch/too-large.ts';
import { COMPRESSIONS, compression, failure, newBuilder, placed, readAll, record } from './support.ts';

function ofSize(size: number): Parameters<RecordBatchBuilder['append']>[0] {
  return placed(record({ value: new Uint8Array(size) }));
}

/** What a batch of one record takes more than the record's value, below 64 bytes of it and above. */
const ALONE = 61 + 7;

describe('a full batch', () => {
  test('takes no further record, and is unchanged by the attempt', () => {
    const builder = new RecordBatchBuilder({ batchBytes: 300, maxBytes: 1000 });
    let count = 0;
    while (builder.append(ofSize(50), [])) count++;
    expect(count).toBe(4);
    expect(builder.count).toBe(4);
    const bytes = Buffer.from(builder.finish(NO_PRODUCER));
    expect(bytes.length).toBe(builder.size);
    expect(bytes.length).toBeLessThanOrEqual(300);
    builder.reset();
    expect(builder.append(ofSize(50), [])).toBe(true);
    expect(readAll(builder.finish(NO_PRODUCER)).records).toHaveLength(1);
  });

  test('takes what fits to the last byte', () => {
    const builder = new RecordBatchBuilder({ batchBytes: ALONE + 50, maxBytes: 1000 });
    expect(builder.append(ofSize(50), [])).toBe(true);
    expect(builder.size).toBe(ALONE + 50);
    builder.reset();
    const two = new RecordBatchBuilder({ batchBytes: ALONE + 50 + 56, maxBytes: 1000 });
    expect(two.append(ofSize(50), [])).toBe(true);
    expect(two.append(ofSize(50), [])).toBe(false);
    expect(two.append(ofSize(49), [])).toBe(true);
    expect(two.size).toBe(ALONE + 50 + 56);
  });

  test('holds a larger record alone', () => {
    const builder = new RecordBatchBuilder({ batchBytes: 100, maxBytes: 1000 });
    expect(builder.append(ofSize(500), [])).toBe(true);
    expect(builder.append(ofSize(1), [])).toBe(false);
    expect(readAll(builder.finish(NO_PRODUCER)).records[0]?.value).toHaveLength(500);
  });

  test('can still be cut back to the mark', () => {
    const builder = new RecordBatchBuilder({ batchBytes: 200, maxBytes: 1000 });
    builder.append(ofSize(10), []);
    builder.mark();
    while (builder.append(ofSize(10), []));
    builder.truncate();
    expect(readAll(builder.finish(NO_PRODUCER)).records).toHaveLength(1);
  });
});

describe('a record too large', () => {
  test('is refused with its size and the limit, and changes nothing', () => {
    const builder = new RecordBatchBuilder({ batchBytes: 300, maxBytes: 400 });
    builder.append(ofSize(10), []);
    const before = Buffer.from(builder.finish(NO_PRODUCER));
    const error = failure(() => builder.append(ofSize(400), []));
    expect(isRecordTooLarge(error) && [error.kind, error.size, error.limit]).toEqual([
      'fatal',
      61 + 2 + 6 + 1 + 400,
      400,
    ]);
    expect(isLogError(error)).toBe(true);
    expect(error.message).toBe(
      'A record takes a batch of 470 bytes, more than the 400 that the topic allows (max.message.bytes)',
    );
    expect(builder.finish(NO_PRODUCER)).toEqual(before);
    expect(isRecordTooLarge(new Error('other'))).toBe(false);
  });

  test('is one byte over the limit; at the limit it is not', () => {
    const builder = new RecordBatchBuilder({ batchBytes: 10, maxBytes: ALONE + 50 });
    expect(builder.append(ofSize(50), [])).toBe(true);
    builder.reset();
    expect(isRecordTooLarge(failure(() => builder.append(ofSize(51), [])))).toBe(true);
  });

  test('counts its headers', () => {
    const builder = newBuilder({ maxBytes: 500 });
    expect(isRecordTooLarge(failure(() => builder.append(ofSize(1), [['h', new Uint8Array(500)]])))).toBe(true);
  });
});

describe('finish', () => {
  test('can be repeated under another identity', () => {
    const builder = newBuilder();
    builder.append(placed(record()), []);
    const first = Buffer.from(builder.finish({ producerId: 1, epoch: 1, baseSequence: 10, transactional: true }));
    const second = builder.finish({ producerId: 1, epoch: 2, baseSequence: 0, transactional: true });
    expect([first.readInt16BE(51), first.readInt32BE(53)]).toEqual([1, 10]);
    expect([second.readInt16BE(51), second.readInt32BE(53)]).toEqual([2, 0]);
    expect(readAll(first).records).toEqual(readAll(second).records);
  });

  test('has the times of the records that are left', () => {
    const builder = newBuilder();
    for (const timestamp of [50, 40, 60]) builder.append(placed(record({ timestamp })), []);
    builder.mark();
    builder.append(placed(record({ timestamp: 1000 })), []);
    builder.truncate();
    const bytes = builder.finish(NO_PRODUCER);
    expect(bytes.readBigInt64BE(27)).toBe(50n);
    expect(bytes.readBigInt64BE(35)).toBe(60n);
    expect(readAll(bytes).records.map(({ timestamp }) => timestamp)).toEqual([50, 40, 60]);
  });

  test('of nothing is refused', () => {
    const builder = newBuilder();
    expect(failure(() => builder.finish(NO_PRODUCER)).kind).toBe('fatal');
    builder.append(placed(record()), []);
    builder.truncate();
    expect(failure(() => builder.finish(NO_PRODUCER)).kind).toBe('fatal');
  });

  test.each(COMPRESSIONS)('compresses with %s what becomes smaller, and nothing else', (name) => {
    const builder = newBuilder({ compression: compression(name) });
    builder.append(placed(record({ value: new Uint8Array(5000) })), []);
    const small = builder.finish(NO_PRODUCER);
    expect(small.length).toBeLessThan(400);
    expect(small.readInt16BE(21)).toBe(compression(name)?.id);
    builder.reset();
    builder.append(placed(record({ text: 'x' })), []);
    const bytes = builder.finish(NO_PRODUCER);
    expect(bytes.readInt16BE(21)).toBe(0);
    expect(bytes.length).toBe(builder.size);
    expect(readAll(bytes).records[0]?.value).toEqual(Uint8Array.of(120));
  });
});

test('a time that is no whole number is refused', () => {
  for (const timestamp of [Number.NaN, 1.5, Number.POSITIVE_INFINITY]) {
    expect(failure(() => newBuilder().append(placed(record({ timestamp })), [])).message).toContain(String(timestamp));
  }
});

test('memory is used again', () => {
  const builder = newBuilder();
  builder.append(ofSize(30_000), []);
  const first = builder.finish(NO_PRODUCER);
  builder.reset();
  builder.append(ofSize(1000), []);
  expect(builder.finish(NO_PRODUCER).buffer).toBe(first.buffer);
});
