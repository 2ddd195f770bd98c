import { types } from 'node:util';
import { isBytes } from './primitives/bytes.ts';
import type { Branch, RecordType, UnionType } from './schema/type.ts';
import { type ValueKind, valueKind } from './schema/union.ts';

/** What a value is among the kinds that tell the branches of a plain union apart; undefined for what no Avro type has. */
export function kindOf(value: unknown): ValueKind | undefined {
  switch (typeof value) {
    case 'boolean':
      return 'boolean';
    case 'number':
      return 'number';
    case 'bigint':
      return 'bigint';
    case 'string':
      return 'string';
    case 'object':
      if (value === null) return 'null';
      if (Array.isArray(value)) return 'array';
      if (isBytes(value)) return 'bytes';
      return types.isDate(value) ? 'Date' : 'object';
    default:
      return undefined;
  }
}

/** The branch of a plain union that a valid value is of: an object is whatever is none of the others. */
export function branchOfKind({ branches }: UnionType, value: unknown): Branch | undefined {
  const ofKind = (kind: ValueKind | undefined): Branch | undefined =>
    branches.find(({ type }) => type.kind !== 'union' && valueKind(type) === kind);
  return ofKind(kindOf(value)) ?? ofKind('object');
}

export type Members = { readonly [name: string]: unknown };

/** What may be a record: any object that is nothing else. */
export function isRecordLike(value: unknown): value is Members {
  return kindOf(value) === 'object';
}

/** What may be a map: an ordinary object, of any realm, or one without a prototype. Not a Map, whose entries are no members. */
export function isMapLike(value: unknown): value is Members {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** Names of members that arrays, bytes, dates, functions and strings have too. */
const BUILT_IN =
  /^(?:length|size|name|message|prototype|buffer|byteLength|byteOffset|description|BYTES_PER_ELEMENT|__proto__)$/;

/** True where something else than a record could pass for one of these fields by what it has anyway. */
export function isMistakable({ fields }: RecordType): boolean {
  return fields.every(({ name }) => BUILT_IN.test(name));
}

/** True for names of what all objects inherit: only an own member of such a name is a field. */
export function isInherited(name: string): boolean {
  return name in Object.prototype;
}

/** A member of a record. Nothing that all objects inherit: a field may be called `constructor`. */
export function fieldOf(record: Members, name: string): unknown {
  return isInherited(name) && !Object.hasOwn(record, name) ? undefined : record[name];
}
