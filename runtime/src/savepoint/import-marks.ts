import { type CommittedOffset, LogError } from '../log/port.ts';
import { parseImportMetadata } from '../task/checkpoint/checkpoint-record.ts';
import { type DeadOwnersWorld, endingDeadOwners } from '../task/opening/dead-owners.ts';
import type { JobPlan } from '../task/plan/plan.ts';
import type { Clock } from '../time/clock.ts';
import { reads } from './reads.ts';

export type MarksWorld = DeadOwnersWorld & { readonly plan: JobPlan; readonly clock: Clock };

/**
 * Offsets which say that a savepoint is being imported, of all that the job reads: also of topics that match a pattern, and which
 * whoever committed them had found before they are known here.
 */
export async function importMarks(world: MarksWorld): Promise<readonly CommittedOffset[]> {
  const { log, plan } = world;
  const all = await endingDeadOwners(world, log.committedOffsets(plan.group));
  return all.filter(({ topic, metadata }) => parseImportMetadata(metadata) !== undefined && reads(plan, topic));
}

/**
 * An import ends with offsets for all partitions, in place of those that say it is under way. One that was cut off may have found
 * topics that are not known here yet, since brokers hear of them one after another: its offsets would stay. Those of a topic that was
 * deleted are gone with it.
 * @throws LogError, `retriable`
 */
export function mustKnow({ streams, group }: JobPlan, marks: readonly CommittedOffset[]): void {
  const known = new Map(streams.flatMap(({ topics }) => topics.map(({ name, partitions }) => [name, partitions])));
  const unknown = marks.find(({ topic, partition }) => partition >= (known.get(topic) ?? 0));
  if (unknown === undefined) return;
  const what = `an import into group ${group} that was cut off had found ${unknown.topic}-${unknown.partition}`;
  throw new LogError('retriable', `${what}, which the brokers do not tell of here yet`);
}
