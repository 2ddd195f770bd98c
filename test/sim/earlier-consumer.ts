import type { StartFrom } from '@kgen/runtime';
import type { HookedMemoryLog } from '../../runtime/src/log/memory/memory-log.ts';
import type { Chance } from './chance.ts';
import { inputs } from './features/topics.ts';
import { GROUP, TASKS } from './job.ts';

/** Where a job begins that an earlier consumer has worked before, of which other inputs have no offsets. */
export const AFTER_ANOTHER: StartFrom = { group: 'earliest' };

const TOPICS: readonly string[] = ['in-a', 'in-b'];

/** Records of before the job: their ids are below 0. To call for one of them would be wrong. */
export function isEarlier({ id }: { readonly id: number }): boolean {
  return id < 0;
}

/** Another consumer of the job's group has worked records of before, and is gone: its offsets are where the job begins. */
export async function workEarlier(log: HookedMemoryLog, chance: Chance): Promise<void> {
  const layout = TOPICS.map((topic) => ({ topic, partitions: TASKS, global: false }));
  const ignore = { revoked: async () => undefined, assigned: () => undefined, lost: () => undefined };
  const membership = await log.join({ group: GROUP, instance: 'earlier', static: false, layout }, ignore);
  const producer = await log.producer('earlier');
  let id = 0;
  const offsets = layout.flatMap(({ topic }) =>
    Array.from({ length: TASKS }, (_, partition) => {
      const count = chance.below(4);
      for (let i = 0; i < count; i++) {
        const record = inputs.serializeValue({ key: `k${partition}`, id: --id, amount: 1 }, { topic: 'in-a' });
        log.produce([{ ...record, topic, partition, timestamp: 0n }]);
      }
      return { topic, partition, offset: count, metadata: '' };
    }),
  );
  await producer.commitOffsets(membership.member(), offsets);
  await producer.commit();
  producer.close();
  await membership.end({ leave: true });
}
