import type { Writer } from '../codec/writer.ts';
import type { KeyedState } from './keyed-state.ts';

/**
 * Keys of a job's changelog. The first byte says what a record holds:
 * - {@link CHECKPOINT}: the task's last checkpoint (I13), as JSON.
 * - {@link SCHEMA}: a schema that values of a state refer to; then its fingerprint, 8 bytes, little-endian, and the state's name,
 *   since states may share a fingerprint, which leaves logical types out. The value is its JSON.
 * - {@link STATE}: a value of state; then the state's kind and name, the record's key, and for a list the index (4 bytes),
 *   for a map the key's encoding, for a timer its id as text; timers have an empty name. Name and key follow their length in 4 bytes; all of these are big-endian.
 *   The value is in Avro's single-object encoding.
 * - {@link ORIGIN}: which savepoint the changelog was made from; the value is the savepoint's id. It comes first.
 */
export const CHECKPOINT = 0;
export const SCHEMA = 1;
export const STATE = 2;
export const ORIGIN = 3;

export const CHECKPOINT_KEY: Uint8Array = Uint8Array.of(CHECKPOINT);
export const ORIGIN_KEY: Uint8Array = Uint8Array.of(ORIGIN);

const KINDS: Readonly<Record<KeyedState['kind'], number>> = { value: 0, list: 1, map: 2, timer: 3 };

/** How the keys of one state begin. */
export function stateKeyPrefix(kind: KeyedState['kind'], name: string): Uint8Array {
  const text = Buffer.from(name);
  const prefix = Buffer.alloc(6 + text.length);
  prefix[0] = STATE;
  prefix[1] = KINDS[kind];
  prefix.writeUInt32BE(text.length, 2);
  prefix.set(text, 6);
  return prefix;
}

export function kindOf(code: number | undefined): KeyedState['kind'] | undefined {
  return (['value', 'list', 'map', 'timer'] as const)[code ?? -1];
}

const SCHEMA_NAME_AT = 9;

export function writeSchemaKey(writer: Writer, fingerprint: bigint, state: string): void {
  writer.ensure(SCHEMA_NAME_AT + Buffer.byteLength(state));
  writer.bytes[writer.position] = SCHEMA;
  writer.view.setBigUint64(writer.position + 1, fingerprint, true);
  writer.position += SCHEMA_NAME_AT;
  writer.position += writer.bytes.write(state, writer.position);
}

/** What a key says that holds a schema. The name is empty for timers, and where an earlier version has written it. */
export function readSchemaKey(
  bytes: Buffer,
  start: number,
  end: number,
): { readonly fingerprint: bigint; readonly state: string } {
  const state = bytes.toString('utf8', start + SCHEMA_NAME_AT, end);
  return { fingerprint: bytes.readBigUInt64LE(start + 1), state };
}

/** Marker and fingerprint in front of a value (Avro 1.12, "Single-object encoding"). */
export const SINGLE_OBJECT_HEADER = 10;

export function writeSingleObjectHeader(writer: Writer, fingerprint: bigint): void {
  writer.ensure(SINGLE_OBJECT_HEADER);
  writer.view.setUint16(writer.position, 0xc301);
  writer.view.setBigUint64(writer.position + 2, fingerprint, true);
  writer.position += SINGLE_OBJECT_HEADER;
}

/** The fingerprint of a single-object value, or undefined where the bytes are none. */
export function singleObjectFingerprint(view: DataView, start: number, end: number): bigint | undefined {
  if (end - start < SINGLE_OBJECT_HEADER || view.getUint16(start) !== 0xc301) return undefined;
  return view.getBigUint64(start + 2, true);
}
