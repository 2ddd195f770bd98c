import type { Codec } from '../codec/codec.ts';
import { AvroDecodeError } from '../codec/errors.ts';
import { typeOfCodec } from '../codec/linked-schema.ts';
import { pathSteps } from '../codec/path.ts';
import { Reader } from '../codec/reader.ts';
import { jsonOffset } from '../codec/schema/json-offset.ts';
import type { AvroType, UnionType } from '../codec/schema/type.ts';
import { refusalError, validator } from '../codec/validator.ts';
import { type BranchValue, branchSelector, loadOnce, once, pathOf, type TopicBranch } from './branch.ts';
import type { Format } from './format.ts';
import { valueOfJson } from './json-read.ts';
import { parseExactly } from './json-text.ts';
import { jsonText } from './json-write.ts';
import { encodeErrorBelow, isEncodeError } from './place.ts';
import { readText, writeText } from './text.ts';

/**
 * Plain JSON of a value of an Avro type, checked against the schema both ways; `json-union.ts` says how each type looks.
 * Several types in one topic are `{ "branch": …, "value": … }`, as a union's branches are.
 */
export function typedJson<T>(codec: () => Codec<T>): Format<T>;
export function typedJson<const B extends readonly TopicBranch[]>(branches: B): Format<BranchValue<B[number]>>;
export function typedJson(types: (() => Codec<unknown>) | readonly TopicBranch[]): Format<unknown> {
  const one = typeof types === 'function' ? once(types) : undefined;
  const branches = typeof types === 'function' ? [] : types.map(loadOnce);
  const assert = one === undefined ? assertBranch(branches) : (value: unknown) => assertType(one(), value);
  const type = once((): AvroType => (one === undefined ? unionOf(branches) : typeOfCodec(one())));
  return {
    name: 'json',
    read(reader) {
      return valueOfText(type(), assert, readText(reader));
    },
    write(writer, value) {
      assert(value);
      writeText(writer, jsonText(type(), value));
    },
  };
}

/**
 * Reads plain JSON of a type that no code was generated for: for tools, which meet schemas at run time.
 * @throws AvroDecodeError with an offset in UTF-16 units of the text
 */
export function plainJsonReader(type: AvroType): (bytes: Uint8Array) => unknown {
  const validate = validator(type);
  const assert = (value: unknown): void => {
    const refusal = validate(value);
    if (refusal !== undefined) throw refusalError(refusal);
  };
  return (bytes) => valueOfText(type, assert, readText(new Reader(bytes)));
}

function valueOfText(type: AvroType, assert: (value: unknown) => void, text: string): unknown {
  try {
    const value = valueOfJson(type, parseExactly(text));
    assert(value);
    return value;
  } catch (error) {
    throw located(error, text);
  }
}

function assertType(codec: Codec<unknown>, value: unknown): void {
  codec.assert(value);
}

function assertBranch(branches: readonly TopicBranch[]): (value: unknown) => void {
  const select = branchSelector(branches);
  return (value) => {
    const { branch, value: inner } = select(value);
    try {
      assertType(branch.codec(), inner);
    } catch (error) {
      throw encodeErrorBelow(pathOf(branch), error);
    }
  };
}

function unionOf(branches: readonly TopicBranch[]): UnionType {
  return {
    kind: 'union',
    tagged: branches.every(({ branch }) => branch !== undefined),
    branches: branches.map(({ branch, codec }) => ({ tag: branch ?? codec().name, type: typeOfCodec(codec()) })),
  };
}

/** What is wrong with the value is wrong with its JSON; the offset is looked up, since failing may take time. */
function located(error: unknown, text: string): unknown {
  if (error instanceof AvroDecodeError && error.code === 'json' && error.path !== '') {
    const { code, path, reason } = error;
    return new AvroDecodeError(reason, { code, path, offset: jsonOffset(text, pathSteps(path)) });
  }
  if (!isEncodeError(error)) return error;
  const offset = jsonOffset(text, pathSteps(error.path));
  return new AvroDecodeError(error.reason, { code: 'json', path: error.path, offset });
}
