import { murmur2Partition } from '../format/murmur2.ts';
import type { FetchedPartition } from '../log/port.ts';
import { JobError } from '../task/job-error.ts';
import { type CatchUpTarget, type CatchUpWorld, catchUp } from '../task/opening/catch-up.ts';

/**
 * I18: where a topic has grown, each record that is still to be read must lie where its key belongs now. One that was written
 * before the topic grew, and not read, would come to a task that does not have its state.
 * @throws JobError with code `JOB_SAVEPOINT`
 */
export async function checkGrowth(
  world: CatchUpWorld,
  unread: readonly CatchUpTarget[],
  partitions: number,
): Promise<void> {
  await catchUp(world, unread, (fetched) => {
    check(fetched, partitions);
    return undefined;
  });
}

function check({ topic, partition, records }: FetchedPartition, partitions: number): void {
  while (records.next()) {
    const { bytes, keyStart, keyEnd, offset } = records;
    if (keyStart < 0) continue;
    const place = murmur2Partition(bytes, partitions, keyStart, keyEnd);
    if (place === partition) continue;
    const what = `the record at ${topic}-${partition}, offset ${offset}, has a key that belongs to partition ${place} of ${partitions}`;
    const why = 'it was written before the topic grew, and the job had not read it when the savepoint was taken';
    const advice =
      'State can follow where every partition was read to its end before it grew: stop producers, let the job read all, take the savepoint, then add partitions. Here, begin anew from the inputs, under another group';
    const message = `state cannot be redistributed: ${what}: ${why}. ${advice}`;
    throw new JobError('JOB_SAVEPOINT', message, { topic, partition, offset: BigInt(offset) });
  }
}
