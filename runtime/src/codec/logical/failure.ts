import { AvroDecodeError, AvroEncodeError } from '../errors.ts';
import { nameOf } from '../primitives/failure.ts';

/** The base value cannot be represented. */
export function cannotRead(reason: string): AvroDecodeError {
  return new AvroDecodeError(reason, { code: 'logical', path: '', offset: 0 });
}

/** The value cannot be written without loss. */
export function cannotWrite(reason: string): AvroEncodeError {
  return new AvroEncodeError(reason, { code: 'logical', path: '' });
}

/** The value is of another JavaScript type. */
export function wrongType(expected: string, value: unknown): AvroEncodeError {
  return new AvroEncodeError(`expected ${expected}, got ${nameOf(value)}`, { code: 'type', path: '' });
}
