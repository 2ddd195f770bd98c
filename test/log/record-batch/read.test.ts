import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { atOffset, failure, marker, open, readAll, record, resealed, stored, type TestRecord } from './support.ts';

const three: readonly TestRecord[] = [record({ text: 'a' }), record({ text: 'b' }), record({ text: 'c' })];

function texts(bytes: Buffer, settings?: Parameters<typeof readAll>[1]): readonly (string | undefined)[] {
  return readAll(bytes, settings).records.map(({ value }) => new TextDecoder().decode(value ?? undefined));
}

describe('the bytes of a fetch', () => {
  test('nothing', () => {
    expect(readAll(Buffer.alloc(0), { position: 9 })).toEqual({ records: [], nextOffset: 9, bytes: 0 });
  });

  test('a batch begins before the position: its first records are passed over', () => {
    const bytes = Buffer.concat([stored(three, { offset: 10 }), stored(three, { offset: 13 })]);
    for (const position of [10, 11, 12, 13, 14, 15]) {
      const { records, nextOffset } = readAll(bytes, { position });
      expect(records.map(({ offset }) => offset)).toEqual(
        [10, 11, 12, 13, 14, 15].filter((offset) => offset >= position),
      );
      expect(nextOffset).toBe(16);
    }
    expect(readAll(bytes, { position: 20 })).toMatchObject({ records: [], nextOffset: 20 });
  });

  test('the last batch is cut off anywhere: the next fetch brings it', () => {
    const [first, last] = [stored(three, { offset: 0 }), stored(three, { offset: 3 })];
    for (let cut = 0; cut < last.length; cut++) {
      const result = readAll(Buffer.concat([first, last.subarray(0, cut)]));
      expect(result).toMatchObject({ nextOffset: 3, bytes: first.length });
      expect(result.records).toHaveLength(3);
    }
  });

  test('the first batch is never cut off by a broker', () => {
    const bytes = stored(three);
    for (let cut = 1; cut < bytes.length; cut++) {
      expect(failure(() => readAll(bytes.subarray(0, cut), { position: 5 })).message).toContain(
        'flights-3, record batch at offset 5: the first batch does not end',
      );
    }
  });

  test('the records are where they were fetched, also within larger memory', () => {
    const batch = stored(three);
    const memory = Buffer.alloc(batch.length + 100, 0xee);
    batch.copy(memory, 37);
    expect(texts(memory.subarray(37, 37 + batch.length))).toEqual(['a', 'b', 'c']);
  });

  test('offsets beyond 32 bits', () => {
    const offset = 2 ** 52;
    expect(readAll(stored(three, { offset }), { position: offset + 2 })).toMatchObject({
      records: [{ offset: offset + 2 }],
      nextOffset: offset + 3,
    });
  });
});

describe('bytes that no broker should give', () => {
  test.each([0, 1])('message format %i', (magic) => {
    const bytes = readFileSync(join(import.meta.dirname, `fixtures/magic-${magic}.bin`));
    expect(failure(() => readAll(bytes))).toMatchObject({
      kind: 'fatal',
      message:
        `flights-3, record batch at offset 77: message format ${magic}, which only brokers before 4.0 keep; this reads format 2 ` +
        '(Kafka 0.11 and later). Copy the topic with a current client, or let the old records expire',
    });
  });

  test('any flipped bit behind the checksum is noticed', () => {
    const bytes = stored(three, { offset: 8 });
    for (let at = 17; at < bytes.length; at++) {
      const flipped = Buffer.from(bytes);
      flipped[at] = (flipped[at] ?? 0) ^ (1 << (at & 7));
      expect(failure(() => readAll(flipped)).message).toContain(
        'record batch at offset 8: its checksum (CRC-32C) is wrong',
      );
    }
  });

  test('the checksum of a batch is verified though nobody will read it', () => {
    const wrong = stored(three, { producerId: 1, transactional: true });
    wrong[wrong.length - 1] = 1;
    expect(failure(() => readAll(wrong, { aborted: [{ producerId: 1, firstOffset: 0 }] })).message).toContain(
      'checksum',
    );
    expect(failure(() => readAll(wrong, { position: 100 })).message).toContain('checksum');
  });

  test.each<[string, (batch: Buffer) => void, string]>([
    ['magic 3', (batch) => batch.writeInt8(3, 16), 'unknown message format 3'],
    ['no compression of that number', (batch) => batch.writeInt16BE(5, 21), 'unknown compression 5'],
    ['a negative count', (batch) => batch.writeInt32BE(-1, 57), '-1 records in 3 offsets'],
    ['more records than offsets', (batch) => batch.writeInt32BE(4, 57), '4 records in 3 offsets'],
    ['a negative last offset', (batch) => batch.writeInt32BE(-1, 23), 'a last offset of 3'],
    ['fewer records than bytes', (batch) => batch.writeInt32BE(2, 57), '8 bytes behind its records'],
    ['a record longer than the batch', (batch) => batch.writeInt8(126, 61), 'a record of 63 bytes'],
    ['a record of a negative size', (batch) => batch.writeInt8(1, 61), 'a record of -1 bytes'],
    ['an empty record', (batch) => batch.writeInt8(0, 61), 'a record of 0 bytes'],
    ['a shorter record', (batch) => batch.writeInt8(8, 61), 'an integer without end'],
    ['a key longer than its record', (batch) => batch.writeInt8(100, 65), 'a key of 50 bytes'],
    ['a value longer than its record', (batch) => batch.writeInt8(6, 66), 'a value of 3 bytes'],
    ['a shorter value', (batch) => batch.writeInt8(0, 66), '-49 headers'],
    ['headers that are not there', (batch) => batch.writeInt8(2, 68), '1 headers'],
    ['offsets that go back', (batch) => batch.writeInt8(0, 72), 'a record of offset 4 between 4 and 7'],
    ['an offset behind the last', (batch) => batch.writeInt8(6, 80), 'a record of offset 7 between 5 and 7'],
  ])('%s', (_, change, message) => {
    const batch = stored(three, { offset: 4 });
    change(batch);
    const error = failure(() => readAll(resealed(batch)));
    expect(error.kind).toBe('fatal');
    expect(error.message).toBe(`flights-3, record batch at offset 4: ${message}`);
  });

  test('a size below that of a header', () => {
    const batch = stored(three);
    batch.writeInt32BE(48, 8);
    expect(failure(() => readAll(batch)).message).toContain('a size of 60 bytes');
    batch.writeInt32BE(-1, 8);
    expect(failure(() => readAll(batch)).message).toContain('a size of 11 bytes');
  });

  test('batches that go back', () => {
    const bytes = Buffer.concat([stored(three, { offset: 4 }), stored(three, { offset: 6 })]);
    expect(failure(() => readAll(bytes)).message).toContain('record batch at offset 6: it comes after offset 6');
  });

  test('an error stays: what lies behind it is never given', () => {
    const batch = stored(three);
    batch.writeInt8(100, 65);
    const bytes = Buffer.concat([resealed(batch), stored(three, { offset: 3 })]);
    const { records: cursor } = open(bytes);
    const first = failure(() => cursor.next());
    expect(failure(() => cursor.next())).toBe(first);
    expect(failure(() => cursor.next())).toBe(first);
  });

  test('headers that do not hold together fail when they are asked for', () => {
    const batch = stored([record({ headers: [['name', Uint8Array.of(1, 2)]] }), record()]);
    const at = batch.indexOf('name') - 1;
    for (const [change, message] of [
      [() => batch.writeInt8(30, at), 'a header name of 15 bytes'],
      [() => batch.writeInt8(1, at), 'a header name of -1 bytes'],
      [() => batch.writeInt8(8, at), ''],
      [() => batch.writeInt8(6, at + 5), 'a header value of 3 bytes'],
      [() => batch.writeInt8(2, at + 5), '1 bytes behind the headers'],
    ] as const) {
      change();
      const { records: cursor } = open(resealed(batch));
      expect(cursor.next()).toBe(true);
      if (message === '') {
        expect(cursor.headers()).toEqual([['name', Uint8Array.of(1, 2)]]);
        continue;
      }
      expect(failure(() => cursor.headers()).message).toBe(`flights-3, record batch at offset 0: ${message}`);
      expect(failure(() => cursor.next()).message).toContain(message);
    }
  });
});

describe('control batches', () => {
  test('are passed over, and take their offset', () => {
    const bytes = Buffer.concat([
      stored(three, { producerId: 4, transactional: true }),
      marker('commit', 4, 3),
      stored([record({ text: 'd' })], { offset: 4 }),
      marker('abort', 4, 5),
    ]);
    expect(texts(bytes)).toEqual(['a', 'b', 'c', 'd']);
    expect(readAll(bytes).nextOffset).toBe(6);
  });

  test('of a kind that nobody knows end no transaction', () => {
    const unknown = marker('abort', 4, 3);
    unknown.writeInt8(2, unknown.indexOf(Buffer.from([8, 0, 0, 0, 0])) + 4);
    const bytes = Buffer.concat([
      stored(three, { producerId: 4, transactional: true }),
      resealed(unknown),
      atOffset(stored(three, { producerId: 4, transactional: true }), 4),
    ]);
    expect(readAll(bytes, { aborted: [{ producerId: 4, firstOffset: 0 }] })).toMatchObject({
      records: [],
      nextOffset: 7,
    });
  });

  test('of an abort leave records that are in no transaction', () => {
    const bytes = Buffer.concat([
      stored(three, { producerId: 4, transactional: true }),
      stored([record({ text: 'd' })], { producerId: 4, offset: 3 }),
      marker('abort', 4, 4),
    ]);
    expect(texts(bytes, { aborted: [{ producerId: 4, firstOffset: 0 }] })).toEqual(['d']);
  });

  test('without a record, as compaction may leave them', () => {
    const empty = marker('abort', 4, 0).subarray(0, 61);
    empty.writeInt32BE(0, 57);
    expect(readAll(resealed(Buffer.from(empty)))).toMatchObject({ records: [], nextOffset: 1 });
  });

  test('without a type', () => {
    const batch = stored([record({ key: Uint8Array.of(0, 0, 0) })]);
    batch.writeInt16BE(32, 21);
    expect(failure(() => readAll(resealed(batch))).message).toContain('a marker without a type');
  });
});
