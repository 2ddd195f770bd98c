import { type JobPlan, transactionalIdPrefix } from '../plan/plan.ts';

/** Of one instance: the first is the only one where one checkpoint is under way at a time (I15). */
export function transactionalIdsOf({
  transactionalId,
  concurrentCheckpoints,
}: Pick<JobPlan, 'transactionalId' | 'concurrentCheckpoints'>): readonly string[] {
  if (transactionalId === undefined) return [];
  if (concurrentCheckpoints === 1) return [transactionalId];
  return [transactionalId, ...Array.from({ length: concurrentCheckpoints }, (_, i) => `${transactionalId}/${i + 1}`)];
}

/** Whose a transactional id of a job is: the name of the instance. */
export function ownerOf(transactionalId: string, group: string): string {
  return transactionalId.slice(transactionalIdPrefix(group).length).split('/', 1)[0] ?? '';
}
