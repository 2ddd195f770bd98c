import { AvroEncodeError } from '../codec/errors.ts';

/** Milliseconds since 1970 of an ISO 8601 time in UTC; finer digits are cut off. */
export function millisOfIso(text: string): bigint {
  const millis = Date.parse(text);
  if (Number.isNaN(millis)) throw new AvroEncodeError('not an ISO 8601 time', { code: 'logical', path: '' });
  return BigInt(millis);
}
