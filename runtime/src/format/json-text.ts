import { AvroDecodeError, AvroEncodeError, MAX_DEPTH } from '../codec/errors.ts';
import { nameOf } from '../codec/primitives/failure.ts';
import { JsonError, parseJson } from '../codec/schema/json.ts';
import type { Json } from '../codec/schema/type.ts';
import { joinPath } from './place.ts';

const BYTE_ORDER_MARK = '\ufeff';
/** Integers of fewer digits are exact as numbers. */
const LONG_INTEGER = /\d{16}/;
const INTEGER = /^-?\d+$/;

/**
 * JSON with plain objects, integers beyond ±(2^53 − 1) as bigints.
 * @throws AvroDecodeError with code `json`, or `depth`
 */
export function parseExactly(text: string): Json {
  const body = text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text;
  try {
    return LONG_INTEGER.test(body) ? JSON.parse(body, exactInteger) : JSON.parse(body);
  } catch (error) {
    if (error instanceof SyntaxError) throw notJson(text);
    // Reviving recurses: nesting beyond what the stack holds.
    throw new AvroDecodeError('nested too deep', { code: 'depth', path: '', offset: 0 }, { cause: error });
  }
}

/** The third parameter is "JSON.parse source text access" of ECMAScript. */
function exactInteger(_name: string, value: unknown, context?: { readonly source?: string }): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value) || context?.source === undefined) return value;
  return INTEGER.test(context.source) ? BigInt(context.source) : value;
}

/** What is wrong with it, and where: the engine's own errors do not say it in a way that programs can read. */
function notJson(text: string): AvroDecodeError {
  try {
    parseJson(text);
  } catch (error) {
    if (error instanceof JsonError) {
      return new AvroDecodeError(error.reason, { code: 'json', path: '', offset: error.offset });
    }
  }
  return new AvroDecodeError('not JSON', { code: 'json', path: '', offset: 0 });
}

/**
 * JSON text of any JSON value: bigints as digits, -0 with its sign, undefined members left out.
 * What JSON.stringify would drop or change (functions, NaN, dates, maps) is refused.
 * @throws AvroEncodeError
 */
export function stringifyExactly(value: unknown, path = '', depth = 0): string {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return JSON.stringify(value);
    case 'bigint':
      return value.toString();
    case 'number':
      return numberText(value, path);
    case 'object':
      break;
    default:
      throw refused(value, path);
  }
  if (value === null) return 'null';
  if (depth >= MAX_DEPTH) {
    throw new AvroEncodeError(`nested more than ${MAX_DEPTH} levels deep`, { code: 'depth', path });
  }
  if (Array.isArray(value)) {
    const items = Array.from(value, (item, index) => stringifyExactly(item, `${path}[${index}]`, depth + 1));
    return `[${items.join(',')}]`;
  }
  if (Object.prototype.toString.call(value) !== '[object Object]' || 'toJSON' in value) throw refused(value, path);
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .map(([name, member]) => `${JSON.stringify(name)}:${stringifyExactly(member, joinPath(path, name), depth + 1)}`);
  return `{${members.join(',')}}`;
}

function numberText(value: number, path: string): string {
  if (!Number.isFinite(value)) throw new AvroEncodeError(`${value} is not in JSON`, { code: 'range', path });
  if (Object.is(value, -0)) return '-0';
  const text = String(value);
  // Digits alone would be read as a bigint.
  return Number.isSafeInteger(value) || !INTEGER.test(text) ? text : `${text}.0`;
}

function refused(value: unknown, path: string): AvroEncodeError {
  return new AvroEncodeError(`expected a JSON value, got ${nameOf(value)}`, { code: 'type', path });
}
