import { types } from 'node:util';
import { isBytes } from './primitives/bytes.ts';
import type { ValueKind } from './schema/union.ts';

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

/** A member of a record. Nothing that all objects inherit: a field may be called `constructor`. */
export function fieldOf(record: Members, name: string): unknown {
  return name in Object.prototype && !Object.hasOwn(record, name) ? undefined : record[name];
}
