import type { AvroType, FixedPlan, FixedType, LogicalName, PrimitivePlan, PrimitiveType } from '@kgen/runtime/schema';

/** Functions of the runtime by name, imported as they are used. */
export type Helper = (name: string) => string;

/** An expression that reads a primitive or fixed at `r`, promoted and converted. */
export function readLeaf(plan: PrimitivePlan | FixedPlan, helper: Helper): string {
  const { type } = plan;
  const conversion = conversionOf(type);
  const base =
    plan.op === 'fixed' ? `${helper('readFixed')}(r, ${plan.type.size})` : readBase(plan, conversion?.number, helper);
  return conversion === undefined ? base : callOf(conversion.from, base, conversion.parameters, helper);
}

/** A statement that writes a primitive or fixed. */
export function writeLeaf(type: PrimitiveType | FixedType, value: string, helper: Helper): string {
  const conversion = conversionOf(type);
  const size = type.kind === 'fixed' ? [`${type.size}`] : [];
  const parameters = conversion?.sized === true ? [...conversion.parameters, ...size] : (conversion?.parameters ?? []);
  const base = conversion === undefined ? value : callOf(conversion.to, value, parameters, helper);
  return `${helper(baseWriter(type, conversion?.number))}(w, ${[base, ...size].join(', ')});`;
}

/** The most bytes a number takes; undefined for what is no number. */
export function numberSize(type: AvroType): number | undefined {
  return NUMBER_SIZES[type.kind];
}

const NUMBER_SIZES: { readonly [K in AvroType['kind']]?: number } = {
  boolean: 1,
  int: 5,
  long: 10,
  float: 4,
  double: 8,
};

/** An expression that writes a number at `p` of `view`, where there is room, and gives the position behind it. */
export function putLeaf(type: PrimitiveType, value: string, helper: Helper): string {
  const conversion = conversionOf(type);
  const base = conversion === undefined ? value : callOf(conversion.to, value, conversion.parameters, helper);
  return `${helper(baseWriter(type, conversion?.number).replace('write', 'put'))}(view, p, ${base})`;
}

interface Conversion {
  /** Functions of the runtime. */
  readonly from: string;
  readonly to: string;
  /** What both take after the value. */
  readonly parameters: readonly string[];
  /** True where `to` takes a fixed's size too. */
  readonly sized?: boolean;
  /** True where the base of a long is taken as a number: what does not fit is refused either way. */
  readonly number?: boolean;
}

/** How a logical type is converted, as the runtime's interpreter does it; undefined where a value is its own base. */
function conversionOf({ kind, logical, as }: PrimitiveType | FixedType): Conversion | undefined {
  if (logical === undefined || (kind === 'long' && (as === 'number' || as === 'bigint'))) return undefined;
  switch (logical.name) {
    case 'decimal': {
      const precision = `${logical.precision}`;
      if (as === 'bigint') return pair('unscaledFromBytes', 'unscaledToBytes', [precision], { sized: true });
      return pair('decimalFromBytes', 'decimalToBytes', [precision, `${logical.scale}`], { sized: true });
    }
    case 'uuid':
      return kind === 'fixed' ? pair('uuidFromBytes', 'uuidToBytes') : pair('uuidFromString', 'uuidToString');
    case 'duration':
      return pair('durationFromBytes', 'durationToBytes');
    case 'date':
      if (as === 'Date') return pair('dateFromDays', 'dateToDays');
      return as === 'string' ? pair('dateTextFromDays', 'dateTextToDays') : undefined;
    case 'time-millis':
    case 'time-micros':
      if (as !== 'string') return undefined;
      return pair('timeTextFromUnits', 'timeTextToUnits', [digits(logical.name)], { number: true });
    default: {
      if (as === 'Date') return pair('dateFromMillis', 'dateToMillis', [], { number: true });
      const local = logical.name.startsWith('local-') ? 'localTimestampText' : 'timestampText';
      return pair(`${local}FromUnits`, `${local}ToUnits`, [digits(logical.name)]);
    }
  }
}

function pair(
  from: string,
  to: string,
  parameters: readonly string[] = [],
  options: { readonly sized?: boolean; readonly number?: boolean } = {},
): Conversion {
  return { from, to, parameters, ...options };
}

/** Decimals of a second. */
function digits(name: LogicalName): string {
  return name.endsWith('nanos') ? '9' : name.endsWith('micros') ? '6' : '3';
}

function callOf(name: string, value: string, parameters: readonly string[], helper: Helper): string {
  return `${helper(name)}(${[value, ...parameters].join(', ')})`;
}

function readBase({ writer, type }: PrimitivePlan, asNumber: boolean | undefined, helper: Helper): string {
  const call = (name: string): string => `${helper(name)}(r)`;
  switch (type.kind) {
    case 'null':
      return 'null';
    case 'boolean':
      return call('readBoolean');
    case 'int':
      return call('readInt');
    case 'long':
      if (asNumber === true || type.as === 'number') return call(writer === 'int' ? 'readInt' : 'readLongNumber');
      return writer === 'int' ? `BigInt(${call('readInt')})` : call('readLong');
    case 'float':
      if (writer === 'int') return `Math.fround(${call('readInt')})`;
      return call(writer === 'long' ? 'readLongAsFloat' : 'readFloat');
    case 'double':
      if (writer === 'int') return call('readInt');
      if (writer === 'long') return call('readLongAsDouble');
      return call(writer === 'float' ? 'readFloat' : 'readDouble');
    case 'bytes':
      return call('readBytes');
    case 'string':
      return call('readString');
  }
}

function baseWriter({ kind, as }: PrimitiveType | FixedType, asNumber: boolean | undefined): string {
  switch (kind) {
    case 'null':
      return 'writeNull';
    case 'boolean':
      return 'writeBoolean';
    case 'int':
      return 'writeInt';
    case 'long':
      return asNumber === true || as === 'number' ? 'writeLongNumber' : 'writeLong';
    case 'float':
      return 'writeFloat';
    case 'double':
      return 'writeDouble';
    case 'bytes':
      return 'writeBytes';
    case 'string':
      return 'writeString';
    case 'fixed':
      return 'writeFixed';
  }
}
