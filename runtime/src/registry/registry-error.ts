/**
 * What a failed call of the registry means.
 * - `unreachable`: no connection, no answer in time, or an answer that says to try later; all tries are spent.
 * - `refused`: the registry does not know, or does not let in, who asks.
 * - `missing`: no such subject, version or id.
 * - `invalid`: it refused what was sent: an invalid schema, an incompatible one.
 * - `malformed`: the answer is none of a Schema Registry; perhaps the URL is another server's.
 */
export type RegistryErrorKind = 'unreachable' | 'refused' | 'missing' | 'invalid' | 'malformed';

/** A failed call of a Schema Registry. Its message names the URL without credentials, and what to do. */
export class RegistryError extends Error {
  readonly code = 'REGISTRY';
  readonly kind: RegistryErrorKind;
  /** HTTP's, where there was an answer. */
  readonly status: number | undefined;

  constructor(kind: RegistryErrorKind, message: string, options: ErrorOptions & { readonly status?: number } = {}) {
    super(message, options);
    this.name = 'RegistryError';
    this.kind = kind;
    this.status = options.status;
  }
}

/** By code, not by class: another build of this package may have thrown it. */
export function isRegistryError(error: unknown): error is RegistryError {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'REGISTRY' && 'kind' in error;
}
