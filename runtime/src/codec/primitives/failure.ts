import { AvroDecodeError, type AvroDecodeErrorCode, AvroEncodeError, type AvroEncodeErrorCode } from '../errors.ts';
import type { Reader } from '../reader.ts';

/**
 * Errors as compiled code throws them: without a path, and with the offset in the chunk.
 * The codec then finds out where in the value it was.
 */
export function decodeFailure(r: Reader, code: AvroDecodeErrorCode, reason: string): AvroDecodeError {
  return new AvroDecodeError(reason, { code, path: '', offset: r.position });
}

export function encodeFailure(code: AvroEncodeErrorCode, reason: string): AvroEncodeError {
  return new AvroEncodeError(reason, { code, path: '' });
}

/** The bytes end at `r.end`, inside a value. */
export function truncated(r: Reader): AvroDecodeError {
  return decodeFailure(r, 'truncated', 'the bytes end inside a value');
}

const CLASS_NAME = /^[A-Z][A-Za-z0-9]{0,30}$/;

/** What a value is, for messages: never its content, which may be secret or huge. */
export function nameOf(value: unknown): string {
  if (value === null) return 'null';
  if (typeof value === 'number') return Number.isFinite(value) ? 'a number' : String(value);
  if (typeof value !== 'object') return value === undefined ? 'undefined' : `a ${typeof value}`;
  if (Array.isArray(value)) return 'an array';
  const name = Object.prototype.toString.call(value).slice('[object '.length, -1);
  // A value may call itself anything.
  return name === 'Object' || !CLASS_NAME.test(name) ? 'an object' : `a ${name}`;
}

/** `value` is of another JavaScript type than the schema's. */
export function wrongType(expected: string, value: unknown): AvroEncodeError {
  return encodeFailure('type', `expected ${expected}, got ${nameOf(value)}`);
}
