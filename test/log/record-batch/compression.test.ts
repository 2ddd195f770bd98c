import { describe, expect, test } from 'vitest';
import { LogError } from '../../../runtime/src/log/port.ts';
import { CompressionCodecs, compressionId } from '../../../runtime/src/log/record-batch/compression.ts';
import { largestSize } from '../../../runtime/src/log/record-batch/lz4.ts';
import { importOptional } from '../../../runtime/src/log/record-batch/optional-package.ts';
import {
  loadCompression,
  MAX_DECOMPRESSED_BYTES,
  readBatches,
} from '../../../runtime/src/log/record-batch/read-batches.ts';
import {
  COMPRESSIONS,
  codecs,
  compression,
  drain,
  failure,
  open,
  readAll,
  record,
  resealed,
  stored,
} from './support.ts';

const large = [record({ value: new Uint8Array(1_000_000) })];

function fetched(records: Buffer): Parameters<typeof readBatches>[0] {
  return { topic: 'flights', partition: 3, records, position: 0, aborted: [] };
}

/** A batch of `records`, with its records as `change` makes them. */
function rewritten(batch: Buffer, id: number, change: (records: Buffer) => Buffer): Buffer {
  const changed = Buffer.concat([batch.subarray(0, 61), change(batch.subarray(61))]);
  changed.writeInt16BE(id, 21);
  return resealed(changed);
}

describe.each(COMPRESSIONS)('%s', (name) => {
  const batch = stored(large, { compression: name });

  test('is bounded: a little that becomes much is refused before the memory is taken', () => {
    expect(batch.length).toBeLessThan(100_000);
    expect(readAll(batch, { maxDecompressedBytes: 1_100_000 }).records[0]?.value).toHaveLength(1_000_000);
    const before = process.memoryUsage();
    const error = failure(() => readAll(batch, { maxDecompressedBytes: 10_000 }));
    const after = process.memoryUsage();
    expect(error.kind).toBe('fatal');
    expect(error.message).toContain(
      `flights-3, record batch at offset 0: its records cannot be decompressed with ${name}`,
    );
    expect(after.external - before.external).toBeLessThan(500_000);
  });

  test('cut off', () => {
    const id = compressionId(name);
    for (const size of [0, 1, 5, 15, 20, 40, batch.length - 62]) {
      expect(size).toBeLessThan(batch.length - 61);
      const cut = rewritten(batch, id, (records) => records.subarray(0, size));
      expect(failure(() => readAll(cut)).kind, `${size} bytes`).toBe('fatal');
    }
  });

  test('is decompressed when the cursor comes to it', () => {
    const broken = rewritten(batch, compressionId(name), (records) => records.subarray(0, 10));
    broken.writeBigInt64BE(3n);
    const { records } = open(Buffer.concat([stored([record(), record(), record()]), broken]));
    for (let i = 0; i < 3; i++) expect(records.next()).toBe(true);
    expect(failure(() => records.next()).message).toContain('at offset 3');
  });
});

test('the limit, unless told otherwise', () => {
  expect(MAX_DECOMPRESSED_BYTES).toBe(134_217_728);
});

describe('snappy', () => {
  const snappy = compression('snappy');
  const bare = (records: Buffer): Buffer => (snappy?.codec.compress(records) ?? Buffer.alloc(0)).subarray(20);
  const plain = stored(Array.from({ length: 20 }, (_, i) => record({ text: `${i}`.repeat(50) })));

  test('in several blocks behind the header of Java clients', () => {
    const batch = rewritten(plain, 2, (records) => {
      const header = (snappy?.codec.compress(records) ?? Buffer.alloc(0)).subarray(0, 16);
      const blocks = [0, 700, 701].map((start, i, starts) =>
        bare(records.subarray(start, starts[i + 1] ?? records.length)),
      );
      return Buffer.concat([header, ...blocks.flatMap((block) => [size(block.length), block])]);
    });
    expect(readAll(batch).records).toEqual(readAll(plain).records);
  });

  test('as one bare block', () => {
    expect(readAll(rewritten(plain, 2, bare)).records).toEqual(readAll(plain).records);
  });

  test('that claims more than it has', () => {
    const claim = rewritten(plain, 2, () => Buffer.from([0xff, 0xff, 0xff, 0xff, 0x0f, 0, 65]));
    expect(failure(() => readAll(claim)).message).toContain(
      'it becomes 4294967295 bytes, more than the limit of 134217728',
    );
  });

  function size(length: number): Buffer {
    const bytes = Buffer.alloc(4);
    bytes.writeInt32BE(length);
    return bytes;
  }
});

test('the largest size of an LZ4 frame is no less than its size', () => {
  const lz4 = compression('lz4');
  for (const length of [0, 1, 100, 65_536, 65_537, 500_000]) {
    for (const step of [0, 1, 2_654_435_761]) {
      const frame = lz4?.codec.compress(Buffer.from(Uint8Array.from({ length }, (_, i) => (i * step) >>> 7)));
      const most = largestSize(frame ?? Buffer.alloc(0));
      expect(most).toBeGreaterThanOrEqual(length);
      expect(most).toBeLessThanOrEqual(length + 4 * 1024 * 1024);
    }
  }
});

describe('codecs', () => {
  const batches = Buffer.concat(
    (['none', 'zstd', 'gzip'] as const).map((name, i) => stored(large, { compression: name, offset: i })),
  );

  test('are loaded when records need them, once', async () => {
    const own = new CompressionCodecs();
    expect(loadCompression(fetched(stored([record()])), own)).toBeUndefined();
    expect(loadCompression(fetched(Buffer.alloc(0)), own)).toBeUndefined();
    expect(own.get(1)).toBeUndefined();
    const loading = loadCompression(fetched(batches), own);
    expect(loading).toBeInstanceOf(Promise);
    await loading;
    expect(own.get(1)).toBeDefined();
    expect(own.get(3)).toBeUndefined();
    expect(loadCompression(fetched(batches), own)).toBeUndefined();
    expect(drain(readBatches(fetched(batches), { codecs: own }).records)).toHaveLength(3);
  });

  test('not loaded', () => {
    const { records } = readBatches(fetched(batches), { codecs: new CompressionCodecs() });
    expect(records.next()).toBe(true);
    expect(failure(() => records.next()).message).toContain('compressed with zstd, which was not loaded');
  });

  test('whose package is missing say what to install, with each attempt', async () => {
    const own = new CompressionCodecs({
      lz4: async () => await importOptional('kgen-no-such-package', 'Compression with lz4'),
    });
    const records = fetched(stored(large, { compression: 'lz4' }));
    for (let i = 0; i < 2; i++) {
      const error: unknown = await loadCompression(records, own)?.catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(LogError);
      expect(error).toMatchObject({
        kind: 'fatal',
        message: 'Compression with lz4 takes the package kgen-no-such-package: npm install kgen-no-such-package',
      });
    }
  });

  test('of a user take the place of ours', async () => {
    const upper = {
      compress: (bytes: Buffer) => bytes,
      decompress: (bytes: Buffer) => Buffer.from(bytes.map((b) => b ^ 1)),
    };
    const own = new CompressionCodecs({ snappy: () => upper });
    await own.load([2]);
    const batch = rewritten(stored([record({ text: 'same' })]), 2, (records) => Buffer.from(records.map((b) => b ^ 1)));
    const [found] = drain(readBatches(fetched(batch), { codecs: own }).records);
    expect(new TextDecoder().decode(found?.value ?? undefined)).toBe('same');
    expect(codecs.get(2)).not.toBe(upper);
  });
});
