import type { SchemaWanted } from '../format/schema-source.ts';
import type { RecordCursor } from '../log/port.ts';

/** A record whose schema has to be fetched first. Nothing has been done for it yet: it is read again when that has settled. */
export class HeldRecord {
  readonly record: RecordCursor;
  /** Resolves when it is worthwhile to read again, or there is a failure. */
  readonly settled: Promise<void>;
  /** Why its schema was not fetched. */
  failure: unknown;

  constructor(record: RecordCursor, wanted: SchemaWanted) {
    this.record = record;
    this.settled = wanted.wait().catch((cause: unknown) => {
      this.failure = cause;
    });
  }
}
