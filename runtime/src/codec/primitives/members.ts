import { isMapLike, isRecordLike } from '../value-kind.ts';
import type { Writer } from '../writer.ts';
import { writeBlockCount } from './block.ts';
import { wrongType } from './failure.ts';

/** Begins an array. Gives the count of its items, which has been written: an item's getter may change the array. */
export function beginArray(w: Writer, items: readonly unknown[]): number {
  if (!Array.isArray(items)) throw wrongType('an array', items);
  const count = items.length;
  writeBlockCount(w, count);
  return count;
}

/** Begins a map: the count of its entries. Gives its keys. */
export function beginMap(w: Writer, map: object): readonly string[] {
  if (!isMapLike(map)) throw wrongType('an ordinary object', map);
  const keys = Object.keys(map);
  writeBlockCount(w, keys.length);
  return keys;
}

/** A member that is known to be there. */
export function memberOf<T>(map: { readonly [key: string]: T }, key: string): T {
  return map[key] as T;
}

/** Refuses what is no record where its fields alone would not tell. */
export function checkRecord(value: object): void {
  if (!isRecordLike(value)) throw wrongType('an object', value);
}

/** A field that all objects inherit something under the name of. */
export function ownField<T, K extends keyof T & string>(record: T, name: K): T[K] {
  if (!Object.hasOwn(record as object, name)) throw wrongType(`a value of "${name}"`, undefined);
  return record[name];
}
