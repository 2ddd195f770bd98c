import type { Headers, RawRecord } from '../../format/topic.ts';
import { DEAD_LETTER_HEADERS } from './dead-letter.ts';
import { ERROR_PLACES, type ErrorPlace } from './policy.ts';

/** A record that a job went on without. */
export interface DeadLetter {
  /** The topic for dead letters that it lies in. */
  readonly topic: string;
  readonly place: ErrorPlace;
  /** The error's code, such as `JOB_DECODE_FAILED`. */
  readonly code: string;
  /** The message of what was thrown. */
  readonly reason: string;
  /** Its stack; undefined where it had none. */
  readonly stack: string | undefined;
  readonly job: string;
  /** Name of the input; of a timer, `onTimer.` and its name. */
  readonly input: string;
  /** Where the record lay; undefined for a timer. */
  readonly origin: { readonly topic: string; readonly partition: number; readonly offset: bigint } | undefined;
  /** The record's own time, or when the timer was due, in milliseconds since 1970. */
  readonly timestamp: bigint;
  /** As the record had them. */
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: Headers;
}

/**
 * Reads a record of a topic for dead letters. One that was sent again and failed again is read as of its last failure.
 * @throws TypeError where it is none
 * @example
 * const { origin, reason, value } = readDeadLetter(record);
 */
export function readDeadLetter({ topic, partition, offset, key, value, headers }: RawRecord): DeadLetter {
  const start = headers.findLastIndex(([name]) => name === DEAD_LETTER_HEADERS.place);
  const own = headers.slice(start);
  const find = (name: keyof typeof DEAD_LETTER_HEADERS): string | undefined => {
    const bytes = own.find(([each]) => each === DEAD_LETTER_HEADERS[name])?.[1];
    return bytes === undefined || bytes === null ? undefined : Buffer.from(bytes).toString();
  };
  const [text, input, time] = [find('place'), find('input'), find('timestamp')];
  const place = ERROR_PLACES.find((each) => each === text);
  if (start < 0 || place === undefined || input === undefined || time === undefined)
    throw new TypeError(
      `the record of ${topic}-${partition} at offset ${offset} is no dead letter: it has not the headers of one`,
    );
  const [from, at, number] = [find('topic'), find('offset'), find('partition')];
  return {
    topic,
    place,
    code: find('code') ?? '',
    reason: find('reason') ?? '',
    stack: find('stack'),
    job: find('job') ?? '',
    input,
    origin:
      from === undefined || at === undefined || number === undefined
        ? undefined
        : { topic: from, partition: Number(number), offset: BigInt(at) },
    timestamp: BigInt(time),
    key,
    value,
    headers: headers.slice(0, start),
  };
}
