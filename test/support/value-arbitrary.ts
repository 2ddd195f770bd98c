import type { AvroType, FixedType, LogicalType, PrimitiveType, UnionType } from '@kgen/runtime/schema';
import fc from 'fast-check';
import { type BaseValue, fromBase } from '../../runtime/src/codec/conversion.ts';
import { unscaledToBytes } from '../../runtime/src/codec/logical.ts';
import { setMember } from '../../runtime/src/codec/own-member.ts';

/** Random values of a type, in the form they have in TypeScript. */
export function anyValue(type: AvroType, depth = 4): fc.Arbitrary<unknown> {
  switch (type.kind) {
    case 'record': {
      const fields = type.fields.map((field) => anyValue(field.type, depth - 1));
      return fc.tuple(...fields).map((values) => {
        const record: { [name: string]: unknown } = {};
        for (const [index, field] of type.fields.entries()) setMember(record, field.name, values[index]);
        return record;
      });
    }
    case 'enum':
      return fc.constantFrom(...type.symbols);
    case 'array':
      return depth <= 0 ? fc.constant([]) : fc.array(anyValue(type.items, depth - 1), { maxLength: 4 });
    case 'map':
      if (depth <= 0) return fc.constant({});
      return fc.array(fc.tuple(mapKey(), anyValue(type.values, depth - 1)), { maxLength: 4 }).map((entries) => {
        const map: { [name: string]: unknown } = {};
        for (const [key, value] of entries) setMember(map, key, value);
        return map;
      });
    case 'union':
      return unionValue(type, depth);
    default:
      return baseValue(type).map((base) => fromBase(type, base));
  }
}

function unionValue(type: UnionType, depth: number): fc.Arbitrary<unknown> {
  const nullable = type.branches.some((branch) => branch.type.kind === 'null');
  const branches =
    depth <= 0 && nullable ? type.branches.filter((branch) => branch.type.kind === 'null') : type.branches;
  return fc.oneof(
    ...branches.map((branch) => {
      const value = anyValue(branch.type, depth - 1);
      return type.tagged && branch.type.kind !== 'null'
        ? value.map((inner) => ({ branch: branch.tag, value: inner }))
        : value;
    }),
  );
}

/** Keys that break careless code among them. */
export function mapKey(): fc.Arbitrary<string> {
  return fc.oneof(
    { weight: 4, arbitrary: fc.string({ maxLength: 8 }) },
    { weight: 1, arbitrary: fc.constantFrom('', '__proto__', 'constructor', 'toString', '0', '7', 'ключ', '😀') },
  );
}

function text(): fc.Arbitrary<string> {
  return fc.oneof(
    { weight: 3, arbitrary: fc.string({ maxLength: 40 }) },
    { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 20 }) },
    { weight: 1, arbitrary: fc.string({ unit: 'binary-ascii', minLength: 60, maxLength: 200 }) },
  );
}

function bytes(size: { readonly minLength?: number; readonly maxLength: number }): fc.Arbitrary<Uint8Array> {
  return fc.uint8Array(size).map((array) => new Uint8Array(array));
}

const LONG = { min: -(2n ** 63n), max: 2n ** 63n - 1n };

function baseValue(type: PrimitiveType | FixedType): fc.Arbitrary<BaseValue> {
  const { logical } = type;
  if (logical !== undefined) return logicalBase(logical, type);
  switch (type.kind) {
    case 'null':
      return fc.constant(null);
    case 'boolean':
      return fc.boolean();
    case 'int':
      return fc.oneof(fc.integer({ min: -200, max: 200 }), fc.integer());
    case 'long':
      if (type.as === 'number') return fc.maxSafeInteger().map(BigInt);
      return fc.oneof(fc.bigInt({ min: -200n, max: 200n }), fc.bigInt(LONG), fc.constantFrom(LONG.min, LONG.max));
    case 'float':
      return fc.float();
    case 'double':
      return fc.double();
    case 'bytes':
      return bytes({ maxLength: 40 });
    case 'string':
      return text();
    case 'fixed':
      return bytes({ minLength: type.size, maxLength: type.size });
  }
}

const DAY_MS = 86_400_000n;
const FIRST_MS = -62_135_596_800_000n;
const LAST_MS = 253_402_300_799_999n;

function logicalBase(logical: LogicalType, type: PrimitiveType | FixedType): fc.Arbitrary<BaseValue> {
  switch (logical.name) {
    case 'decimal': {
      const limit = 10n ** BigInt(logical.precision) - 1n;
      const size = type.kind === 'fixed' ? type.size : undefined;
      return fc.bigInt({ min: -limit, max: limit }).map((value) => unscaledToBytes(value, logical.precision, size));
    }
    case 'uuid':
      return type.kind === 'fixed' ? bytes({ minLength: 16, maxLength: 16 }) : fc.uuid();
    case 'duration':
      return bytes({ minLength: 12, maxLength: 12 });
    case 'date':
      return fc.integer({ min: -719_162, max: 2_932_896 });
    case 'time-millis':
      return fc.integer({ min: 0, max: Number(DAY_MS) - 1 });
    case 'time-micros':
      return fc.bigInt({ min: 0n, max: DAY_MS * 1000n - 1n });
    case 'timestamp-millis':
    case 'local-timestamp-millis':
      return fc.bigInt({ min: FIRST_MS, max: LAST_MS });
    case 'timestamp-micros':
    case 'local-timestamp-micros':
      return type.as === 'number'
        ? fc.maxSafeInteger().map(BigInt)
        : fc.bigInt({ min: FIRST_MS * 1000n, max: LAST_MS * 1000n + 999n });
    case 'timestamp-nanos':
    case 'local-timestamp-nanos':
      return fc.bigInt(LONG);
  }
}
