import { Reader } from '../../codec/reader.ts';
import type { Format } from '../../format/format.ts';
import type { RecordCursor, RecordHeaders, RecordPlace } from '../../log/port.ts';
import type { Timer } from '../handlers.ts';
import type { AnyFailed } from './error-plan.ts';
import type { UnreadableRecord } from './on-error.ts';

/** A record as it lies in its topic. */
export type RecordSource = RecordPlace & Pick<RecordCursor, 'offset' | 'headers'>;

/** What has failed: a record of an input, or a timer. */
export type Original = OriginalRecord | OriginalTimer;

export interface OriginalRecord {
  readonly input: string;
  readonly topic: string;
  readonly partition: number;
  readonly record: RecordSource;
  readonly key: Format<unknown>;
  readonly value: Format<unknown>;
}

export interface OriginalTimer {
  readonly input?: undefined;
  readonly timer: Timer;
  readonly key: unknown;
  /** The key's encoding. */
  readonly keyBytes: Uint8Array;
}

/** What is shown of a record before it could be read. Bytes are the caller's: the record's own may be overwritten. */
export function unreadableRecord({ input, topic, partition, record }: OriginalRecord): UnreadableRecord {
  return {
    input,
    topic,
    partition,
    offset: BigInt(record.offset),
    timestamp: BigInt(record.timestamp),
    headers: ownHeaders(record.headers()),
    keyBytes: keyBytesOf(record),
    valueBytes: valueBytesOf(record),
  };
}

/** What is shown where a call has failed. Its handler may have changed key and value: they are read anew. */
export function failedCall(original: Original): AnyFailed {
  if (original.input === undefined) return { timer: original.timer, key: original.key };
  const shown = unreadableRecord(original);
  return { ...shown, key: read(original.key, shown.keyBytes), value: read(original.value, shown.valueBytes) };
}

/** A copy; null where there is none. */
export function keyBytesOf({ bytes, keyStart, keyEnd }: RecordPlace): Uint8Array | null {
  return keyStart < 0 ? null : new Uint8Array(bytes.subarray(keyStart, keyEnd));
}

function valueBytesOf({ bytes, valueStart, valueEnd }: RecordPlace): Uint8Array | null {
  return valueStart < 0 ? null : new Uint8Array(bytes.subarray(valueStart, valueEnd));
}

export function ownHeaders(headers: RecordHeaders): RecordHeaders {
  return headers.map(([name, value]) => [name, value === null ? null : new Uint8Array(value)]);
}

function read(format: Format<unknown>, bytes: Uint8Array | null): unknown {
  return bytes === null ? null : format.read(new Reader(bytes));
}
