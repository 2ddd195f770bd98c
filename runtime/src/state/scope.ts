import type { Identity } from './key-identity.ts';
import type { UndoLog } from './undo.ts';

/** What state needs to know of the handler call that uses it. */
export interface CallScope {
  /** The current key. */
  readonly identity: Identity;
  readonly undo: UndoLog;
  /** @throws JobError with code `JOB_CONTEXT_EXPIRED` when the call is over */
  check(): void;
}
