import { LogError } from '../port.ts';

/** A record that no batch may hold. Nothing was appended. */
export class RecordTooLargeError extends LogError {
  readonly reason = 'record-too-large';
  /** Bytes of the batch that would hold it alone. */
  readonly size: number;
  readonly limit: number;

  constructor(size: number, limit: number) {
    super(
      'fatal',
      `A record takes a batch of ${size} bytes, more than the ${limit} that the topic allows (max.message.bytes)`,
    );
    this.size = size;
    this.limit = limit;
  }
}

/** By what it holds, not by its class: another build of this package may have thrown it. */
export function isRecordTooLarge(error: unknown): error is RecordTooLargeError {
  return typeof error === 'object' && error !== null && 'reason' in error && error.reason === 'record-too-large';
}
