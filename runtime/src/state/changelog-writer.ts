import { Writer } from '../codec/writer.ts';
import type { OutgoingRecord } from '../log/port.ts';
import type { PreImage } from './cell.ts';
import { NOWHERE } from './cell.ts';
import { CHECKPOINT_KEY, stateKeyPrefix, writeSchemaKey, writeSingleObjectHeader } from './changelog-key.ts';
import type { KeyIdentity } from './key-identity.ts';
import type { KeyedState } from './keyed-state.ts';
import type { Slab } from './slab.ts';
import type { WriterSchemas } from './writer-schemas.ts';

interface Announcement {
  readonly fingerprint: bigint;
  readonly state: string;
  readonly schema: string;
}

/** Takes one record; the record is the writer's again when it returns. A promise asks to wait before the next one. */
export type AppendRecord = (record: OutgoingRecord) => Promise<void> | undefined;

/** Writes the changes of one task's state: of each dirty key the last value only. */
export class ChangelogWriter {
  readonly #slab: Slab;
  readonly #schemas: WriterSchemas;
  readonly #identities: KeyIdentity;
  readonly #prefixes = new Map<KeyedState, Uint8Array>();
  /** Schemas written for each checkpoint that is not decided, oldest first: of no account if it aborts. */
  readonly #announced: Announcement[][] = [[]];
  readonly #writer: Writer = new Writer();
  readonly #record: { -readonly [K in keyof OutgoingRecord]: OutgoingRecord[K] };

  constructor(
    place: { readonly topic: string; readonly partition: number },
    memory: { readonly slab: Slab; readonly schemas: WriterSchemas },
    identities: KeyIdentity,
  ) {
    this.#slab = memory.slab;
    this.#schemas = memory.schemas;
    this.#identities = identities;
    this.#record = {
      topic: place.topic,
      partition: place.partition,
      timestamp: 0,
      bytes: this.#writer.bytes,
      keyStart: 0,
      keyEnd: 0,
      valueStart: 0,
      valueEnd: 0,
      headers: [],
    };
  }

  /** Appends all values that the sealed checkpoint changed, as they are now: at the barrier (I17). Returns how many records that took. */
  async writeState(state: KeyedState, timestamp: number, append: AppendRecord): Promise<number> {
    const { name } = state;
    const { sealed, fingerprint, codec } = state.memory;
    let records = sealed.length;
    this.#record.timestamp = timestamp;
    for (const { cell } of sealed) {
      if (cell.address === NOWHERE || cell.schema !== 0) continue;
      // The name of each state that has it: their logical types may differ.
      if (this.#schemas.find(fingerprint, name) === undefined) {
        await this.#writeSchema(fingerprint, name, codec.schema, append);
        records++;
      }
      break;
    }
    for (const image of sealed) {
      const pressure = this.#writeCell(state, image, append);
      if (pressure !== undefined) await pressure;
    }
    return records;
  }

  /** Appends the checkpoint record, which comes last (I13). */
  async writeCheckpoint(text: string, timestamp: number, append: AppendRecord): Promise<void> {
    const writer = this.#writer;
    writer.reset();
    writer.ensure(1 + Buffer.byteLength(text));
    writer.bytes.set(CHECKPOINT_KEY);
    const end = 1 + writer.bytes.write(text, 1);
    this.#record.timestamp = timestamp;
    await this.#append(1, end, append);
  }

  /** What is written from now on is of the next checkpoint. */
  seal(): void {
    this.#announced.push([]);
  }

  /** What was announced with the oldest checkpoint stays known. */
  commit(): void {
    for (const { fingerprint, state, schema } of this.#announced.shift() ?? [])
      this.#schemas.learn(fingerprint, state, schema);
  }

  rollback(): void {
    this.#announced.splice(0, Infinity, []);
  }

  async #writeSchema(fingerprint: bigint, state: string, schema: string, append: AppendRecord): Promise<void> {
    const writer = this.#writer;
    writer.reset();
    writeSchemaKey(writer, fingerprint, state);
    const keyEnd = writer.position;
    writer.ensure(Buffer.byteLength(schema));
    const end = keyEnd + writer.bytes.write(schema, keyEnd);
    await this.#append(keyEnd, end, append);
    this.#announced.at(-1)?.push({ fingerprint, state, schema });
  }

  #writeCell(state: KeyedState, { cell, identity }: PreImage, append: AppendRecord): Promise<void> | undefined {
    const writer = this.#writer;
    writer.reset();
    this.#writeKey(state, identity);
    state.writeMember(writer, cell);
    const keyEnd = writer.position;
    if (cell.address === NOWHERE) return this.#append(keyEnd, -1, append);
    writeSingleObjectHeader(
      writer,
      cell.schema === 0 ? state.memory.fingerprint : this.#schemas.fingerprint(cell.schema),
    );
    const value = this.#slab.read(cell.address, cell.length);
    writer.ensure(cell.length);
    value.bytes.copy(writer.bytes, writer.position, value.position, value.end);
    return this.#append(keyEnd, writer.position + cell.length, append);
  }

  #writeKey(state: KeyedState, identity: PreImage['identity']): void {
    const writer = this.#writer;
    let prefix = this.#prefixes.get(state);
    if (prefix === undefined) {
      prefix = stateKeyPrefix(state.kind, state.name);
      this.#prefixes.set(state, prefix);
    }
    writer.ensure(prefix.length + 4);
    writer.bytes.set(prefix);
    const start = prefix.length + 4;
    writer.position = start;
    this.#identities.write(writer, identity);
    writer.view.setUint32(prefix.length, writer.position - start);
  }

  /** `valueEnd` -1 makes a tombstone. */
  #append(keyEnd: number, valueEnd: number, append: AppendRecord): Promise<void> | undefined {
    const record = this.#record;
    record.bytes = this.#writer.bytes;
    record.keyEnd = keyEnd;
    record.valueStart = valueEnd < 0 ? -1 : keyEnd;
    record.valueEnd = valueEnd;
    return append(record);
  }
}
