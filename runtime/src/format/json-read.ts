import { Buffer } from 'node:buffer';
import { AvroDecodeError, MAX_DEPTH } from '../codec/errors.ts';
import { setMember } from '../codec/own-member.ts';
import { nameOf } from '../codec/primitives/failure.ts';
import { defaultValue } from '../codec/schema/defaults.ts';
import { isJsonArray, isJsonObject, member } from '../codec/schema/json.ts';
import type { AvroType, FixedType, Json, PrimitiveType, RecordType, UnionType } from '../codec/schema/type.ts';
import { branchOfJson, isTaggedInJson } from './json-union.ts';
import { joinPath, keyPath } from './place.ts';

const NON_FINITE: ReadonlyMap<Json, number> = new Map([
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
]);
/** Years beyond 0000–9999 have a sign and six digits, as in ECMAScript. */
const DAY = /^((?:\d{4}|[+-]\d{6})-\d\d-\d\d)$/;
const INSTANT = /^((?:\d{4}|[+-]\d{6})-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d{1,3})?Z$/;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/**
 * A value in TypeScript of its plain JSON. Its form is checked here; ranges, symbols and lengths are the codec's to check.
 * @throws AvroDecodeError with code `json` or `depth`, and an offset that the caller knows better
 */
export function valueOfJson(type: AvroType, json: Json, path = '', depth = 0): unknown {
  if (depth > MAX_DEPTH) throw failure('depth', `nested more than ${MAX_DEPTH} levels deep`, path);
  switch (type.kind) {
    case 'array':
      if (!isJsonArray(json)) throw expected('an array', json, path);
      return json.map((item, index) => valueOfJson(type.items, item, `${path}[${index}]`, depth + 1));
    case 'map': {
      if (!isJsonObject(json)) throw expected('an object', json, path);
      const map = {};
      for (const [name, entry] of Object.entries(json)) {
        setMember(map, name, valueOfJson(type.values, entry, keyPath(path, name), depth + 1));
      }
      return map;
    }
    case 'record':
      return recordOfJson(type, json, path, depth);
    case 'union':
      return unionOfJson(type, json, path, depth);
    case 'enum':
      if (typeof json !== 'string') throw expected('a string', json, path);
      return json;
    default:
      return scalarOfJson(type, json, path);
  }
}

function recordOfJson(type: RecordType, json: Json, path: string, depth: number): unknown {
  if (!isJsonObject(json)) throw expected('an object', json, path);
  const record = {};
  for (const field of type.fields) {
    const value = member(json, field.name);
    const at = joinPath(path, field.name);
    if (value !== undefined) setMember(record, field.name, valueOfJson(field.type, value, at, depth + 1));
    else if (field.default !== undefined) setMember(record, field.name, defaultValue(field));
    else throw failure('json', 'is missing, and has no default', at);
  }
  return record;
}

function unionOfJson(type: UnionType, json: Json, path: string, depth: number): unknown {
  if (json === null || !isTaggedInJson(type)) {
    const branch = branchOfJson(type.branches, json);
    if (branch === undefined) throw expected(`one of ${type.branches.map(({ tag }) => tag).join(', ')}`, json, path);
    return valueOfJson(branch.type, json, path, depth + 1);
  }
  const tag = isJsonObject(json) ? member(json, 'branch') : undefined;
  const inner = isJsonObject(json) ? member(json, 'value') : undefined;
  const branch = type.branches.find((candidate) => candidate.tag === tag);
  if (branch === undefined || inner === undefined) {
    const tags = type.branches.map((candidate) => candidate.tag).join(', ');
    throw expected(`{ "branch": …, "value": … } with one of ${tags}`, json, path);
  }
  const value = valueOfJson(branch.type, inner, joinPath(path, 'value'), depth + 1);
  return type.tagged ? { branch: branch.tag, value } : value;
}

function scalarOfJson(type: PrimitiveType | FixedType, json: Json, path: string): unknown {
  switch (type.as) {
    case 'null':
      if (json !== null) throw expected('null', json, path);
      return json;
    case 'boolean':
    case 'string':
      if (typeof json !== type.as) throw expected(`a ${type.as}`, json, path);
      return json;
    case 'number':
      return type.kind === 'float' || type.kind === 'double' ? floatOfJson(json, path) : integerOfJson(json, path);
    case 'bigint':
      return typeof json === 'bigint' ? json : BigInt(integerOfJson(json, path));
    case 'bytes':
      if (typeof json !== 'string' || !BASE64.test(json)) throw expected('base64', json, path);
      return new Uint8Array(Buffer.from(json, 'base64'));
    case 'Date':
      return dateOfJson(type, json, path);
    case 'duration': {
      if (!isJsonObject(json)) throw expected('{ "months": …, "days": …, "millis": … }', json, path);
      const part = (name: string): number => integerOfJson(member(json, name) ?? null, joinPath(path, name));
      return { months: part('months'), days: part('days'), millis: part('millis') };
    }
  }
}

function integerOfJson(json: Json, path: string): number {
  if (!Number.isSafeInteger(json)) {
    throw typeof json === 'bigint' || typeof json === 'number'
      ? failure('json', 'not an integer that fits', path)
      : expected('an integer', json, path);
  }
  return json as number;
}

function floatOfJson(json: Json, path: string): number {
  const value = typeof json === 'bigint' ? Number(json) : json;
  // JSON has no infinite numbers: this one is beyond a double.
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  const special = NON_FINITE.get(json);
  if (special === undefined || typeof json !== 'string') throw expected('a number', json, path);
  return special;
}

function dateOfJson(type: PrimitiveType | FixedType, json: Json, path: string): Date {
  const isDay = type.logical?.name === 'date';
  const parts = typeof json === 'string' ? (isDay ? DAY : INSTANT).exec(json) : null;
  const date = new Date(isDay ? `${json}T00:00:00.000Z` : String(json));
  // Date accepts the 30th of February and hour 24; the text of what it made of them is another.
  if (parts === null || Number.isNaN(date.getTime()) || !date.toISOString().startsWith(parts[1] ?? '')) {
    const form = isDay ? "a date such as '2001-01-31'" : "a time such as '2001-01-31T13:05:00.000Z'";
    throw expected(form, json, path);
  }
  return date;
}

function expected(what: string, json: Json, path: string): AvroDecodeError {
  return failure('json', `expected ${what}, got ${nameOf(json)}`, path);
}

function failure(code: 'json' | 'depth', reason: string, path: string): AvroDecodeError {
  return new AvroDecodeError(reason, { code, path, offset: 0 });
}
