import { Reader } from '../codec/reader.ts';
import type { FetchedPartition, RecordCursor, TopicPartition } from '../log/port.ts';
import { KeyIdentity } from '../state/key-identity.ts';
import { TableState } from '../state/table-state.ts';
import type { CheckpointPosition } from './checkpoint-record.ts';
import type { JobDeclaration } from './declaration.ts';
import { JobError, reasonOf } from './job-error.ts';
import type { PlannedInput } from './plan.ts';

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
  #chunk: Buffer = Buffer.alloc(0);
  #reader: Reader = new Reader(this.#chunk);

  /** `task` is left out for a global table. */
  constructor(declaration: JobDeclaration, input: PlannedInput, task?: number) {
    this.input = input;
    this.state = new TableState(new KeyIdentity(input.bareKey ?? declaration.key), input.value);
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

  position({ topic, partition }: TopicPartition): number {
    return this.#find(topic, partition)?.offset ?? 0;
  }

  /** Where reading begins: the start of the log. */
  startAt({ topic, partition }: TopicPartition, offset: number): void {
    this.isStarted = true;
    const position = this.#find(topic, partition);
    if (position !== undefined) position.offset = offset;
  }

  /** Records that were applied already are passed over: they may have been fetched before a global table caught up. */
  apply({ topic, partition, records, nextOffset }: FetchedPartition): void {
    const position = this.#find(topic, partition);
    if (position === undefined) return;
    while (records.next()) {
      if (records.offset < position.offset) continue;
      this.records++;
      this.#put(topic, partition, records);
    }
    position.offset = Math.max(position.offset, nextOffset);
  }

  #put(topic: string, partition: number, record: RecordCursor): void {
    // A record without a key says nothing of any row.
    if (record.keyStart < 0) return;
    if (record.bytes !== this.#chunk) {
      this.#chunk = record.bytes;
      this.#reader = new Reader(this.#chunk);
    }
    this.#reader.reset(record.keyStart, record.keyEnd);
    let key: unknown;
    try {
      key = this.input.key.read(this.#reader);
    } catch (cause) {
      const where = `${topic}-${partition} at offset ${record.offset}`;
      const message = `${where}: the key of the table record cannot be read: ${reasonOf(cause)}`;
      throw new JobError('JOB_DECODE_FAILED', message, { topic, partition, offset: BigInt(record.offset), cause });
    }
    this.state.put(key, record.bytes, record.valueStart, record.valueEnd);
  }

  #find(topic: string, partition: number): Position | undefined {
    return this.#positions.find((position) => position.topic === topic && position.partition === partition);
  }
}
