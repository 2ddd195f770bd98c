import { LogError, type TopicPartition } from './port.ts';

/**
 * - `out-of-range`: the log has no record at that offset, and will have none: it was deleted, or lies beyond the end.
 * - `truncated`: a leader that lacked records was elected; others may have come in their place.
 * - `recreated`: the topic was deleted and made anew.
 */
export type LossReason = 'out-of-range' | 'truncated' | 'recreated';

/** A source cannot go on from where it is: records that were to come, or had been read, are lost (I19). */
export class RecordsLostError extends LogError implements TopicPartition {
  readonly recordsLost: LossReason;
  readonly topic: string;
  readonly partition: number;
  /** Of the record that was to be read next. */
  readonly offset: number;

  constructor(reason: LossReason, { topic, partition }: TopicPartition, offset: number, message: string) {
    super('fatal', message);
    this.recordsLost = reason;
    this.topic = topic;
    this.partition = partition;
    this.offset = offset;
  }
}

/** `start` and `end` are those of the partition. */
export function outOfRange(
  position: TopicPartition & { readonly offset: number },
  { start, end }: { readonly start: number; readonly end: number },
): RecordsLostError {
  const { topic, partition, offset } = position;
  const lost = offset < start ? 'the records in between are deleted' : 'the log was truncated, or is another one';
  const message = `${topic}-${partition} has the offsets from ${start} up to ${end}, and not ${offset}: ${lost}`;
  return new RecordsLostError('out-of-range', position, offset, message);
}

/** By what it holds, not by its class: another build of this package may have thrown it. */
export function isRecordsLost(error: unknown): error is RecordsLostError {
  return typeof error === 'object' && error !== null && 'recordsLost' in error && typeof error.recordsLost === 'string';
}
