import { Reader } from '../../codec/reader.ts';
import type { ReadingFormat } from '../../format/format.ts';
import { isSchemaWanted } from '../../format/schema-source.ts';
import type { FetchedPartition, RecordCursor, TopicPartition } from '../../log/port.ts';
import { KeyIdentity } from '../../state/key-identity.ts';
import { TableState } from '../../state/table-state.ts';
import type { CheckpointPosition } from '../checkpoint/checkpoint-record.ts';
import type { JobDeclaration } from '../declaration.ts';
import type { FailedRecords } from '../errors/failed-records.ts';
import { unreadFailure } from '../errors/record-failure.ts';
import { HeldRecord } from '../held-record.ts';
import { schemaFailure } from '../job-error.ts';
import type { PlannedInput } from '../plan/plan.ts';
import { prepareOf } from '../plan/registered.ts';

interface Position {
  readonly topic: string;
  readonly id: string;
  readonly partition: number;
  offset: number;
}

/** Reads a table input into memory: one partition of each of its topics, or of a global table all. */
export class TableReader {
  readonly input: PlannedInput;
  readonly state: TableState;
  /** Records applied so far. */
  records = 0;
  /** True once it is known where reading begins. */
  isStarted = false;
  readonly #positions: readonly Position[];
  readonly #failures: FailedRecords;
  readonly #prepare: ReadingFormat<unknown>['prepare'] | undefined;
  #chunk: Buffer = Buffer.alloc(0);
  #reader: Reader = new Reader(this.#chunk);
  /** Of several partitions each may wait for a schema. */
  readonly #held = new WeakMap<RecordCursor, HeldRecord>();

  /** `task` is left out for a global table. */
  constructor(declaration: JobDeclaration, input: PlannedInput, failures: FailedRecords, task?: number) {
    this.input = input;
    this.#failures = failures;
    this.state = new TableState(new KeyIdentity(input.bareKey ?? declaration.key), input.value);
    this.#prepare = prepareOf(input.value);
    this.#positions = input.topics.flatMap(({ name, id, partitions }) => {
      const all = task === undefined ? Array.from({ length: partitions }, (_, i) => i) : [task];
      return all.map((partition) => ({ topic: name, id, partition, offset: 0 }));
    });
  }

  partitions(): readonly TopicPartition[] {
    return this.#positions;
  }

  positions(): readonly CheckpointPosition[] {
    return this.#positions.map(({ topic, id, partition, offset }) => ({ topic, id, partition, offset }));
  }

  /** Where reading begins: the start of the log. */
  startAt({ topic, partition }: TopicPartition, offset: number): void {
    this.isStarted = true;
    const position = this.#find(topic, partition);
    if (position !== undefined) position.offset = offset;
  }

  /**
   * Takes what was fetched. Records that were applied already are passed over: they may have been fetched before a global
   * table caught up. A promise where a schema is to be fetched first: who has awaited it calls again.
   * @throws JobError
   */
  apply({ topic, partition, records, nextOffset }: FetchedPartition): Promise<void> | undefined {
    const position = this.#find(topic, partition);
    if (position === undefined) return undefined;
    const held = this.#held.get(records);
    this.#held.delete(records);
    if (held?.failure !== undefined) {
      const where = { topic, partition, offset: BigInt(records.offset) };
      const failure = schemaFailure(held.failure, `${topic}-${partition} at offset ${records.offset}`, where);
      this.#pass(failure, topic, partition, records);
    }
    let again = held !== undefined && held.failure === undefined;
    while (again || records.next()) {
      again = false;
      if (records.offset < position.offset) continue;
      try {
        this.#put(records);
      } catch (error) {
        if (!isSchemaWanted(error)) {
          this.#pass(error, topic, partition, records);
          continue;
        }
        // A global table may be read meanwhile by the loop, or by who opens tasks: each record counts once.
        position.offset = records.offset;
        const waits = new HeldRecord(records, error);
        this.#held.set(records, waits);
        return waits.settled;
      }
      this.records++;
    }
    position.offset = Math.max(position.offset, nextOffset);
    return undefined;
  }

  #put(record: RecordCursor): void {
    // A record without a key says nothing of any row.
    if (record.keyStart < 0) return;
    if (record.bytes !== this.#chunk) {
      this.#chunk = record.bytes;
      this.#reader = new Reader(this.#chunk);
    }
    this.#reader.reset(record.keyStart, record.keyEnd);
    const key = this.input.key.read(this.#reader);
    if (record.valueStart >= 0 && this.#failures.checksTables) {
      this.#reader.reset(record.valueStart, record.valueEnd);
      this.input.value.read(this.#reader);
    } else if (record.valueStart >= 0 && this.#prepare !== undefined) {
      this.#reader.reset(record.valueStart, record.valueEnd);
      this.#prepare(this.#reader);
    }
    this.state.put(key, record.bytes, record.valueStart, record.valueEnd);
  }

  /** The record cannot be read: the table goes on without it where the job's policy says so. @throws JobError */
  #pass(error: unknown, topic: string, partition: number, record: RecordCursor): void {
    const { name, key, value } = this.input;
    const original = { input: name, topic, partition, record, key, value };
    this.#failures.passRow(unreadFailure(error, original, `the record of table ${name}`), original);
  }

  #find(topic: string, partition: number): Position | undefined {
    return this.#positions.find((position) => position.topic === topic && position.partition === partition);
  }
}
