import { isLogError, type LogError } from '@kgen/runtime';
import type { FetchedPartition, RecordCursor, RecordHeaders, RecordPlace } from '../../../runtime/src/log/port.ts';
import type { AbortedTransaction } from '../../../runtime/src/log/record-batch/aborted-filter.ts';
import { type BatchIdentity, NO_PRODUCER } from '../../../runtime/src/log/record-batch/batch-header.ts';
import { type BuilderOptions, RecordBatchBuilder } from '../../../runtime/src/log/record-batch/builder.ts';
import {
  CompressionCodecs,
  type CompressionName,
  compressionId,
} from '../../../runtime/src/log/record-batch/compression.ts';
import { crc32c } from '../../../runtime/src/log/record-batch/crc32c.ts';
import { readBatches } from '../../../runtime/src/log/record-batch/read-batches.ts';

export const COMPRESSIONS: readonly CompressionName[] = ['gzip', 'snappy', 'lz4', 'zstd'];

/** All of them, loaded. */
export const codecs: CompressionCodecs = new CompressionCodecs();
await codecs.load(COMPRESSIONS.map(compressionId));

export function compression(name: CompressionName | 'none'): BuilderOptions['compression'] {
  if (name === 'none') return undefined;
  const id = compressionId(name);
  const codec = codecs.get(id);
  if (codec === undefined) throw new Error(`${name} was not loaded`);
  return { id, codec };
}

export interface TestRecord {
  readonly timestamp: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: RecordHeaders;
}

export interface ReadRecord extends TestRecord {
  readonly offset: number;
}

export function record(fields: Partial<TestRecord> & { readonly text?: string } = {}): TestRecord {
  const { text = 'value', ...given } = fields;
  return { timestamp: 1_700_000_000_000, key: null, value: new TextEncoder().encode(text), headers: [], ...given };
}

/** Key and value somewhere in a chunk, not at its start. */
export function placed({ timestamp, key, value }: TestRecord): RecordPlace {
  const bytes = Buffer.concat([
    Buffer.from('....'),
    value ?? Buffer.alloc(0),
    Buffer.from('..'),
    key ?? Buffer.alloc(0),
  ]);
  const valueEnd = 4 + (value?.length ?? 0);
  return {
    timestamp,
    bytes,
    keyStart: key === null ? -1 : valueEnd + 2,
    keyEnd: key === null ? -1 : bytes.length,
    valueStart: value === null ? -1 : 4,
    valueEnd: value === null ? -1 : valueEnd,
  };
}

export function newBuilder(options: Partial<BuilderOptions> = {}): RecordBatchBuilder {
  return new RecordBatchBuilder({ batchBytes: 1 << 20, maxBytes: 1 << 20, ...options });
}

export interface StoredOptions extends Partial<BatchIdentity> {
  readonly compression?: CompressionName | 'none';
  readonly offset?: number;
}

/** A batch as it lies in the log. */
export function stored(records: readonly TestRecord[], options: StoredOptions = {}): Buffer {
  const { compression: name = 'none', offset = 0, ...identity } = options;
  const builder = newBuilder({ compression: compression(name) });
  for (const each of records) builder.append(placed(each), each.headers);
  return atOffset(Buffer.from(builder.finish({ ...NO_PRODUCER, ...identity })), offset);
}

/** The marker that ends a transaction. */
export function marker(type: 'abort' | 'commit', producerId: number, offset: number): Buffer {
  const key = Uint8Array.of(0, 0, 0, type === 'abort' ? 0 : 1);
  const batch = stored([record({ key, value: Uint8Array.of(0, 0, 0, 0, 0, 1) })], {
    producerId,
    offset,
    transactional: true,
  });
  batch.writeInt16BE(batch.readInt16BE(21) | 32, 21);
  return resealed(batch);
}

/** What brokers do to a batch; the checksum leaves the offset out. */
export function atOffset(batch: Buffer, offset: number): Buffer {
  batch.writeBigInt64BE(BigInt(offset));
  return batch;
}

/** With the size and the checksum that its bytes have now: only the checksum stands before what it says. */
export function resealed(batch: Buffer): Buffer {
  batch.writeInt32BE(batch.length - 12, 8);
  batch.writeUInt32BE(crc32c(batch, 21, batch.length), 17);
  return batch;
}

export interface ReadSettings {
  readonly position?: number;
  readonly aborted?: readonly AbortedTransaction[];
  readonly maxDecompressedBytes?: number;
}

export interface ReadResult {
  readonly records: readonly ReadRecord[];
  readonly nextOffset: number;
  readonly bytes: number;
}

export function open(records: Buffer, settings: ReadSettings = {}): FetchedPartition {
  const { position = 0, aborted = [], maxDecompressedBytes } = settings;
  const fetched = { topic: 'flights', partition: 3, records, position, aborted };
  return readBatches(fetched, { codecs, maxDecompressedBytes });
}

export function readAll(records: Buffer, settings: ReadSettings = {}): ReadResult {
  const { records: cursor, nextOffset, bytes } = open(records, settings);
  return { records: drain(cursor), nextOffset, bytes };
}

/** Copies of all that is left. */
export function drain(cursor: RecordCursor): readonly ReadRecord[] {
  const records: ReadRecord[] = [];
  while (cursor.next()) {
    records.push({
      offset: cursor.offset,
      timestamp: cursor.timestamp,
      key: part(cursor.bytes, cursor.keyStart, cursor.keyEnd),
      value: part(cursor.bytes, cursor.valueStart, cursor.valueEnd),
      headers: cursor.headers(),
    });
  }
  return records;
}

function part(bytes: Buffer, start: number, end: number): Uint8Array | null {
  return start < 0 ? null : new Uint8Array(bytes.subarray(start, end));
}

export function failure(run: () => unknown): LogError {
  try {
    run();
  } catch (error) {
    if (isLogError(error)) return error;
    throw error;
  }
  throw new Error('it did not fail');
}

function hex(bytes: Uint8Array | null): string {
  return bytes === null ? '-' : `x${Buffer.from(bytes).toString('hex')}`;
}

/** As the Java witness prints it. */
export function line({ offset, timestamp, key, value, headers }: ReadRecord): string {
  return [
    'record',
    offset,
    timestamp,
    hex(key),
    hex(value),
    ...headers.map(([name, bytes]) => `${name}=${hex(bytes)}`),
  ].join(' ');
}
