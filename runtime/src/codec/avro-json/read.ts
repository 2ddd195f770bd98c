import { conversionOf } from '../conversion.ts';
import { AvroDecodeError, MAX_DEPTH, reasonOf } from '../errors.ts';
import { setMember } from '../own-member.ts';
import { type PathSegment, pathText } from '../path.ts';
import { nameOf } from '../primitives/failure.ts';
import { RecursiveRecords } from '../resolution/recursion.ts';
import { baseFromJson, EXPECTED_JSON } from '../schema/base-json.ts';
import { defaultValue } from '../schema/defaults.ts';
import { isJsonArray, isJsonObject, JsonError, member, parseJson } from '../schema/json.ts';
import { type JsonStep, jsonOffset } from '../schema/json-offset.ts';
import type { AvroType, FixedType, Json, PrimitiveType, RecordType, UnionType } from '../schema/type.ts';
import { branchName } from '../schema/union.ts';
import { isStackOverflow } from '../validator.ts';

/** Each level of a value may take several of JSON: a record in a tagged branch in an array in a map. */
const MAX_JSON_DEPTH = 10 * MAX_DEPTH;

/** Reads Avro's JSON encoding. @throws AvroDecodeError with code `json`; its offset counts UTF-16 units */
export function readAvroJson(type: AvroType, text: string): unknown {
  let json: Json;
  try {
    json = parseJson(text, { maxDepth: MAX_JSON_DEPTH });
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    throw new AvroDecodeError(error.reason, { code: 'json', path: '', offset: error.offset }, { cause: error });
  }
  const reader = new AvroJsonReader();
  try {
    return reader.read(type, json);
  } catch (error) {
    const reason = isStackOverflow(error) ? 'nested too deep' : reasonOf(error);
    const offset = jsonOffset(text, reader.steps);
    throw new AvroDecodeError(reason, { code: 'json', path: pathText(reader.path), offset }, { cause: error });
  }
}

class Mismatch extends Error {
  readonly reason: string;

  constructor(reason: string) {
    super(reason);
    this.reason = reason;
  }
}

class AvroJsonReader {
  /** Where it is in the value, and in the text. After a failure they stay. */
  readonly path: PathSegment[] = [];
  readonly steps: JsonStep[] = [];
  readonly #recursive = new RecursiveRecords();
  #depth = 0;

  read(type: AvroType, json: Json): unknown {
    switch (type.kind) {
      case 'record':
        return this.#record(type, json);
      case 'enum':
        if (typeof json === 'string' && type.symbols.includes(json)) return json;
        throw unlike(json, `a symbol of ${type.name}`);
      case 'array': {
        if (!isJsonArray(json)) throw unlike(json, 'an array');
        const items: unknown[] = [];
        for (const item of json) {
          this.#enter(items.length, items.length);
          items.push(this.read(type.items, item));
          this.#leave();
        }
        return items;
      }
      case 'map': {
        if (!isJsonObject(json)) throw unlike(json, 'an object');
        const map: { [name: string]: unknown } = {};
        for (const key of Object.keys(json)) {
          if (!key.isWellFormed()) throw new Mismatch('a key with a lone surrogate');
          this.#enter({ key }, key);
          setMember(map, key, this.read(type.values, json[key] ?? null));
          this.#leave();
        }
        return map;
      }
      case 'union':
        return this.#union(type, json);
      default:
        return readLeaf(type, json);
    }
  }

  /** Members that are no fields are ignored, as Java does. */
  #record(type: RecordType, json: Json): unknown {
    if (!isJsonObject(json)) throw unlike(json, `an object with the fields of ${type.name}`);
    const counted = this.#recursive.has(type);
    if (counted && ++this.#depth > MAX_DEPTH) throw new Mismatch(`nested more than ${MAX_DEPTH} levels deep`);
    const record: { [name: string]: unknown } = {};
    for (const field of type.fields) {
      const given = member(json, field.name);
      if (given === undefined && field.default === undefined) {
        this.path.push(field.name);
        throw new Mismatch('missing, and without a default');
      }
      if (given === undefined) {
        setMember(record, field.name, defaultValue(field));
        continue;
      }
      this.#enter(field.name, field.name);
      setMember(record, field.name, this.read(field.type, given));
      this.#leave();
    }
    if (counted) this.#depth--;
    return record;
  }

  #union(type: UnionType, json: Json): unknown {
    const tags = type.branches.map((branch) => branchName(branch.type));
    if (json === null && tags.includes('null')) return null;
    const [tag, ...others] = isJsonObject(json) ? Object.keys(json) : [];
    if (!isJsonObject(json) || tag === undefined || others.length > 0) {
      const what = isJsonObject(json)
        ? `an object of ${others.length === 0 ? 'no member' : 'several members'}`
        : nameOf(json);
      throw new Mismatch(`expected null or an object with one of the members ${tags.join(', ')}, got ${what}`);
    }
    const branch = type.branches[tags.indexOf(tag)];
    if (branch === undefined || branch.type.kind === 'null') {
      throw new Mismatch(`the object's member is none of the branches ${tags.join(', ')}`);
    }
    const inner = json[tag] ?? null;
    if (type.tagged) this.path.push('value');
    this.steps.push(tag);
    const value = this.read(branch.type, inner);
    this.steps.pop();
    if (!type.tagged) return value;
    this.path.pop();
    return { branch: branch.tag, value };
  }

  #enter(segment: PathSegment, step: JsonStep): void {
    this.path.push(segment);
    this.steps.push(step);
  }

  #leave(): void {
    this.path.pop();
    this.steps.pop();
  }
}

function readLeaf(type: PrimitiveType | FixedType, json: Json): unknown {
  const base = baseFromJson(type, json);
  if (base === undefined) throw unlike(json, EXPECTED_JSON[type.kind]);
  if (type.kind === 'fixed' && base instanceof Uint8Array && base.length !== type.size) {
    throw new Mismatch(`${base.length} bytes, where ${type.name} has ${type.size}`);
  }
  const from = conversionOf(type)?.from as ((base: unknown) => unknown) | undefined;
  return from === undefined ? base : from(base);
}

function unlike(json: Json, expected: string): Mismatch {
  return new Mismatch(`expected ${expected}, got ${nameOf(json)}`);
}
