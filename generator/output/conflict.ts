import { isErrno } from './errno.ts';

/** Someone else writes there at the same time: what was planned may not hold any more. */
export interface Conflict extends Error {
  readonly code: typeof CONFLICT;
}

const CONFLICT = 'KGEN_CONFLICT';

export function conflict(reason: string): Conflict {
  return Object.assign(new Error(reason), { code: CONFLICT } as const);
}

export function isConflict(error: unknown): error is Conflict {
  return isErrno(error, CONFLICT);
}
