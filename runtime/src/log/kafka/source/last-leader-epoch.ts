import { batchEnd } from '../../record-batch/batch.ts';
import { LEADER_EPOCH_AT } from '../../record-batch/layout.ts';
import type { FetchedRecords } from '../../record-batch/read-batches.ts';

/** Under which leader the last whole batch was written; undefined where there is none. */
export function lastLeaderEpoch(fetched: FetchedRecords): number | undefined {
  const { records } = fetched;
  let epoch: number | undefined;
  for (let at = 0; ; ) {
    const end = batchEnd(records, at, fetched);
    if (end === undefined) return epoch;
    epoch = records.readInt32BE(at + LEADER_EPOCH_AT);
    at = end;
  }
}
