import { AvroDecodeError, AvroEncodeError } from './errors.ts';
import type { FractionDigits } from './logical.ts';
import {
  type AvroDuration,
  dateFromDays,
  dateFromMillis,
  dateTextFromDays,
  dateTextToDays,
  dateToDays,
  dateToMillis,
  decimalFromBytes,
  decimalToBytes,
  durationFromBytes,
  durationToBytes,
  localTimestampTextFromUnits,
  localTimestampTextToUnits,
  timestampTextFromUnits,
  timestampTextToUnits,
  timeTextFromUnits,
  timeTextToUnits,
  unscaledFromBytes,
  unscaledToBytes,
  uuidFromBytes,
  uuidFromString,
  uuidToBytes,
  uuidToString,
} from './logical.ts';
import { wrongType } from './primitives/failure.ts';
import type { FixedType, LogicalName, PrimitiveType } from './schema/type.ts';

/** A long is a bigint here, an int a number, bytes and fixed a Uint8Array. */
export type BaseValue = null | boolean | number | bigint | string | Uint8Array;

/** Between the base value of a type and its form in TypeScript, where they differ. */
export interface Conversion {
  /** @throws AvroDecodeError without path or offset */
  readonly from: (base: never) => unknown;
  /** @throws AvroEncodeError without path */
  readonly to: (value: never) => BaseValue;
}

/** From the base value to its form in TypeScript. @throws AvroDecodeError without path or offset */
export function fromBase(type: PrimitiveType | FixedType, base: BaseValue): unknown {
  const conversion = conversionOf(type);
  return conversion === undefined ? base : conversion.from(base as never);
}

/** Undefined where the value is its own base value. */
export function conversionOf(type: PrimitiveType | FixedType): Conversion | undefined {
  const { logical, as } = type;
  if (type.kind === 'long' && as === 'number') return LONG_NUMBER;
  if (type.kind === 'long' && as === 'bigint') return undefined;
  if (logical === undefined) return undefined;
  switch (logical.name) {
    case 'decimal': {
      const { precision, scale } = logical;
      const size = type.kind === 'fixed' ? type.size : undefined;
      return as === 'bigint'
        ? {
            from: (base: Uint8Array) => unscaledFromBytes(base, precision),
            to: (value: bigint) => unscaledToBytes(value, precision, size),
          }
        : {
            from: (base: Uint8Array) => decimalFromBytes(base, precision, scale),
            to: (value: string) => decimalToBytes(value, precision, scale, size),
          };
    }
    case 'uuid':
      return type.kind === 'fixed' ? UUID_BYTES : UUID_TEXT;
    case 'duration':
      return DURATION;
    case 'date':
      return as === 'Date' ? DATE : as === 'string' ? DATE_TEXT : undefined;
    case 'time-millis':
      return as === 'string' ? TIME_MILLIS_TEXT : undefined;
    case 'time-micros':
      return TIME_MICROS_TEXT;
    case 'timestamp-millis':
      return as === 'Date' ? INSTANT : timestampText(3);
    default:
      return logical.name.startsWith('local-')
        ? localTimestampText(fractionDigits(logical.name))
        : timestampText(fractionDigits(logical.name));
  }
}

function fractionDigits(name: LogicalName): FractionDigits {
  return name.endsWith('nanos') ? 9 : name.endsWith('micros') ? 6 : 3;
}

const LONG_NUMBER: Conversion = {
  from: (base: bigint) => {
    const value = Number(base);
    if (Number.isSafeInteger(value)) return value;
    throw new AvroDecodeError('long beyond ±(2^53 − 1)', { code: 'unsafe-integer', path: '', offset: 0 });
  },
  to: (value: number) => {
    if (typeof value !== 'number') throw wrongType('an integer', value);
    if (Number.isSafeInteger(value)) return BigInt(value);
    const reason = Number.isInteger(value) ? 'beyond ±(2^53 − 1)' : 'not an integer';
    throw new AvroEncodeError(reason, { code: 'range', path: '' });
  },
};
const UUID_TEXT: Conversion = { from: uuidFromString, to: uuidToString };
const UUID_BYTES: Conversion = { from: uuidFromBytes, to: uuidToBytes };
const DURATION: Conversion = { from: durationFromBytes, to: (value: AvroDuration) => durationToBytes(value) };
const DATE: Conversion = { from: dateFromDays, to: dateToDays };
const DATE_TEXT: Conversion = { from: dateTextFromDays, to: dateTextToDays };
const TIME_MILLIS_TEXT: Conversion = {
  from: (base: number) => timeTextFromUnits(base, 3),
  to: (value: string) => timeTextToUnits(value, 3),
};
const TIME_MICROS_TEXT: Conversion = {
  // Beyond a day it is refused, so that rounding cannot matter.
  from: (base: bigint) => timeTextFromUnits(Number(base), 6),
  to: (value: string) => BigInt(timeTextToUnits(value, 6)),
};
const INSTANT: Conversion = {
  // Beyond what a Date holds it is refused, so that rounding cannot matter.
  from: (base: bigint) => dateFromMillis(Number(base)),
  to: (value: Date) => BigInt(dateToMillis(value)),
};

function timestampText(digits: FractionDigits): Conversion {
  return {
    from: (base: bigint) => timestampTextFromUnits(base, digits),
    to: (value: string) => timestampTextToUnits(value, digits),
  };
}

function localTimestampText(digits: FractionDigits): Conversion {
  return {
    from: (base: bigint) => localTimestampTextFromUnits(base, digits),
    to: (value: string) => localTimestampTextToUnits(value, digits),
  };
}
