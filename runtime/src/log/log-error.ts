/**
 * What a failed request of the log means for its caller.
 * - `retriable`: certainly not applied; repeat after a pause.
 * - `abortable`: the transaction must be aborted; the producer goes on.
 * - `fenced`: another instance owns it; give up the task without touching the log.
 * - `unknown-outcome`: it may have been applied; end the producer's incarnation and read what was committed.
 * - `fatal`: repeating cannot help.
 */
export type LogErrorKind = 'retriable' | 'abortable' | 'fenced' | 'unknown-outcome' | 'fatal';

export class LogError extends Error {
  readonly code = 'LOG';
  readonly kind: LogErrorKind;

  constructor(kind: LogErrorKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'LogError';
    this.kind = kind;
  }
}

/** By code, not by class: another build of this package may have thrown it. */
export function isLogError(error: unknown): error is LogError {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'LOG' && 'kind' in error;
}
