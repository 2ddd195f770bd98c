import { readAvroJson } from './avro-json/read.ts';
import { writeAvroJson } from './avro-json/write.ts';
import type { Codec } from './codec.ts';
import { decodeWhole, readOne } from './decoding.ts';
import type { WriterDefinition } from './definition.ts';
import { encodeWhole, writeOne } from './encoding.ts';
import { AvroEncodeError } from './errors.ts';
import type { Reader } from './reader.ts';
import { interpret } from './resolution/interpreter.ts';
import type { ReadPlan } from './resolution/plan.ts';
import { planRead } from './resolution/plan-read.ts';
import { partsOfPlan } from './resolution/recursion.ts';
import { canonicalForm } from './schema/canonical-form.ts';
import { fingerprint } from './schema/fingerprint.ts';
import { normalizedSchema } from './schema/normalized-schema.ts';
import { parseSchema } from './schema/read-schemas.ts';
import type { AvroType } from './schema/type.ts';
import { branchName } from './schema/union.ts';
import { standardSchema } from './standard.ts';
import { isStackOverflow, refusalError, type Validate, validator } from './validator.ts';
import type { Writer } from './writer.ts';

/** What a codec is made of. The types are put together when first needed: most programs only decode and encode. */
export interface CodecParts<T> {
  /** The type of the bytes. */
  readonly written: () => AvroType;
  /** The type of the values: that of the bytes, or a narrower one. */
  readonly value: () => AvroType;
  readonly read: (reader: Reader) => T;
  readonly write: (writer: Writer, value: T) => void;
  readonly writers: readonly WriterDefinition<T>[];
}

/** Calls `make` once, when first asked. */
export function lazy<V>(make: () => V): () => V {
  let made: { readonly value: V } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

/** The whole contract of a codec over its parts. Methods work detached, as callbacks do. */
export function codecOf<T>(parts: CodecParts<T>): Codec<T> {
  const { written, value: valueType, read, write } = parts;
  const schema = lazy(() => normalizedSchema(written()));
  const canonical = lazy(() => canonicalForm(written()));
  const print = lazy(() => fingerprint(canonical()));
  const ownPlan = lazy(() => planRead(written(), valueType()));
  const validate: () => Validate = lazy(() => validator(valueType()));
  const assert = (value: unknown): asserts value is T => {
    const refusal = validate()(value);
    if (refusal !== undefined) throw refusalError(refusal);
  };
  return {
    get name() {
      return branchName(written());
    },
    get schema() {
      return schema();
    },
    get canonicalForm() {
      return canonical();
    },
    get fingerprint() {
      return print();
    },
    decode: (bytes) => decodeWhole(read, ownPlan, bytes),
    encode: (value) => encodeWhole(write, validate, value),
    read: (reader) => readOne(read, ownPlan, reader),
    write: (writer, value) => writeOne(write, validate, writer, value),
    is: (value): value is T => validate()(value) === undefined,
    assert,
    toAvroJson(value) {
      assertValue(assert, value);
      try {
        return writeAvroJson(valueType(), value);
      } catch (error) {
        throw isStackOverflow(error) ? new AvroEncodeError('nested too deep', { code: 'depth', path: '' }) : error;
      }
    },
    fromAvroJson: (text) => readAvroJson(valueType(), text) as T,
    decoderFor: (writerSchema) => decoderFor(parts, canonical, writerSchema),
    '~standard': standardSchema<T>(validate),
  };
}

/** TypeScript wants an assertion's name declared with its type. */
function assertValue<T>(assert: (value: unknown) => asserts value is T, value: unknown): void {
  assert(value);
}

function decoderFor<T>(
  { value, read, writers }: CodecParts<T>,
  canonical: () => string,
  writerSchema: string,
): (bytes: Uint8Array) => T {
  // Defaults of the writer are never used, and older producers did not check them.
  const writer = parseSchema(writerSchema, {}, { defaults: 'ignore' });
  const plan = planRead(writer, value());
  const planOf = (): ReadPlan => plan;
  const own = canonicalForm(writer) === canonical() && canRead(plan);
  const normalized = own ? '' : normalizedSchema(writer);
  const compiled = own ? read : writers.find((known) => known.schema === normalized)?.read;
  const reading = compiled ?? (interpret(plan) as (reader: Reader) => T);
  return (bytes) => decodeWhole(reading, planOf, bytes);
}

/** True where nothing in a plan is refused: with equal canonical forms, it is then the plain reading. */
function canRead(root: ReadPlan): boolean {
  const plans = new Set<ReadPlan>([root]);
  for (const plan of plans) {
    if (plan.op === 'unresolvable') return false;
    for (const part of partsOfPlan(plan)) plans.add(part);
  }
  return true;
}
