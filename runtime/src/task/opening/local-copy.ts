import type { RecordPlace } from '../../log/port.ts';
import { CHECKPOINT_KEY, readSchemaKey, SCHEMA } from '../../state/changelog-key.ts';
import { ChangeBatch } from '../../state/local/change-batch.ts';
import type { LocalStore } from '../../state/local/local-store.ts';
import {
  parseStoreRecord,
  STORE_RECORD_KEY,
  type StoreFacts,
  type StoreRecord,
  type Uselessness,
  uselessness,
} from '../../state/local/store-record.ts';
import type { WriterSchemas } from '../../state/writer-schemas.ts';
import type { CheckpointIdentity } from '../checkpoint/checkpoint-record.ts';

/** So many changes are written at a time: some milliseconds, in which nothing else happens. */
const SLICE = 1000;
/** So many at a start, when nobody waits but for the start: a store writes whole pages, and many changes share one. */
const RESTORE_SLICE = 20_000;
const SCHEMA_PREFIX: Buffer = Buffer.of(SCHEMA);

/** What a checkpoint changed. */
interface SealedChanges {
  readonly identity: CheckpointIdentity;
  readonly batch: ChangeBatch;
  /** Where the changelog was decided up to. Nobody else has committed since then, or this checkpoint would have failed (I4). */
  readonly position: number;
}

/**
 * The state of a task on this machine, kept in step with its changelog (I24). A checkpoint is collected as it is written to the
 * changelog, and gets here when the log has committed it; what says which checkpoint this is comes last. Whatever is here
 * was committed: where a process dies in between, the changelog's tail brings the rest.
 */
export class LocalCopy {
  readonly store: LocalStore;
  /** Checkpoints that are not committed yet, oldest first. */
  readonly #sealed: SealedChanges[] = [];
  /** Takes what is restored, and then a checkpoint, as others do that were committed. */
  #batch: ChangeBatch = new ChangeBatch();
  readonly #spare: ChangeBatch[] = [];
  #changelog = '';
  /** Of the changelog: all that was committed before this offset is here. */
  #position = 0;

  constructor(store: LocalStore) {
    this.store = store;
  }

  /** Why the store cannot be gone on from: then it is empty now, and the changelog is to be read from its start. */
  open(facts: StoreFacts, trusted: boolean): Uselessness | undefined {
    const record = this.#record();
    this.#changelog = facts.changelog;
    const why = trusted && record !== undefined ? undefined : uselessness(record, facts);
    if (why !== undefined) this.store.clear();
    this.#position = why === undefined ? (record?.position ?? 0) : facts.start;
    return why;
  }

  /** Where in the changelog restoring begins. */
  get position(): number {
    return this.#position;
  }

  /** The checkpoint record that is here, as the changelog had it. */
  checkpoint(): string | undefined {
    return this.store.get(Buffer.from(CHECKPOINT_KEY), 0, CHECKPOINT_KEY.length)?.toString();
  }

  /** Schemas that values here refer to. */
  learnSchemas(schemas: WriterSchemas): void {
    for (const { key, value } of this.store.entries(SCHEMA_PREFIX)) {
      const { fingerprint, state } = readSchemaKey(key, 0, key.length);
      schemas.learn(fingerprint, state, value.toString());
    }
  }

  /** Takes a record of the changelog, which is committed. */
  restore(record: RecordPlace): void {
    this.#batch.add(record);
    if (this.#batch.count < RESTORE_SLICE) return;
    this.store.write(this.#batch, 0, this.#batch.count);
    this.#batch.clear();
  }

  /** The changelog is read up to `position`, and the offsets agree with what was read. */
  restored(identity: CheckpointIdentity | undefined, position: number, now: number): void {
    this.#position = position;
    if (identity !== undefined) this.#sign(this.#batch, identity, position, now);
    this.store.write(this.#batch, 0, this.#batch.count);
    this.#batch.clear();
  }

  /** Nothing of it is to be used. */
  wipe(): void {
    this.#batch.clear();
    this.store.clear();
  }

  /** A checkpoint begins: what is added from now on belongs to it. */
  seal(identity: CheckpointIdentity): void {
    if (this.#sealed.length > 0) this.#batch = this.#spare.pop() ?? new ChangeBatch();
    this.#sealed.push({ identity, batch: this.#batch, position: this.#position });
  }

  add(record: RecordPlace): void {
    this.#batch.add(record);
  }

  /** The log has committed the oldest: it is written, in slices between which `turn` gives way to others. */
  async save(now: number, turn: () => Promise<void>): Promise<void> {
    const [oldest] = this.#sealed;
    if (oldest === undefined) return;
    const { identity, batch, position } = oldest;
    this.#sign(batch, identity, position, now);
    const { count } = batch;
    for (let from = 0; from < count; from += SLICE) {
      if (from > 0) await turn();
      this.store.write(batch, from, Math.min(count, from + SLICE));
    }
    this.#sealed.shift();
    this.#give(batch);
  }

  /** All that are sealed were aborted. */
  rollback(): void {
    for (const { batch } of this.#sealed.splice(0)) this.#give(batch);
  }

  #give(batch: ChangeBatch): void {
    batch.clear();
    if (batch !== this.#batch) this.#spare.push(batch);
  }

  /** The changelog is decided up to here: what this task has committed by now is before it, or will be read again. */
  decided(position: number): void {
    this.#position = Math.max(this.#position, position);
  }

  #record(): StoreRecord | undefined {
    return parseStoreRecord(this.store.get(STORE_RECORD_KEY, 0, STORE_RECORD_KEY.length));
  }

  /** Comes last: until it is there, the store is of the checkpoint before. */
  #sign(
    batch: ChangeBatch,
    { checkpoint, producerId, epoch }: CheckpointIdentity,
    position: number,
    savedAt: number,
  ): void {
    const changelog = this.#changelog;
    const record: StoreRecord = { version: 1, changelog, checkpoint, producerId, epoch, position, savedAt };
    const value = Buffer.from(JSON.stringify(record));
    batch.put(STORE_RECORD_KEY, 0, STORE_RECORD_KEY.length, value, 0, value.length);
  }
}
