import { Reader } from '../../codec/reader.ts';
import { SINGLE_OBJECT_HEADER, singleObjectFingerprint, stateKeyPrefix } from '../changelog-key.ts';
import type { KeyedState } from '../keyed-state.ts';
import type { WriterSchemas } from '../writer-schemas.ts';
import type { LocalStore } from './local-store.ts';

/** Puts all that a store has of a state into memory: of one that lives there whatever else is in the store, as timers do. */
export function loadResident(store: LocalStore, state: KeyedState, schemas: WriterSchemas): void {
  const prefix = Buffer.from(stateKeyPrefix(state.kind, state.name));
  for (const { key, value } of store.entries(prefix)) {
    const bytes = Buffer.concat([key, value]);
    const reader = new Reader(bytes);
    const keyFrom = prefix.length + 4;
    const fingerprint = singleObjectFingerprint(reader.view, key.length, bytes.length);
    if (fingerprint === undefined)
      throw new Error(`a value of state ${state.name} without Avro's single-object header`);
    state.restore({
      bytes,
      reader,
      keyFrom,
      keyTo: keyFrom + key.readUInt32BE(prefix.length),
      memberTo: key.length,
      valueFrom: key.length + SINGLE_OBJECT_HEADER,
      valueTo: bytes.length,
      schema: fingerprint === state.memory.fingerprint ? 0 : schemas.number(fingerprint),
    });
  }
}
