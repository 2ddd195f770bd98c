import { Writer } from '../codec/writer.ts';
import type { CommittedOffset, GroupMember, OutgoingRecord, TransactionalProducer } from '../log/port.ts';
import {
  CHECKPOINT_KEY,
  ORIGIN_KEY,
  stateKeyPrefix,
  writeSchemaKey,
  writeSingleObjectHeader,
} from '../state/changelog-key.ts';
import type { KeyEncodings } from '../task/checkpoint/checkpoint-record.ts';
import {
  type CheckpointIdentity,
  type CheckpointRecord,
  importMetadata,
  offsetMetadata,
} from '../task/checkpoint/checkpoint-record.ts';
import { fenceOf } from '../task/opening/fence.ts';
import { retrying } from '../task/retry.ts';
import type { Clock } from '../time/clock.ts';
import type { NewPositions } from './new-positions.ts';
import type { SavedState } from './saved-state.ts';
import type { SavedEntry } from './state-reader.ts';

/** A transaction takes no longer than this, in milliseconds: less than any time-out of one. */
const LONGEST = 5000;

/** How an import is cut into transactions. */
export interface ImportSlices {
  /** A transaction has no more than this, more or less. */
  readonly bytes: number;
  /** So many values are written until others have their turn, and size and time are looked at. */
  readonly lookEvery: number;
}

export const SLICES: ImportSlices = { bytes: 16 * 1024 * 1024, lookEvery: 512 };

export interface ImportTarget {
  readonly changelog: string;
  /** Of the savepoint. */
  readonly id: string;
  readonly states: readonly SavedState[];
  readonly keys: KeyEncodings;
  readonly positions: NewPositions;
  readonly producer: TransactionalProducer;
  /** Whose offsets count as long as nobody else joins: each transaction has some, and so nothing of a zombie is committed (I4, I11). */
  readonly member: GroupMember;
  readonly clock: Clock;
  readonly slices: ImportSlices;
  /** Throws when the import is to end. */
  readonly alive: () => void;
}

/** Writes a changelog anew, in as many transactions as it takes; the checkpoint records come last (I21). */
export class ChangelogImport {
  readonly #target: ImportTarget;
  readonly #prefixes: readonly Uint8Array[];
  readonly #record: { -readonly [K in keyof OutgoingRecord]: OutgoingRecord[K] };
  readonly #writer: Writer = new Writer();
  /** `state partition` of those whose schema is written. */
  readonly #schemas = new Set<string>();
  #bytes = 0;
  #entries = 0;
  #began: number;

  constructor(target: ImportTarget) {
    this.#target = target;
    this.#prefixes = target.states.map(({ kind, name }) => stateKeyPrefix(kind, name));
    this.#began = target.clock.monotonic();
    this.#record = {
      topic: target.changelog,
      partition: 0,
      timestamp: target.clock.now(),
      bytes: this.#writer.bytes,
      keyStart: 0,
      keyEnd: 0,
      valueStart: 0,
      valueEnd: 0,
      headers: [],
    };
  }

  /**
   * From here on nobody goes on from what the group had: its offsets say that an import is under way. What was there of a
   * changelog may be deleted then.
   */
  async begin(): Promise<void> {
    await this.#commit(this.#offsets(() => importMetadata(this.#target.id)));
  }

  /** The changelog is there, and empty. */
  async writeOrigin(): Promise<void> {
    const { tasks } = this.#target.positions;
    for (let partition = 0; partition < tasks.length; partition++) {
      await this.#appendText(partition, ORIGIN_KEY, this.#target.id);
    }
  }

  /** A promise asks to wait before the next one. */
  add(entry: SavedEntry, partition: number): Promise<void> | undefined {
    const state = this.#target.states[entry.state];
    if (state === undefined) return undefined;
    const schema = `${entry.state} ${partition}`;
    if (!this.#schemas.has(schema)) {
      this.#schemas.add(schema);
      return this.#addFirst(entry, partition, state);
    }
    const pressure = this.#append(entry, partition, state);
    if (pressure !== undefined) return this.#then(pressure);
    return ++this.#entries % this.#target.slices.lookEvery === 0 ? this.#then(undefined) : undefined;
  }

  /** Offsets and state are whole: the job may start. */
  async end(): Promise<void> {
    const { positions, keys, producer } = this.#target;
    const { producerId, epoch } = producer;
    const { checkpoint, tasks } = positions;
    for (const [partition, { inputs, watermark, tables }] of tasks.entries()) {
      const record: CheckpointRecord = { version: 1, checkpoint, producerId, epoch, inputs, watermark, keys, tables };
      await this.#appendText(partition, CHECKPOINT_KEY, JSON.stringify(record));
    }
    const identity = { checkpoint, producerId, epoch, state: true };
    const offsets = this.#offsets((topicId, partitions) => offsetMetadata(identity, topicId, partitions));
    await this.#commit([...offsets, ...this.#fences(identity)]);
  }

  async #addFirst(entry: SavedEntry, partition: number, state: SavedState): Promise<void> {
    const key = new Writer(64);
    writeSchemaKey(key, state.value.fingerprint, state.name);
    await this.#appendText(partition, key.copy(), state.value.schema);
    await this.#append(entry, partition, state);
  }

  async #then(pressure: Promise<void> | undefined): Promise<void> {
    await pressure;
    const { clock, alive, slices } = this.#target;
    await clock.turn();
    alive();
    if (this.#bytes >= slices.bytes || clock.monotonic() - this.#began >= LONGEST) await this.#slice();
  }

  #slice(): Promise<void> {
    return this.#commit(this.#offsets(() => importMetadata(this.#target.id)));
  }

  #append({ state, key, member, value }: SavedEntry, partition: number, saved: SavedState): Promise<void> | undefined {
    const writer = this.#writer;
    const prefix = this.#prefixes[state];
    if (prefix === undefined) return undefined;
    writer.reset();
    writer.ensure(prefix.length + 4 + key.position + member.position);
    writer.bytes.set(prefix);
    writer.view.setUint32(prefix.length, key.position);
    writer.position = prefix.length + 4;
    put(writer, key);
    put(writer, member);
    const keyEnd = writer.position;
    writeSingleObjectHeader(writer, saved.value.fingerprint);
    put(writer, value);
    return this.#send(partition, keyEnd);
  }

  async #appendText(partition: number, key: Uint8Array, text: string): Promise<void> {
    const writer = this.#writer;
    writer.reset();
    writer.ensure(key.length + Buffer.byteLength(text));
    writer.bytes.set(key);
    writer.position = key.length + writer.bytes.write(text, key.length);
    await this.#send(partition, key.length);
  }

  #send(partition: number, keyEnd: number): Promise<void> | undefined {
    const record = this.#record;
    record.partition = partition;
    record.bytes = this.#writer.bytes;
    record.keyEnd = keyEnd;
    record.valueStart = keyEnd;
    record.valueEnd = this.#writer.position;
    this.#bytes += record.valueEnd;
    return this.#target.producer.append(record);
  }

  #offsets(metadataOf: (topicId: string, partitions: number) => string): readonly CommittedOffset[] {
    return offsetsOf(this.#target.positions, metadataOf);
  }

  /** What a job may have kept there instead of offsets (`fenceOf`) is over. */
  #fences(identity: CheckpointIdentity): readonly CommittedOffset[] {
    const { positions, changelog } = this.#target;
    return positions.tasks.map((_, partition) => fenceOf({ topic: changelog, partition }, identity));
  }

  async #commit(offsets: readonly CommittedOffset[]): Promise<void> {
    const { clock, alive, member, producer } = this.#target;
    alive();
    await retrying(clock, alive, () => producer.commitOffsets(member, offsets));
    await retrying(clock, alive, () => producer.commit());
    alive();
    this.#bytes = 0;
    this.#began = clock.monotonic();
    this.#record.timestamp = clock.now();
  }
}

function put(writer: Writer, { bytes, position }: Writer): void {
  writer.ensure(position);
  bytes.copy(writer.bytes, writer.position, 0, position);
  writer.position += position;
}

/** The offsets of all tasks. */
export function offsetsOf(
  { tasks }: NewPositions,
  metadataOf: (topicId: string, partitions: number) => string,
): readonly CommittedOffset[] {
  const partitions = new Map<string, number>();
  for (const { id } of tasks.flatMap(({ inputs }) => inputs)) partitions.set(id, (partitions.get(id) ?? 0) + 1);
  return tasks.flatMap(({ inputs }) =>
    inputs.map(({ topic, id, partition, offset, leaderEpoch }) => {
      return { topic, partition, offset, leaderEpoch, metadata: metadataOf(id, partitions.get(id) ?? 0) };
    }),
  );
}
