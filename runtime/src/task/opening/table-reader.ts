import { Reader } from '../../codec/reader.ts';
import type { ReadingFormat } from '../../format/format.ts';
import { isSchemaWanted } from '../../format/schema-source.ts';
import type { FetchedPartition, RecordCursor, TopicPartition } from '../../log/port.ts';
import { KeyIdentity } from '../../state/key-identity.ts';
import { TableState, type UnreadableRow } from '../../state/table-state.ts';
import type { CheckpointPosition } from '../checkpoint/checkpoint-record.ts';
import type { JobDeclaration } from '../declaration.ts';
import type { FailedRecords } from '../errors/failed-records.ts';
import { keyText } from '../errors/key-text.ts';
import { unreadFailure, whereOf } from '../errors/record-failure.ts';
import { HeldRecord } from '../held-record.ts';
import { JobError, reasonOf, schemaFailure } from '../job-error.ts';
import type { PlannedInput } from '../plan/plan.ts';
import { prepareOf } from '../plan/registered.ts';
import { readable } from '../thrown.ts';

interface Position {
  /** Its place among those of the table. */
  readonly source: number;
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
  readonly #read: (reader: Reader) => void;
  readonly #prepare: ReadingFormat<unknown>['prepare'] | undefined;
  #chunk: Buffer = Buffer.alloc(0);
  #reader: Reader = new Reader(this.#chunk);
  /** Of several partitions each may wait for a schema. */
  readonly #held = new WeakMap<RecordCursor, HeldRecord>();

  /** `task` is left out for a global table. */
  constructor(declaration: JobDeclaration, input: PlannedInput, failures: FailedRecords, task?: number) {
    this.input = input;
    this.#failures = failures;
    const identities = new KeyIdentity(input.bareKey ?? declaration.key);
    this.state = new TableState(identities, input.value, (row) => this.#unreadable(row));
    this.#read = (reader) => void input.value.read(reader);
    this.#prepare = prepareOf(input.value);
    const partitions = input.topics.flatMap(({ name, id, partitions }) => {
      const all = task === undefined ? Array.from({ length: partitions }, (_, i) => i) : [task];
      return all.map((partition) => ({ topic: name, id, partition, offset: 0 }));
    });
    this.#positions = partitions.map((position, source) => ({ ...position, source }));
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
    if (held?.failure !== undefined && records.offset >= position.offset) {
      const where = { topic, partition, offset: BigInt(records.offset) };
      this.#pass(schemaFailure(held.failure, whereOf(topic, partition, records), where), position, records);
      this.#put(records, position, false);
      this.records++;
    }
    let again = held !== undefined && held.failure === undefined;
    while (again || records.next()) {
      again = false;
      if (records.offset < position.offset) continue;
      try {
        this.#put(records, position);
      } catch (error) {
        if (!isSchemaWanted(error)) throw error;
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

  /**
   * Without `checks` it is known already what is wrong with the record.
   * @throws SchemaWanted, or what the job fails with where it is not to go on without the record
   */
  #put(record: RecordCursor, position: Position, checks = true): void {
    // A record without a key says nothing of any row.
    if (record.keyStart < 0) return;
    if (record.bytes !== this.#chunk) {
      this.#chunk = record.bytes;
      this.#reader = new Reader(this.#chunk);
    }
    let key: unknown;
    try {
      this.#reader.reset(record.keyStart, record.keyEnd);
      key = this.input.key.read(this.#reader);
    } catch (error) {
      // Neither does one whose key cannot be read.
      if (checks) this.#pass(error, position, record);
      return;
    }
    if (checks && record.valueStart >= 0) this.#check(record, position);
    this.state.put(key, record, position.source);
  }

  /** A value that cannot be read is that of its key nevertheless, and not the one before it: who looks it up is told. */
  #check(record: RecordCursor, position: Position): void {
    const read = this.#failures.checksTables ? this.#read : this.#prepare;
    if (read === undefined) return;
    this.#reader.reset(record.valueStart, record.valueEnd);
    try {
      read(this.#reader);
    } catch (error) {
      this.#pass(error, position, record);
    }
  }

  /** The record cannot be read: the table goes on where the job's policy says so. @throws SchemaWanted, JobError */
  #pass(thrown: unknown, { topic, partition }: Position, record: RecordCursor): void {
    const error = readable(thrown);
    if (isSchemaWanted(error)) throw error;
    const { name, key, value } = this.input;
    const original = { input: name, topic, partition, record, key, value };
    this.#failures.passRow(unreadFailure(error, original, `the record of table ${name}`), original);
  }

  /** What a handler gets that looks up a row which cannot be read. */
  #unreadable({ key, source, offset, cause }: UnreadableRow): JobError {
    const { topic = '', partition = -1 } = this.#positions[source] ?? {};
    const text = keyText(key);
    const what = `row ${text} of table ${this.input.name} (${whereOf(topic, partition, { offset })}) cannot be read`;
    // It was skipped while the registry was away. What comes of this is for who asks for the row later; if nothing does, they are told.
    if (isSchemaWanted(cause)) cause.wait().catch(() => undefined);
    const reason = isSchemaWanted(cause) ? 'its schema could not be fetched' : reasonOf(cause);
    const details = { topic, partition, offset: BigInt(offset), key: text, cause };
    return new JobError('JOB_ROW_UNREADABLE', `${what}: ${reason}`, details);
  }

  #find(topic: string, partition: number): Position | undefined {
    return this.#positions.find((position) => position.topic === topic && position.partition === partition);
  }
}
