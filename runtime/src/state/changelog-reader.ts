import { Reader } from '../codec/reader.ts';
import type { Format } from '../format/format.ts';
import type { RecordCursor } from '../log/port.ts';
import { NOWHERE, type PreImage } from './cell.ts';
import { CHECKPOINT, kindOf, SCHEMA, SINGLE_OBJECT_HEADER, STATE, singleObjectFingerprint } from './changelog-key.ts';
import type { KeyIdentity } from './key-identity.ts';
import type { KeyedState } from './keyed-state.ts';
import { logicalTypes } from './logical-types.ts';
import type { WriterSchemas } from './writer-schemas.ts';

/** Reads a task's changelog back into its states. */
export class ChangelogReader {
  /** The last checkpoint record (I13), or undefined where there is none. */
  checkpoint: string | undefined;
  /** States the changelog has values of, and the job does not. */
  readonly unknown: Set<string> = new Set();
  records = 0;
  readonly #states: ReadonlyMap<string, KeyedState>;
  readonly #key: Format<unknown>;
  readonly #identities: KeyIdentity;
  readonly #schemas: WriterSchemas;
  /** Cells whose last record was a tombstone, when it was read. */
  readonly #deleted = new Map<KeyedState, PreImage[]>();
  #chunk: Buffer = Buffer.alloc(0);
  #reader: Reader = new Reader(this.#chunk);

  constructor(
    states: readonly KeyedState[],
    schemas: WriterSchemas,
    keys: { readonly format: Format<unknown>; readonly identities: KeyIdentity },
  ) {
    this.#states = new Map(states.map((state) => [state.name, state]));
    for (const state of states) this.#deleted.set(state, []);
    this.#schemas = schemas;
    this.#key = keys.format;
    this.#identities = keys.identities;
  }

  /** @throws Error, its message saying what of the current record cannot be read */
  read(records: RecordCursor): void {
    while (records.next()) {
      this.records++;
      if (records.bytes !== this.#chunk) {
        this.#chunk = records.bytes;
        this.#reader = new Reader(this.#chunk);
      }
      if (records.keyStart < 0) throw new Error('a record without a key');
      switch (records.bytes[records.keyStart]) {
        case CHECKPOINT:
          this.checkpoint = text(records);
          break;
        case SCHEMA:
          this.#schemas.learn(this.#reader.view.getBigUint64(records.keyStart + 1, true), text(records));
          break;
        case STATE:
          this.#readState(records);
          break;
        default:
          throw new Error(`a key that begins with ${records.bytes[records.keyStart]}`);
      }
    }
  }

  /** All is read: drops what was deleted. @throws Error where the changelog lacks a schema that its values refer to */
  finish(): void {
    for (const [state, deleted] of this.#deleted) state.sweep(deleted);
    for (const { name, memory } of this.#states.values()) {
      const before = this.#schemas.find(memory.fingerprint);
      if (before === undefined || before === memory.codec.schema) continue;
      const [was, is] = [logicalTypes(before), logicalTypes(memory.codec.schema)];
      // Values of both would have the same fingerprint: nothing tells them apart.
      if (was !== is) throw new Error(`values of state ${name} with logical types '${was}', where the job has '${is}'`);
    }
    const missing = this.#schemas.missing();
    if (missing.length > 0) throw new Error(`values of schemas ${missing.join(', ')}, which it does not hold`);
  }

  #readState(record: RecordCursor): void {
    const { bytes, keyStart, keyEnd, valueStart, valueEnd } = record;
    const reader = this.#reader;
    const nameEnd = keyStart + 6 + reader.view.getUint32(keyStart + 2);
    const keyFrom = nameEnd + 4;
    const keyTo = keyFrom + reader.view.getUint32(nameEnd);
    if (keyTo > keyEnd) throw new Error('a key that is cut off');
    const name = bytes.toString('utf8', keyStart + 6, nameEnd);
    const state = this.#states.get(name);
    if (state === undefined) {
      this.unknown.add(name);
      return;
    }
    const kind = kindOf(bytes[keyStart + 1]);
    if (kind !== state.kind) throw new Error(`state ${name} as a ${kind}, where the job declares a ${state.kind}`);
    reader.reset(keyFrom, keyTo);
    const identity = this.#identities.of(this.#key.read(reader));
    reader.reset(keyTo, keyEnd);
    const cell = state.cellAt(identity, reader);
    if (valueStart < 0) {
      state.memory.restoreTombstone(cell);
      this.#deleted.get(state)?.push({ cell, identity, address: NOWHERE, length: 0, schema: 0 });
      return;
    }
    const fingerprint = singleObjectFingerprint(reader.view, valueStart, valueEnd);
    if (fingerprint === undefined) throw new Error(`a value of state ${name} without Avro's single-object header`);
    const schema = fingerprint === state.memory.fingerprint ? 0 : this.#schemas.number(fingerprint);
    state.memory.restore(cell, bytes, valueStart + SINGLE_OBJECT_HEADER, valueEnd, schema);
  }
}

function text({ bytes, valueStart, valueEnd }: RecordCursor): string {
  return valueStart < 0 ? '' : bytes.toString('utf8', valueStart, valueEnd);
}
