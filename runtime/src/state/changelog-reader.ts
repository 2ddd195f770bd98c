import { Reader } from '../codec/reader.ts';
import type { RecordCursor, RecordPlace } from '../log/port.ts';
import {
  CHECKPOINT,
  kindOf,
  ORIGIN,
  readSchemaKey,
  SCHEMA,
  SINGLE_OBJECT_HEADER,
  STATE,
  singleObjectFingerprint,
  stateKeyPrefix,
} from './changelog-key.ts';
import type { ChangelogPlace } from './changelog-place.ts';
import type { KeyedState } from './keyed-state.ts';
import { checkMeaning } from './older-values.ts';
import type { WriterSchemas } from './writer-schemas.ts';

/** What takes the values of one state. */
export interface RestoredState extends Pick<KeyedState, 'name' | 'kind' | 'restore' | 'restored'> {
  readonly memory: Pick<KeyedState['memory'], 'fingerprint' | 'codec' | 'decoderOf'>;
}

/** What is read of records. */
export type ChangelogRecords = RecordPlace & Pick<RecordCursor, 'next'>;

interface Known {
  readonly state: RestoredState;
  /** How keys of its records begin. */
  readonly prefix: Uint8Array;
  /** Older schemas that values of it were written with. */
  readonly older: Set<number>;
}

/** Reads a task's changelog back into its states. Makes nothing for a record. */
export class ChangelogReader {
  /** The last checkpoint record (I13), or undefined where there is none. */
  checkpoint: string | undefined;
  /** States the changelog has values of, and the job does not; `timers` for timers, which have no name there. */
  readonly unknown: Set<string> = new Set();
  records = 0;
  readonly #states: readonly Known[];
  readonly #schemas: WriterSchemas;
  /** Of the record before: most are of the same state. */
  #last: Known | undefined;
  readonly #copy: ((record: RecordPlace) => void) | undefined;
  #chunk: Buffer = Buffer.alloc(0);
  #reader: Reader = new Reader(this.#chunk);
  readonly #place: { -readonly [K in keyof ChangelogPlace]: ChangelogPlace[K] } = {
    bytes: this.#chunk,
    reader: this.#reader,
    keyFrom: 0,
    keyTo: 0,
    memberTo: 0,
    valueFrom: 0,
    valueTo: 0,
    schema: 0,
  };

  /** `copy` gets each record, as it lies in the changelog. */
  constructor(states: readonly RestoredState[], schemas: WriterSchemas, copy?: (record: RecordPlace) => void) {
    this.#states = states.map((state) => ({ state, prefix: stateKeyPrefix(state.kind, state.name), older: new Set() }));
    this.#last = this.#states[0];
    this.#schemas = schemas;
    this.#copy = copy;
  }

  /** @throws Error, its message saying what of the current record cannot be read */
  read(records: ChangelogRecords): void {
    while (records.next()) {
      this.records++;
      if (records.bytes !== this.#chunk) {
        this.#chunk = records.bytes;
        this.#reader = new Reader(this.#chunk);
        this.#place.bytes = this.#chunk;
        this.#place.reader = this.#reader;
      }
      if (records.keyStart < 0) throw new Error('a record without a key');
      this.#copy?.(records);
      switch (records.bytes[records.keyStart]) {
        case CHECKPOINT:
          this.checkpoint = text(records);
          break;
        case SCHEMA:
          this.#learn(records);
          break;
        case ORIGIN:
          break;
        case STATE:
          this.#readState(records);
          break;
        default:
          throw new Error(`a key that begins with ${records.bytes[records.keyStart]}`);
      }
    }
  }

  /** All is read: drops what was deleted. @throws Error where the changelog lacks a schema that its values refer to, or it is one that cannot be read any more */
  finish(): void {
    for (const { state } of this.#states) {
      state.restored();
      const { name, memory } = state;
      const before = this.#schemas.find(memory.fingerprint, name) ?? this.#namelessSchema(memory.fingerprint);
      // Values of both would have the same fingerprint: nothing tells them apart.
      if (before !== undefined) checkMeaning(name, memory.codec, before);
    }
    const missing = this.#schemas.missing();
    if (missing.length > 0) throw new Error(`values of schemas ${missing.join(', ')}, which it does not hold`);
    for (const { state, older } of this.#states) for (const schema of older) state.memory.decoderOf(schema);
  }

  #learn(record: RecordPlace): void {
    const { fingerprint, state } = readSchemaKey(record.bytes, record.keyStart, record.keyEnd);
    this.#schemas.learn(fingerprint, state, text(record));
  }

  /** Of an earlier version, which did not say whose schema it is: known where only one state can have meant it. */
  #namelessSchema(fingerprint: bigint): string | undefined {
    const sharing = this.#states.filter(({ state }) => state.memory.fingerprint === fingerprint);
    return sharing.length === 1 ? this.#schemas.find(fingerprint, '') : undefined;
  }

  #readState(record: RecordPlace): void {
    const { bytes, keyStart, keyEnd, valueStart, valueEnd } = record;
    const known = this.#stateOf(bytes, keyStart, keyEnd);
    if (known === undefined) return;
    const { view } = this.#reader;
    const { state, prefix, older } = known;
    const place = this.#place;
    const keyFrom = keyStart + prefix.length + 4;
    place.keyFrom = keyFrom;
    place.keyTo = keyFrom + view.getUint32(keyFrom - 4);
    place.memberTo = keyEnd;
    if (place.keyTo > keyEnd) throw new Error('a key that is cut off');
    if (valueStart < 0) {
      place.valueFrom = -1;
    } else {
      const fingerprint = singleObjectFingerprint(view, valueStart, valueEnd);
      if (fingerprint === undefined) {
        throw new Error(`a value of state ${state.name} without Avro's single-object header`);
      }
      place.valueFrom = valueStart + SINGLE_OBJECT_HEADER;
      place.valueTo = valueEnd;
      place.schema = fingerprint === state.memory.fingerprint ? 0 : this.#schemas.number(fingerprint);
      if (place.schema !== 0) older.add(place.schema);
    }
    state.restore(place);
  }

  /** The state whose key this is; undefined where the job has none of that name. */
  #stateOf(bytes: Buffer, start: number, end: number): Known | undefined {
    const last = this.#last;
    if (last !== undefined && beginsWith(bytes, start, end, last.prefix)) return last;
    const known = this.#states.find(({ prefix }) => beginsWith(bytes, start, end, prefix));
    if (known !== undefined) {
      this.#last = known;
      return known;
    }
    const name = bytes.toString('utf8', start + 6, start + 6 + this.#reader.view.getUint32(start + 2));
    const other = this.#states.find(({ state }) => state.name === name);
    if (other !== undefined) {
      const kind = kindOf(bytes[start + 1]);
      throw new Error(`state ${name} as a ${kind}, where the job declares a ${other.state.kind}`);
    }
    this.unknown.add(kindOf(bytes[start + 1]) === 'timer' ? 'timers' : name);
    return undefined;
  }
}

/** True where the prefix is there, and the length of the key behind it. */
function beginsWith(bytes: Buffer, start: number, end: number, prefix: Uint8Array): boolean {
  if (end - start < prefix.length + 4) return false;
  // The name at its end tells states apart.
  for (let i = prefix.length - 1; i >= 0; i--) if (bytes[start + i] !== prefix[i]) return false;
  return true;
}

function text({ bytes, valueStart, valueEnd }: RecordPlace): string {
  return valueStart < 0 ? '' : bytes.toString('utf8', valueStart, valueEnd);
}
