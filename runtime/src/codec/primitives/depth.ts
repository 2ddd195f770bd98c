import { MAX_DEPTH } from '../errors.ts';
import type { Writer } from '../writer.ts';
import { encodeFailure } from './failure.ts';

/** Goes one level deeper; who calls it comes back up by itself. */
export function descend(w: Writer): void {
  if (++w.depth > MAX_DEPTH) throw encodeFailure('depth', `nested more than ${MAX_DEPTH} levels deep`);
}
