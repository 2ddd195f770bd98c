import { AvroDecodeError, AvroEncodeError } from '../codec/errors.ts';

// Errors learn where they are on their way out. They are recognised by `name` and `code`, not by class: another build
// of this package may have thrown them.

/** The path `inner` below `outer`: `value` and `items[3]` make `value.items[3]`. */
export function joinPath(outer: string, inner: string): string {
  if (outer === '' || inner === '') return outer + inner;
  return inner.startsWith('[') ? outer + inner : `${outer}.${inner}`;
}

/** The path of a map's entry: any text may be its key. */
export function keyPath(outer: string, key: string): string {
  return `${outer}[${JSON.stringify(key)}]`;
}

/** A decode error one level further out; anything else as it is. `shift` is added to its offset. */
export function decodeErrorBelow(path: string, error: unknown, shift = 0, context = ''): unknown {
  if (!isDecodeError(error)) return error;
  const details = { code: error.code, path: joinPath(path, error.path), offset: error.offset + shift };
  return new AvroDecodeError(error.reason + context, details, causeOf(error));
}

/** An encode error one level further out; anything else as it is. */
export function encodeErrorBelow(path: string, error: unknown, context = ''): unknown {
  if (!isEncodeError(error)) return error;
  const details = { code: error.code, path: joinPath(path, error.path) };
  return new AvroEncodeError(error.reason + context, details, causeOf(error));
}

/** What lies behind it, where something does. */
function causeOf(error: Error): ErrorOptions {
  return error.cause === undefined ? {} : { cause: error.cause };
}

export function isDecodeError(error: unknown): error is AvroDecodeError {
  return isNamed<AvroDecodeError>(error, 'AvroDecodeError');
}

export function isEncodeError(error: unknown): error is AvroEncodeError {
  return isNamed<AvroEncodeError>(error, 'AvroEncodeError');
}

function isNamed<E extends AvroDecodeError | AvroEncodeError>(error: unknown, name: E['name']): error is E {
  return typeof error === 'object' && error !== null && 'reason' in error && 'name' in error && error.name === name;
}
