import { conversionOf } from '../conversion.ts';
import { readBytes, readFixed } from '../primitives/bytes.ts';
import { readBoolean, readDouble, readFloat } from '../primitives/number.ts';
import { readString } from '../primitives/text.ts';
import { readInt, readLong, readLongNumber } from '../primitives/varint.ts';
import type { Reader } from '../reader.ts';
import type { FixedPlan, PrimitivePlan } from './plan.ts';
import { readLongAsDouble, readLongAsFloat } from './promotion.ts';

export type Read = (r: Reader) => unknown;

/** Reads a primitive or fixed, promoted and converted as its plan says. */
export function leafReading(plan: PrimitivePlan | FixedPlan): Read {
  if (plan.op === 'primitive' && plan.type.kind === 'long' && plan.type.as === 'number') {
    return plan.writer === 'int' ? readInt : readLongNumber;
  }
  const read = plan.op === 'primitive' ? baseReading(plan) : fixedReading(plan.type.size);
  const conversion = conversionOf(plan.type);
  if (conversion === undefined) return read;
  const from = conversion.from as (base: unknown) => unknown;
  return (r) => from(read(r));
}

function fixedReading(size: number): Read {
  return (r) => readFixed(r, size);
}

function baseReading({ writer, type }: PrimitivePlan): Read {
  switch (type.kind) {
    case 'null':
      return readNull;
    case 'boolean':
      return readBoolean;
    case 'int':
      return readInt;
    case 'long':
      return writer === 'int' ? (r) => BigInt(readInt(r)) : readLong;
    case 'float':
      if (writer === 'int') return (r) => Math.fround(readInt(r));
      return writer === 'long' ? readLongAsFloat : readFloat;
    case 'double':
      if (writer === 'int') return readInt;
      if (writer === 'long') return readLongAsDouble;
      return writer === 'float' ? readFloat : readDouble;
    // Bytes and strings have the same form: what is read decides.
    case 'bytes':
      return readBytes;
    case 'string':
      return readString;
  }
}

function readNull(): null {
  return null;
}
