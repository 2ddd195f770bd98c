import type { Codec } from '../codec/codec.ts';
import { readString } from '../codec/primitives/text.ts';
import { readInt } from '../codec/primitives/varint.ts';
import { Reader } from '../codec/reader.ts';
import { type Skip, Skipper } from '../codec/resolution/skip.ts';
import { canonicalForm } from '../codec/schema/canonical-form.ts';
import { normalizedSchema } from '../codec/schema/normalized-schema.ts';
import { parseSchema } from '../codec/schema/read-schemas.ts';
import type { AvroType, RecordType } from '../codec/schema/type.ts';
import { Writer } from '../codec/writer.ts';
import type { Format } from '../format/format.ts';
import { checkMeaning, olderDecoder } from '../state/older-values.ts';
import type { JobDeclaration } from '../task/declaration.ts';
import { JobError, reasonOf } from '../task/job-error.ts';
import { keyEncodings } from '../task/plan/key-encodings.ts';
import { KIND_PROPERTY, STATE_PROPERTY } from './file-schema.ts';
import { type KeyType, keyTypeOf } from './key-type.ts';
import { type SavedState, savedStates } from './saved-state.ts';
import type { SavepointInfo } from './savepoint-info.ts';

/** One value of state, in the bytes that a changelog has for it. Valid until the next. */
export interface SavedEntry {
  /** Its place in `savedStates`. */
  readonly state: number;
  /** The key in the job's format, and as a value. */
  readonly key: Writer;
  readonly keyValue: unknown;
  /** What tells it from others under the same key: index, entry's key, timer's name; empty for a value. */
  readonly member: Writer;
  /** In the present schema. */
  readonly value: Writer;
}

interface Found {
  readonly readers: ReadonlyMap<RecordType, StateReader>;
  readonly unknown: readonly string[];
  readonly missing: readonly string[];
}

/**
 * How each state's records are read for a job, whose states may have changed since. @throws JobError where keys, kinds or schemas
 * do not go together
 */
export function stateReaders(records: readonly RecordType[], info: SavepointInfo, declaration: JobDeclaration): Found {
  checkKeys(info, declaration);
  const states = savedStates(declaration);
  const scratch = { key: new Writer(256), member: new Writer(256), value: new Writer() };
  const common = { format: declaration.key, keyType: keyTypeOf(declaration.key), scratch };
  const readers = new Map<RecordType, StateReader>();
  const unknown: string[] = [];
  const seen = new Set<string>();
  for (const record of records) {
    const kind = record.properties?.[KIND_PROPERTY];
    if (typeof kind !== 'string') continue;
    const name = String(record.properties?.[STATE_PROPERTY] ?? '');
    seen.add(name);
    const index = states.findIndex((state) => state.name === name);
    const state = states[index];
    if (state !== undefined && state.kind !== kind) {
      throw refused(`state ${name} is a ${kind} there, where the job declares a ${state.kind}`);
    }
    if (state === undefined) unknown.push(name === '' ? 'timers' : name);
    readers.set(record, new StateReader(record, state && { ...state, index }, common));
  }
  const missing = states.filter(({ name }) => !seen.has(name)).map(({ name }) => (name === '' ? 'timers' : name));
  return { readers, unknown, missing };
}

interface Common {
  readonly format: Format<unknown>;
  readonly keyType: KeyType;
  readonly scratch: Pick<SavedEntry, 'key' | 'member' | 'value'>;
}

/** Reads the records of one state. */
export class StateReader {
  readonly #state: (SavedState & { readonly index: number }) | undefined;
  readonly #common: Common;
  readonly #skipAll: Skip;
  readonly #skipValue: Skip;
  /** Undefined where values are in the present schema. */
  readonly #decodeOlder: ((bytes: Uint8Array) => unknown) | undefined;
  readonly #entry: { -readonly [K in keyof SavedEntry]: SavedEntry[K] };

  /** Without a state, its records are stepped over. */
  constructor(record: RecordType, state: (SavedState & { readonly index: number }) | undefined, common: Common) {
    this.#state = state;
    this.#common = common;
    const skipper = new Skipper();
    this.#skipAll = skipper.skipping(record);
    this.#entry = { state: state?.index ?? -1, keyValue: undefined, ...common.scratch };
    const value = record.fields.at(-1)?.type;
    this.#skipValue = value === undefined ? () => undefined : skipper.skipping(value);
    if (state === undefined) return;
    checkLayout(record, state, common.keyType);
    // A timer's fields are part of its record.
    if (state.kind !== 'timer' && value !== undefined) this.#decodeOlder = decoderOf(state, value);
  }

  /** Undefined where the job does not have the state. @throws where the bytes are no such record */
  read(reader: Reader): SavedEntry | undefined {
    const state = this.#state;
    if (state === undefined) {
      this.#skipAll(reader);
      return undefined;
    }
    const { format, keyType } = this.#common;
    const entry = this.#entry;
    const { key, member, value } = entry;
    key.reset();
    keyType.read(reader, key);
    entry.keyValue = format.read(new Reader(key.bytes, 0, key.position));
    // State is keyed by the canonical encoding (I18).
    key.reset();
    format.write(key, entry.keyValue);
    member.reset();
    value.reset();
    switch (state.kind) {
      case 'list': {
        const index = readInt(reader);
        if (index < 0) throw new Error(`an item of list ${state.name} with index ${index}`);
        member.ensure(4);
        member.view.setUint32(0, index);
        member.position = 4;
        break;
      }
      case 'map':
        state.member?.write(member, state.member.read(reader));
        break;
      case 'timer': {
        const id = readString(reader);
        member.ensure(id.length * 3);
        member.position = member.bytes.write(id);
        break;
      }
      case 'value':
        break;
    }
    state.value.write(value, this.#readValue(state.value, reader));
    return entry;
  }

  #readValue(codec: Codec<unknown>, reader: Reader): unknown {
    const decode = this.#decodeOlder;
    if (decode === undefined) return codec.read(reader);
    const start = reader.position;
    this.#skipValue(reader);
    return decode(reader.bytes.subarray(start, reader.position));
  }
}

/** Undefined where the values are in the present schema. @throws JobError where none of them could be read, or would mean something else */
function decoderOf({ name, value }: SavedState, type: AvroType): ((bytes: Uint8Array) => unknown) | undefined {
  const written = normalizedSchema(type);
  try {
    if (canonicalForm(type) !== value.canonicalForm) return olderDecoder(name, value, written);
    checkMeaning(name, value, written);
    return undefined;
  } catch (cause) {
    throw refused(reasonOf(cause), cause);
  }
}

/** The fields in front of the value must be what they always are: nothing would tell one key from another. */
function checkLayout({ name, fields }: RecordType, { kind, member }: SavedState, keyType: KeyType): void {
  const string: string = '"string"';
  const middle =
    kind === 'list'
      ? [{ name: 'index', schema: '"int"' }]
      : kind === 'map'
        ? [{ name: 'entry', schema: member?.schema ?? string }]
        : kind === 'timer'
          ? [
              { name: 'id', schema: string },
              { name: 'time', schema: '"long"' },
              { name: 'eventTime', schema: '"boolean"' },
            ]
          : [];
  const expected = [{ name: 'key', schema: keyType.schema }, ...middle];
  const count = kind === 'timer' ? expected.length : expected.length + 1;
  const same = expected.every(({ name: field, schema }, i) => {
    const found = fields[i];
    return found?.name === field && canonicalForm(found.type) === canonicalForm(parseSchema(schema));
  });
  if (!same || fields.length !== count) {
    const names = fields.map((field) => field.name).join(', ');
    throw refused(`${name} has the fields ${names}, or types of them, that a ${kind} of this job does not have`);
  }
}

/** Keys must be encoded as they were. */
function checkKeys({ keys }: SavepointInfo, declaration: JobDeclaration): void {
  const now = keyEncodings(declaration);
  if (keys.job !== now.job) {
    throw refused(`the keys of its job were in format ${keys.job}, and are in format ${now.job} now`);
  }
  for (const [state, before] of Object.entries(keys.maps)) {
    const is = Object.hasOwn(now.maps, state) ? now.maps[state] : undefined;
    if (is !== undefined && is !== before) {
      throw refused(`the keys of map ${state} are of another schema than there (${is}, not ${before})`);
    }
  }
}

function refused(what: string, cause?: unknown): JobError {
  const advice = 'Start from it with the version of the job that it was taken of, or change the state back';
  return new JobError('JOB_SAVEPOINT', `the job cannot start from the savepoint: ${what}. ${advice}`, { cause });
}
