import type { Codec, RecordCodec } from '../codec/codec.ts';
import { typeOfCodec } from '../codec/linked-schema.ts';
import { setMember } from '../codec/own-member.ts';
import { sampleValue } from './sample-value.ts';
import { seededRandom } from './seeded-random.ts';

export interface SampleOptions {
  /** Another seed, another value; the same seed, the same value. Default 1. */
  readonly seed?: number | undefined;
}

/** Fields that are to have values of the test's own. A field called `seed` cannot be among them. */
export type SampleOverrides<T> = { readonly [F in Exclude<keyof T, 'seed'>]?: T[F] };

/**
 * A valid value of a codec's type: a record with the fields that matter to a test, and others that do not.
 * @throws AvroEncodeError where an override is not of its field's type
 * @throws TypeError where no value of the type is finite
 * @example
 * sample(Flight, { origin: 'SEA', delay: 12 });
 * sample(Flight, { seed: 7 });
 */
export function sample<T, D extends keyof T>(codec: RecordCodec<T, D>, options?: SampleOptions & SampleOverrides<T>): T;
export function sample<T>(codec: Codec<T>, options?: SampleOptions): T;
export function sample<T>(codec: Codec<T>, options: SampleOptions = {}): T {
  const { seed = 1, ...overrides } = options;
  const value = sampleValue(typeOfCodec(codec), seededRandom(seed));
  for (const [field, override] of Object.entries(overrides)) {
    setMember(value as { [field: string]: unknown }, field, override);
  }
  codec.assert(value);
  return value;
}
