import { type BaseValue, conversionOf } from './conversion.ts';
import { AvroEncodeError, type AvroEncodeErrorCode, MAX_DEPTH } from './errors.ts';
import { type PathSegment, pathText } from './path.ts';
import { isBytes, sizeOfBytes } from './primitives/bytes.ts';
import { encodeFailure, nameOf, wrongType } from './primitives/failure.ts';
import { RecursiveRecords } from './resolution/recursion.ts';
import type {
  ArrayType,
  AvroType,
  Branch,
  EnumType,
  FixedType,
  MapType,
  PrimitiveType,
  RecordType,
  UnionType,
} from './schema/type.ts';
import { type ValueKind, valueKind } from './schema/union.ts';
import { fieldOf, isMapLike, isMistakable, isRecordLike, kindOf, type Members } from './value-kind.ts';

/** Finds the first thing that keeps a value from being written; undefined where there is none. */
export type Validate = (value: unknown) => Refusal | undefined;

/** Why a value does not fit, and where. */
export interface Refusal {
  readonly code: AvroEncodeErrorCode;
  readonly reason: string;
  readonly path: readonly PathSegment[];
}

export function refusalError({ code, reason, path }: Refusal): AvroEncodeError {
  return new AvroEncodeError(reason, { code, path: pathText(path) });
}

/** Checks values as writing them would: what passes can be encoded. Made once for a type. */
export function validator(type: AvroType): Validate {
  const check = new ValidatorMaker().checking(type);
  return (value) => {
    const place: Place = { path: [], depth: 0 };
    try {
      check(value, place);
      return undefined;
    } catch (error) {
      return refusalOf(error, place);
    }
  };
}

/** What the value's own code throws (a getter, a proxy) is passed on. */
function refusalOf(error: unknown, place: Place): Refusal {
  if (isStackOverflow(error)) return { code: 'depth', reason: 'nested too deep', path: place.path };
  if (error instanceof AvroEncodeError) return { code: error.code, reason: error.reason, path: place.path };
  throw error;
}

/** The engine's stack ended: whatever was being done is nested too deep. */
export function isStackOverflow(error: unknown): boolean {
  return error instanceof RangeError && /call stack/i.test(error.message);
}

/** Where a check is just now. After a failure it stays. */
interface Place {
  readonly path: PathSegment[];
  depth: number;
}

/** Throws an AvroEncodeError without a path. */
type Check = (value: unknown, place: Place) => void;

class ValidatorMaker {
  readonly #recursive = new RecursiveRecords();
  readonly #records = new Map<RecordType, Check>();

  checking(type: AvroType): Check {
    switch (type.kind) {
      case 'record':
        return this.#record(type);
      case 'enum':
        return enumCheck(type);
      case 'array':
        return this.#array(type);
      case 'map':
        return this.#map(type);
      case 'union':
        return type.tagged ? this.#tagged(type) : this.#plain(type);
      default:
        return leafCheck(type);
    }
  }

  #record(type: RecordType): Check {
    const known = this.#records.get(type);
    if (known !== undefined) return known;
    const fields: { readonly name: string; readonly check: Check }[] = [];
    const counted = this.#recursive.has(type);
    const strict = isMistakable(type);
    const made: Check = (value, place) => {
      if (!isRecordLike(value) && (strict || !hasFields(value, type)))
        throw wrongType(`an object (${type.name})`, value);
      if (counted && ++place.depth > MAX_DEPTH)
        throw encodeFailure('depth', `nested more than ${MAX_DEPTH} levels deep`);
      for (const { name, check } of fields) {
        place.path.push(name);
        check(fieldOf(value, name), place);
        place.path.pop();
      }
      if (counted) place.depth--;
    };
    this.#records.set(type, made);
    for (const field of type.fields) fields.push({ name: field.name, check: this.checking(field.type) });
    return made;
  }

  #array({ items }: ArrayType): Check {
    const item = this.checking(items);
    return (value, place) => {
      if (!Array.isArray(value)) throw wrongType('an array', value);
      for (let index = 0; index < value.length; index++) {
        place.path.push(index);
        item(value[index], place);
        place.path.pop();
      }
    };
  }

  #map({ values }: MapType): Check {
    const check = this.checking(values);
    return (value, place) => {
      if (!isMapLike(value)) throw wrongType('an ordinary object', value);
      for (const key of Object.keys(value)) {
        place.path.push({ key });
        if (!key.isWellFormed()) throw encodeFailure('utf16', 'a key with a lone surrogate');
        check(value[key], place);
        place.path.pop();
      }
    };
  }

  #plain(type: UnionType): Check {
    const byKind = new Map<ValueKind, Check>();
    for (const { type: branch } of type.branches) {
      if (branch.kind !== 'union') byKind.set(valueKind(branch), this.checking(branch));
    }
    const expected = type.branches.map(({ tag }) => tag).join(' or ');
    const object = byKind.get('object');
    return (value, place) => {
      const kind = kindOf(value);
      let check = kind === undefined ? undefined : byKind.get(kind);
      // Writing takes an object for whatever is none of the others: an array that has all fields of the record.
      if (check === undefined && object !== undefined && passes(object, value, place)) check = object;
      if (check === undefined) throw encodeFailure('branch', `expected ${expected}, got ${nameOf(value)}`);
      check(value, place);
    };
  }

  #tagged(type: UnionType): Check {
    const byTag = new Map<unknown, Check>();
    for (const branch of type.branches) if (!isNull(branch)) byTag.set(branch.tag, this.checking(branch.type));
    const nullable = type.branches.some(isNull);
    const tags = [...byTag.keys()].join(' or ');
    return (value, place) => {
      if (value === null && nullable) return;
      const tagged = isObject(value) ? value : undefined;
      const check = byTag.get(tagged?.['branch']);
      if (tagged === undefined || (check === undefined && !isRecordLike(value)))
        throw wrongType(`{ branch, value }${nullable ? ' or null' : ''}`, value);
      if (check === undefined) {
        place.path.push('branch');
        throw encodeFailure('branch', `expected ${tags}`);
      }
      place.path.push('value');
      check(tagged['value'], place);
      place.path.pop();
    };
  }
}

function passes(check: Check, value: unknown, { depth }: Place): boolean {
  try {
    check(value, { path: [], depth });
    return true;
  } catch (error) {
    if (error instanceof AvroEncodeError) return false;
    throw error;
  }
}

/** True for an array, bytes, a Date or a function that all fields of a record were given to. */
function hasFields(value: unknown, { fields }: RecordType): value is Members {
  return isObject(value) && fields.every(({ name }) => fieldOf(value, name) !== undefined);
}

function isObject(value: unknown): value is Members {
  return typeof value === 'function' || (typeof value === 'object' && value !== null);
}

function isNull({ type }: Branch): boolean {
  return type.kind === 'null';
}

function enumCheck({ name, symbols }: EnumType): Check {
  const known = new Set<unknown>(symbols);
  return (value) => {
    if (typeof value !== 'string') throw wrongType(`a symbol of ${name}`, value);
    if (!known.has(value)) throw encodeFailure('symbol', `not a symbol of ${name}`);
  };
}

function leafCheck(type: PrimitiveType | FixedType): Check {
  const conversion = conversionOf(type);
  if (conversion === undefined) return (value) => checkBase(type, value);
  const to = conversion.to as (value: unknown) => BaseValue;
  return (value) => checkBase(type, to(value));
}

/** A base value, in the range of its type. */
function checkBase(type: PrimitiveType | FixedType, value: unknown): void {
  switch (type.kind) {
    case 'null':
      if (value !== null) throw wrongType('null', value);
      return;
    case 'boolean':
      if (typeof value !== 'boolean') throw wrongType('a boolean', value);
      return;
    case 'int':
      if (typeof value !== 'number') throw wrongType('an int', value);
      if ((value | 0) !== value)
        throw encodeFailure('range', Number.isInteger(value) ? 'beyond 32 bits' : 'not an integer');
      return;
    case 'long':
      if (typeof value !== 'bigint') throw wrongType('a bigint', value);
      if (BigInt.asIntN(64, value) !== value) throw encodeFailure('range', 'beyond 64 bits');
      return;
    case 'float':
      if (typeof value !== 'number') throw wrongType('a number', value);
      if (Number.isFinite(value) && !Number.isFinite(Math.fround(value)))
        throw encodeFailure('range', 'beyond a float');
      return;
    case 'double':
      if (typeof value !== 'number') throw wrongType('a number', value);
      return;
    case 'string':
      if (typeof value !== 'string') throw wrongType('a string', value);
      if (!value.isWellFormed()) throw encodeFailure('utf16', 'text with a lone surrogate');
      return;
    case 'bytes':
      if (!isBytes(value)) throw wrongType('a Uint8Array', value);
      return;
    case 'fixed':
      if (!isBytes(value)) throw wrongType('a Uint8Array', value);
      if (sizeOfBytes(value) !== type.size)
        throw encodeFailure('size', `${sizeOfBytes(value)} bytes, where there must be ${type.size}`);
  }
}
