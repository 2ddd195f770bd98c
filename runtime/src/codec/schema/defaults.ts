import { conversionOf } from '../conversion.ts';
import { AvroSchemaError, reasonOf } from '../errors.ts';
import { setMember } from '../own-member.ts';
import { baseFromJson, EXPECTED_JSON } from './base-json.ts';
import { quote } from './definitions.ts';
import { joinPath } from './document.ts';
import { INVALID } from './invalid.ts';
import { isJsonArray, isJsonObject, member } from './json.ts';
import type {
  AvroType,
  EnumType,
  Field,
  FixedType,
  Json,
  JsonObject,
  PrimitiveType,
  RecordType,
  UnionType,
} from './type.ts';

/** A default that was checked: makes a fresh value each time. */
export interface TypedDefault {
  readonly make: () => unknown;
  /** Values in it, parts included, but for the fields it pulls in. */
  readonly size: number;
  /** Fields of records inside that the default leaves out: they take their own defaults. */
  readonly pulls: readonly Field[];
}

/** Why JSON is not a default of a type. */
export interface DefaultProblem {
  /** JSON path inside the default. */
  readonly path: string;
  readonly reason: string;
}

/**
 * A new value of the field's default, in the form its type has in TypeScript.
 * @throws AvroSchemaError where the field has no default, or one that does not fit
 */
export function defaultValue(field: Field): unknown {
  let made = makers.get(field);
  if (made === undefined) {
    const result = typedDefault(field);
    if ('reason' in result) {
      const problem = { path: field.name, reason: `the default: ${result.reason}`, hint: 'Correct the default' };
      throw new AvroSchemaError('schema', [problem]);
    }
    made = result.make;
    makers.set(field, made);
  }
  return made();
}

const makers = new WeakMap<Field, () => unknown>();

/** Reads a field's default (Avro 1.12, "Complex Types", and Java where a union's default may be of any branch). */
export function typedDefault(field: Field): TypedDefault | DefaultProblem {
  if (field.default === undefined) return { path: '', reason: 'there is none' };
  return new DefaultReader().read(field.type, field.default.json, '');
}

/** True where JSON is a default of the type, branches of unions bare. */
export function isDefaultOf(type: AvroType, json: Json): boolean {
  return 'make' in new DefaultReader().read(type, json, '');
}

type Result = TypedDefault | DefaultProblem;

class DefaultReader {
  /** A union tries its branches one after the other; without this, nested ones would take exponential time. */
  readonly #seen = new Map<JsonObject | readonly Json[], Map<AvroType, Result>>();

  read(type: AvroType, json: Json, path: string): Result {
    if (type === INVALID) return { make: () => null, size: 1, pulls: [] };
    if (typeof json !== 'object' || json === null) return this.#read(type, json, path);
    const results = this.#seen.get(json) ?? new Map<AvroType, Result>();
    this.#seen.set(json, results);
    let result = results.get(type);
    if (result === undefined) {
      result = this.#read(type, json, path);
      results.set(type, result);
    }
    return result;
  }

  #read(type: AvroType, json: Json, path: string): Result {
    switch (type.kind) {
      case 'record':
        return this.#record(type, json, path);
      case 'enum':
        return enumDefault(type, json, path);
      case 'array':
        return this.#array(type.items, json, path);
      case 'map':
        return this.#map(type.values, json, path);
      case 'union':
        return this.#union(type, json, path);
      default:
        return leafDefault(type, json, path);
    }
  }

  #record(type: RecordType, json: Json, path: string): Result {
    if (!isJsonObject(json)) return unlike(json, `an object with the fields of ${type.name}`, path);
    const parts: { name: string; make: () => unknown }[] = [];
    const pulls: Field[] = [];
    let size = 1;
    for (const field of type.fields) {
      const given = member(json, field.name);
      if (given === undefined) {
        if (field.default === undefined) {
          return { path, reason: `the field ${quote(field.name)} is missing, and has no default of its own` };
        }
        pulls.push(field);
        parts.push({ name: field.name, make: () => defaultValue(field) });
        continue;
      }
      const part = this.read(field.type, given, joinPath(path, field.name));
      if ('reason' in part) return part;
      size += part.size;
      pulls.push(...part.pulls);
      parts.push({ name: field.name, make: part.make });
    }
    const make = () => {
      const record: { [name: string]: unknown } = {};
      for (const part of parts) setMember(record, part.name, part.make());
      return record;
    };
    return { make, size, pulls };
  }

  #array(items: AvroType, json: Json, path: string): Result {
    if (!isJsonArray(json)) return unlike(json, 'an array', path);
    const parts: TypedDefault[] = [];
    for (const [index, item] of json.entries()) {
      const part = this.read(items, item, `${path}[${index}]`);
      if ('reason' in part) return part;
      parts.push(part);
    }
    return { make: () => parts.map((part) => part.make()), ...sumOf(parts) };
  }

  #map(values: AvroType, json: Json, path: string): Result {
    if (!isJsonObject(json)) return unlike(json, 'an object', path);
    const parts: TypedDefault[] = [];
    const keys: string[] = [];
    for (const [key, value] of Object.entries(json)) {
      if (!key.isWellFormed()) return { path, reason: 'a key with a lone surrogate' };
      const part = this.read(values, value, joinPath(path, key));
      if ('reason' in part) return part;
      parts.push(part);
      keys.push(key);
    }
    const make = () => {
      const map: { [name: string]: unknown } = {};
      for (const [index, key] of keys.entries()) setMember(map, key, parts[index]?.make());
      return map;
    };
    return { make, ...sumOf(parts) };
  }

  /** The first branch that fits: which one is not written down. */
  #union(type: UnionType, json: Json, path: string): Result {
    let only: Result | undefined;
    for (const branch of type.branches) {
      const result = this.read(branch.type, json, path);
      if ('reason' in result) {
        only ??= result;
        continue;
      }
      if (!type.tagged || branch.type.kind === 'null') return result;
      return { ...result, make: () => ({ branch: branch.tag, value: result.make() }) };
    }
    if (type.branches.length === 1 && only !== undefined) return only;
    return { path, reason: `${quote(json)} fits no branch of the union` };
  }
}

function sumOf(parts: readonly TypedDefault[]): { size: number; pulls: readonly Field[] } {
  let size = 1;
  for (const part of parts) size += part.size;
  return { size, pulls: parts.flatMap((part) => part.pulls) };
}

function enumDefault(type: EnumType, json: Json, path: string): Result {
  if (typeof json === 'string' && type.symbols.includes(json)) return { make: () => json, size: 1, pulls: [] };
  return { path, reason: `${quote(json)} is not a symbol of ${type.name}` };
}

function leafDefault(type: PrimitiveType | FixedType, json: Json, path: string): Result {
  const base = baseFromJson(type, json);
  if (base === undefined) return unlike(json, EXPECTED_JSON[type.kind], path);
  if (type.kind === 'fixed' && base instanceof Uint8Array && base.length !== type.size) {
    return { path, reason: `${base.length} bytes, where ${type.name} has ${type.size}` };
  }
  const conversion = conversionOf(type);
  if (conversion === undefined) {
    return { make: base instanceof Uint8Array ? () => base.slice() : () => base, size: 1, pulls: [] };
  }
  try {
    conversion.from(base as never);
  } catch (error) {
    return { path, reason: `${quote(json)} cannot be a ${type.logical?.name ?? type.kind}: ${reasonOf(error)}` };
  }
  return { make: () => conversion.from(base as never), size: 1, pulls: [] };
}

function unlike(json: Json, expected: string, path: string): DefaultProblem {
  return { path, reason: `${quote(json)} is not ${expected}` };
}
