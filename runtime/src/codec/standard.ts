import { pathKeys } from './path.ts';
import type { StandardSchema } from './standard-schema.ts';
import type { Validate } from './validator.ts';

/** Standard Schema over a validator: reports the first problem, and returns the value itself. */
export function standardSchema<T>(validateOf: () => Validate): StandardSchema<T> {
  return {
    version: 1,
    vendor: 'kgen',
    validate(value) {
      const refusal = validateOf()(value);
      if (refusal === undefined) return { value: value as T };
      return { issues: [{ message: refusal.reason, path: pathKeys(refusal.path) }] };
    },
  };
}
