import type { Log } from '../../log/port.ts';
import { atMost, type Clock } from '../../time/clock.ts';
import { ownerOf, transactionalIdsOf } from '../checkpoint/transactional-ids.ts';
import { type JobPlan, transactionalIdPrefix } from '../plan/plan.ts';

/** While something is waited for, owners that are gone are looked for this often, in milliseconds. */
const LOOK_EVERY = 250;

export interface DeadOwnersWorld {
  readonly log: Log;
  readonly plan: Pick<JobPlan, 'group' | 'instance' | 'transactionalId' | 'concurrentCheckpoints'>;
  /** Throws when the job is to end. */
  readonly alive: () => void;
}

/**
 * I16: ends transactions of instances that are no members any more. Those of present members are their own affair:
 * a wrong guess would cost a live instance a restart.
 */
export async function endDeadOwners({ log, plan, alive }: DeadOwnersWorld): Promise<void> {
  const prefix = transactionalIdPrefix(plan.group);
  const open = await log.openTransactions(prefix);
  alive();
  if (open.length === 0) return;
  const present = new Set(await log.instances(plan.group));
  const own = transactionalIdsOf(plan);
  for (const id of open) {
    alive();
    const owner = ownerOf(id, plan.group);
    // This instance may have had more of them once: several checkpoints at a time, or transactions at all.
    const isOver = owner === plan.instance ? !own.includes(id) : !present.has(owner);
    if (isOver) (await log.producer(id)).close();
  }
}

/** Waits for an answer that a dead owner's transaction may hold back: it may be found dead only after a while. */
export async function endingDeadOwners<T>(
  world: DeadOwnersWorld & { readonly clock: Clock },
  answer: Promise<T>,
): Promise<T> {
  let waiting = true;
  const settled = answer.then(
    () => {
      waiting = false;
    },
    () => {
      waiting = false;
    },
  );
  while (waiting) {
    await atMost(world.clock, LOOK_EVERY, settled);
    world.alive();
    if (waiting) await endDeadOwners(world);
  }
  return answer;
}
