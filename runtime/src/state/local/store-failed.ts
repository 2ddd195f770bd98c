import { LogError } from '../../log/port.ts';

/** What is on this machine cannot be read. That is no matter of the record whose handler asked for it (I8). */
export class StoreFailedError extends LogError {
  readonly storeFailed = true;

  constructor(path: string, cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super('retriable', `the local store ${path} cannot be read: ${reason}`, { cause });
  }
}

/** By what it holds, not by its class: another build of this package may have thrown it. */
export function isStoreFailed(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'storeFailed' in error && error.storeFailed === true;
}
