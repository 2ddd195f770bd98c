// Reading and building record batches, against kafkajs's own decoder and encoder (which verifies no checksum when it reads).
// `npx node --conditions=kgen-source bench/record-batch.ts`
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { RecordBatchBuilder } from '../runtime/src/log/record-batch/builder.ts';
import { CompressionCodecs } from '../runtime/src/log/record-batch/compression.ts';
import { type Checksum, crc32c } from '../runtime/src/log/record-batch/crc32c.ts';
import { fastestCrc32c } from '../runtime/src/log/record-batch/native-crc32c.ts';
import { readBatches } from '../runtime/src/log/record-batch/read-batches.ts';
import { compareAsync, type Measurement, sink } from './harness.ts';
import { random } from './random.ts';

const require = createRequire(import.meta.url);

const RECORDS = 1_000_000;
const BATCH_BYTES = 64 * 1024;
/** Batches of one fetched partition. */
const FETCH_BATCHES = 16;
const NO_HEADERS = [] as const;
const OPTIONS = { rounds: 7, slice: 1, warmUp: 1 };

/** As much of kafkajs's inside as is measured. */
type DecodeMessages = (decoder: object) => Promise<readonly { readonly value: Buffer }[]>;
type EncodeRecord = (record: object) => object;
type EncodeBatch = (batch: object) => Promise<{ readonly buffer: Buffer }>;
interface Peer {
  readonly Decoder: new (bytes: Buffer) => object;
  readonly decodeMessages: DecodeMessages;
  readonly encodeRecord: EncodeRecord;
  readonly encodeBatch: EncodeBatch;
}

export interface RecordBatchResult {
  readonly operation: string;
  readonly measurements: readonly Measurement[];
}

/** Keys and values that lie one behind the other, as generated code leaves them: 125 bytes a record. */
interface Load {
  readonly bytes: Buffer;
  readonly starts: readonly number[];
}

const KEY_SIZE = 12;

export async function benchRecordBatch(): Promise<readonly RecordBatchResult[]> {
  const load = records();
  const fast = await fastestCrc32c();
  const peer = loadPeer();
  const fetched = responses(load, fast);
  return [
    {
      operation: 'read',
      measurements: await compareAsync(
        {
          kafkajs: () => readWithPeer(peer, fetched),
          kgen: () => readOwn(fetched, crc32c),
          'kgen, @node-rs/crc32': () => readOwn(fetched, fast),
        },
        RECORDS,
        OPTIONS,
      ),
    },
    {
      operation: 'build',
      measurements: await compareAsync(
        {
          kafkajs: () => buildWithPeer(peer, load),
          kgen: () => buildOwn(load, crc32c),
          'kgen, @node-rs/crc32': () => buildOwn(load, fast),
        },
        RECORDS,
        OPTIONS,
      ),
    },
  ];
}

function records(): Load {
  const r = random(7);
  const starts = [0];
  const bytes = Buffer.alloc(160 * 4096);
  let at = 0;
  for (let i = 0; i < 4096; i++) {
    at += bytes.write(r.text(KEY_SIZE + r.int(88, 138)), at);
    starts.push(at);
  }
  return { bytes, starts };
}

/** Builds a million records; `take` gets each batch. */
function build(load: Load, checksum: Checksum, take: (batch: Buffer) => void): void {
  const builder = new RecordBatchBuilder({ batchBytes: BATCH_BYTES, maxBytes: 1024 * 1024, checksum });
  const place = { timestamp: 0, bytes: load.bytes, keyStart: 0, keyEnd: 0, valueStart: 0, valueEnd: 0 };
  const identity = { producerId: 1, epoch: 0, baseSequence: 0, transactional: true };
  for (let i = 0; i < RECORDS; i++) {
    place.timestamp = 1_700_000_000_000 + i;
    place.keyStart = load.starts[i & 4095] ?? 0;
    place.keyEnd = place.keyStart + KEY_SIZE;
    place.valueStart = place.keyEnd;
    place.valueEnd = load.starts[(i & 4095) + 1] ?? 0;
    if (builder.append(place, NO_HEADERS)) continue;
    take(builder.finish(identity));
    builder.reset();
    builder.append(place, NO_HEADERS);
  }
  take(builder.finish(identity));
}

/** Fetched bytes of some batches each, with offsets as a broker gives them. */
function responses(load: Load, checksum: Checksum): readonly Buffer[] {
  const found: Buffer[] = [];
  let batches: Buffer[] = [];
  let offset = 0;
  build(load, checksum, (batch) => {
    const stored = Buffer.from(batch);
    stored.writeBigInt64BE(BigInt(offset));
    offset += stored.readInt32BE(57);
    batches.push(stored);
    if (batches.length < FETCH_BATCHES) return;
    found.push(Buffer.concat(batches));
    batches = [];
  });
  if (batches.length > 0) found.push(Buffer.concat(batches));
  return found;
}

function readOwn(fetched: readonly Buffer[], checksum: Checksum): void {
  const codecs = new CompressionCodecs();
  let position = 0;
  let count = 0;
  let sum = 0;
  for (const bytes of fetched) {
    const result = readBatches(
      { topic: 'bench', partition: 0, records: bytes, position, aborted: [] },
      { codecs, checksum },
    );
    position = result.nextOffset;
    const cursor = result.records;
    while (cursor.next()) {
      sum += cursor.timestamp + (cursor.bytes[cursor.valueStart] ?? 0) + cursor.keyEnd;
      count++;
    }
  }
  if (count !== RECORDS) throw new Error(`${count} records`);
  sink.value = sum;
}

async function readWithPeer(peer: Peer, fetched: readonly Buffer[]): Promise<void> {
  let count = 0;
  for (const bytes of fetched) {
    const size = Buffer.alloc(4);
    size.writeInt32BE(bytes.length);
    const messages = await peer.decodeMessages(new peer.Decoder(Buffer.concat([size, bytes])));
    count += messages.length;
    sink.value = messages;
  }
  if (count !== RECORDS) throw new Error(`${count} records`);
}

function buildOwn(load: Load, checksum: Checksum): void {
  let bytes = 0;
  build(load, checksum, (batch) => {
    bytes += batch.length;
  });
  sink.value = bytes;
}

async function buildWithPeer(peer: Peer, load: Load): Promise<void> {
  const each = Math.floor(BATCH_BYTES / 135);
  for (let from = 0; from < RECORDS; from += each) {
    const batch: object[] = [];
    const until = Math.min(RECORDS, from + each);
    for (let i = from; i < until; i++) {
      const start = load.starts[i & 4095] ?? 0;
      const end = load.starts[(i & 4095) + 1] ?? 0;
      batch.push(
        peer.encodeRecord({
          offsetDelta: i - from,
          timestampDelta: i - from,
          key: load.bytes.subarray(start, start + KEY_SIZE),
          value: load.bytes.subarray(start + KEY_SIZE, end),
        }),
      );
    }
    const encoded = await peer.encodeBatch({
      firstTimestamp: 1_700_000_000_000 + from,
      maxTimestamp: 1_700_000_000_000 + until - 1,
      lastOffsetDelta: batch.length - 1,
      transactional: true,
      producerId: 1,
      records: batch,
    });
    sink.value = encoded.buffer;
  }
}

function loadPeer(): Peer {
  return {
    Decoder: require('kafkajs/src/protocol/decoder') as Peer['Decoder'],
    decodeMessages: require('kafkajs/src/protocol/requests/fetch/v4/decodeMessages') as DecodeMessages,
    encodeRecord: require('kafkajs/src/protocol/recordBatch/record/v0') as EncodeRecord,
    encodeBatch: (require('kafkajs/src/protocol/recordBatch/v0') as { RecordBatch: EncodeBatch }).RecordBatch,
  };
}

/** What is compared with what, on what machine. */
export function recordBatchTitle(): string {
  const { version } = JSON.parse(readFileSync(require.resolve('kafkajs/package.json'), 'utf8')) as { version: string };
  return `Record batches: kgen against kafkajs ${version}, ${RECORDS} records of 125 B, Node ${process.versions.node}, ${process.arch}`;
}

export function printRecordBatch(results: readonly RecordBatchResult[]): string {
  return results
    .flatMap(({ operation, measurements }) =>
      measurements.map(({ name, nanoseconds, ratio }) => {
        const rate = (1000 / nanoseconds).toFixed(2).padStart(7);
        return `${operation.padEnd(8)}${name.padEnd(24)}${rate} M records/s${`${ratio.toFixed(1)}×`.padStart(9)}`;
      }),
    )
    .join('\n');
}

if (import.meta.main) console.log(`${recordBatchTitle()}\n\n${printRecordBatch(await benchRecordBatch())}`);
