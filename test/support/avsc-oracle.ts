import type { AvroType } from '@kgen/runtime/schema';
import avsc from 'avsc';
import { setMember } from '../../runtime/src/codec/own-member.ts';
import { branchName } from '../../runtime/src/codec/schema/union.ts';

/** avsc with longs as bigints and all unions wrapped: then its values map onto kgen's without guessing. */
const LONG = avsc.types.LongType.__with({
  fromBuffer: (buffer: Buffer) => buffer.readBigInt64LE(),
  toBuffer: (value: bigint) => {
    const buffer = Buffer.alloc(8);
    buffer.writeBigInt64LE(value);
    return buffer;
  },
  fromJSON: (json: number) => BigInt(json),
  toJSON: (value: bigint) => Number(value),
  isValid: (value: unknown) => typeof value === 'bigint',
  compare: (a: bigint, b: bigint) => (a === b ? 0 : a < b ? -1 : 1),
});

/** The avsc type of a schema, logical types left out: values are the base's. */
export function avscType(schema: unknown): avsc.Type {
  return avsc.Type.forSchema(plain(schema) as avsc.Schema, { registry: { long: LONG }, wrapUnions: true });
}

/** `{ type: 'long', logicalType: … }` is a long, by the name under which the registry has ours. */
function plain(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(plain);
  if (typeof schema !== 'object' || schema === null) return schema;
  if ('type' in schema && schema.type === 'long' && !('name' in schema)) return 'long';
  return Object.fromEntries(
    Object.entries(schema).map(([name, value]) => [name, name === 'default' ? value : plain(value)]),
  );
}

/** A value as avsc reads it, in kgen's form. */
export function fromAvsc(type: AvroType, value: unknown): unknown {
  switch (type.kind) {
    case 'record': {
      const record: { [name: string]: unknown } = {};
      for (const { name, type: field } of type.fields) {
        setMember(record, name, fromAvsc(field, (value as { [name: string]: unknown })[name]));
      }
      return record;
    }
    case 'array':
      return (value as readonly unknown[]).map((item) => fromAvsc(type.items, item));
    case 'map': {
      const map: { [name: string]: unknown } = {};
      for (const [key, item] of Object.entries(value as object)) setMember(map, key, fromAvsc(type.values, item));
      return map;
    }
    case 'union': {
      if (value === null) return null;
      const [[name, inner] = ['', undefined]] = Object.entries(value as object);
      const branch = type.branches.find((candidate) => branchName(candidate.type) === name);
      if (branch === undefined) throw new Error(`avsc has a branch ${name}`);
      const converted = fromAvsc(branch.type, inner);
      return type.tagged ? { branch: branch.tag, value: converted } : converted;
    }
    case 'bytes':
    case 'fixed':
      return new Uint8Array(value as Uint8Array);
    default:
      return value;
  }
}

/** A value of kgen's as avsc takes it. */
export function toAvsc(type: AvroType, value: unknown): unknown {
  switch (type.kind) {
    case 'record': {
      const record: { [name: string]: unknown } = {};
      for (const { name, type: field } of type.fields) {
        setMember(record, name, toAvsc(field, (value as { [name: string]: unknown })[name]));
      }
      return record;
    }
    case 'array':
      return (value as readonly unknown[]).map((item) => toAvsc(type.items, item));
    case 'map':
      return Object.fromEntries(Object.entries(value as object).map(([key, item]) => [key, toAvsc(type.values, item)]));
    case 'bytes':
    case 'fixed':
      return Buffer.from(value as Uint8Array);
    default:
      return value;
  }
}
