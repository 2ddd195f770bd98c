import { LogError, type TopicPartition } from '../../port.ts';

/** A position of which the log has no record, and will have none: it was deleted, or lies beyond the end. */
export class OffsetOutOfRangeError extends LogError implements TopicPartition {
  readonly reason = 'offset-out-of-range';
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** The first offset that is there. */
  readonly start: number;
  /** The offset that the next record will have. */
  readonly end: number;

  constructor({ topic, partition }: TopicPartition, offset: number, { start, end }: { start: number; end: number }) {
    const lost = offset < start ? 'the records in between are deleted' : 'the log was truncated, or is another one';
    super('fatal', `${topic}-${partition} has the offsets from ${start} up to ${end}, and not ${offset}: ${lost}`);
    this.topic = topic;
    this.partition = partition;
    this.offset = offset;
    this.start = start;
    this.end = end;
  }
}

/** By what it holds, not by its class: another build of this package may have thrown it. */
export function isOffsetOutOfRange(error: unknown): error is OffsetOutOfRangeError {
  return typeof error === 'object' && error !== null && 'reason' in error && error.reason === 'offset-out-of-range';
}
