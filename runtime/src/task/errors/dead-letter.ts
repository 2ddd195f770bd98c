import type { OutgoingRecord, RecordHeaders } from '../../log/port.ts';
import type { OutputRoute } from '../calls/output.ts';
import { isJobError, reasonOf } from '../job-error.ts';
import { type Original, type OriginalRecord, type OriginalTimer, ownHeaders } from './original.ts';
import type { ErrorPlace } from './policy.ts';

/**
 * Headers of a dead letter, behind those that the record had. All are text in UTF-8; numbers are decimal. A dead letter that was
 * sent again and failed again has them twice: the last of a name counts.
 */
export const DEAD_LETTER_HEADERS = {
  /** `decode`, `process` or `produce`. */
  place: 'kgen.place',
  /** The error's code, such as `JOB_DECODE_FAILED`. */
  code: 'kgen.code',
  /** What was thrown: its message. */
  reason: 'kgen.reason',
  /** What was thrown: its stack; left out where it has none. */
  stack: 'kgen.stack',
  job: 'kgen.job',
  /** Name of the input; of a timer, `onTimer.` and its name. */
  input: 'kgen.input',
  /** Where the record lay. A timer has none of these but the partition: the number of its task. */
  topic: 'kgen.topic',
  partition: 'kgen.partition',
  offset: 'kgen.offset',
  /** The record's own, or when the timer was due, in milliseconds since 1970. */
  timestamp: 'kgen.timestamp',
} as const;

/** Headers are part of what a broker may find too large. */
const MOST_TEXT = 8192;

export interface Failure {
  readonly place: ErrorPlace;
  /** As the job fails with it. */
  readonly error: unknown;
  /** What was thrown. */
  readonly cause: unknown;
}

/**
 * The record as it was, with what went wrong. Its time is `now`: topics delete by it, and what has just failed is to be kept.
 * `partition` of the input, or the task, is its partition, modulo what the topic has.
 */
export function deadLetter(
  original: Original,
  failure: Failure,
  { topic, partitions }: OutputRoute,
  { job, task, now }: { readonly job: string; readonly task: number; readonly now: number },
): OutgoingRecord {
  const texts: [string, string][] = [
    [DEAD_LETTER_HEADERS.place, failure.place],
    [DEAD_LETTER_HEADERS.code, isJobError(failure.error) ? failure.error.code : ''],
    [DEAD_LETTER_HEADERS.reason, reasonOf(failure.cause)],
    ...stackOf(failure.cause),
    [DEAD_LETTER_HEADERS.job, job],
  ];
  const place = { topic, partition: task % partitions, timestamp: Math.floor(now) };
  if (original.input === undefined) return timerLetter(original, texts, { ...place, task });
  return recordLetter(original, texts, { ...place, partition: original.partition % partitions });
}

interface Place {
  readonly topic: string;
  readonly partition: number;
  readonly timestamp: number;
}

function recordLetter(
  { input, topic, partition, record }: OriginalRecord,
  texts: readonly [string, string][],
  place: Place,
): OutgoingRecord {
  const { bytes, keyStart, keyEnd, valueStart, valueEnd } = record;
  const headers = headersOf([
    ...texts,
    [DEAD_LETTER_HEADERS.input, input],
    [DEAD_LETTER_HEADERS.topic, topic],
    [DEAD_LETTER_HEADERS.partition, String(partition)],
    [DEAD_LETTER_HEADERS.offset, String(record.offset)],
    [DEAD_LETTER_HEADERS.timestamp, String(record.timestamp)],
  ]);
  return {
    ...place,
    bytes,
    keyStart,
    keyEnd,
    valueStart,
    valueEnd,
    headers: [...ownHeaders(record.headers()), ...headers],
  };
}

/** The key of the timer, as state is keyed, and no value. */
function timerLetter(
  { timer, keyBytes }: OriginalTimer,
  texts: readonly [string, string][],
  { task, ...place }: Place & { readonly task: number },
): OutgoingRecord {
  const headers = headersOf([
    ...texts,
    [DEAD_LETTER_HEADERS.input, `onTimer.${timer.name}`],
    [DEAD_LETTER_HEADERS.partition, String(task)],
    [DEAD_LETTER_HEADERS.timestamp, String(timer.time)],
  ]);
  const bytes = Buffer.from(keyBytes);
  return { ...place, bytes, keyStart: 0, keyEnd: bytes.length, valueStart: -1, valueEnd: -1, headers };
}

function stackOf(cause: unknown): readonly [string, string][] {
  try {
    const stack = cause instanceof Error ? cause.stack : undefined;
    return typeof stack === 'string' ? [[DEAD_LETTER_HEADERS.stack, stack]] : [];
  } catch {
    return [];
  }
}

function headersOf(texts: readonly (readonly [string, string])[]): RecordHeaders {
  return texts.map(([name, text]) => [name, Buffer.from(bounded(text).toWellFormed())]);
}

function bounded(text: string): string {
  return text.length <= MOST_TEXT ? text : `${text.slice(0, MOST_TEXT)}…`;
}
