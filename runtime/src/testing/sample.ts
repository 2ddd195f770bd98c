import type { Codec } from '../codec/codec.ts';
import { typeOfCodec } from '../codec/linked-schema.ts';
import { setMember } from '../codec/own-member.ts';
import { sampleValue } from './sample-value.ts';
import { seededRandom } from './seeded-random.ts';

export interface SampleOptions {
  /** Another seed, another value; the same seed, the same value. Default 1. */
  readonly seed?: number | undefined;
}

/** Fields of a record that are to have values of the test's own. A field called `seed` cannot be among them. */
export type SampleOverrides<T> = T extends NotRecord ? unknown : { readonly [F in Exclude<keyof T, 'seed'>]?: T[F] };

type NotRecord = null | boolean | number | bigint | string | Uint8Array | Date | readonly unknown[];

/**
 * A valid value of a codec's type: of a record, with the fields that matter to a test, and others that do not.
 * @throws AvroEncodeError where an override is not of its field's type
 * @throws TypeError where no value of the type is finite
 * @example
 * sample(Flight, { origin: 'SEA', delay: 12 });
 * sample(Flight, { seed: 7 });
 */
export function sample<T>(codec: Codec<T>, options?: SampleOptions & SampleOverrides<NoInfer<T>>): T {
  const { seed = 1, ...overrides }: SampleOptions = options ?? {};
  const value = sampleValue(typeOfCodec(codec), seededRandom(seed));
  for (const [field, override] of Object.entries(overrides)) {
    setMember(value as { [field: string]: unknown }, field, override);
  }
  codec.assert(value);
  return value;
}
