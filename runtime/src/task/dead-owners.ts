import type { Log } from '../log/port.ts';
import { type Clock, sleep } from '../time/clock.ts';
import { type JobPlan, transactionalIdPrefix } from './plan.ts';

/** While something is waited for, owners that are gone are looked for this often, in milliseconds. */
const LOOK_EVERY = 250;

/**
 * I16: ends transactions of instances that are no members any more. Those of present members are their own affair:
 * a wrong guess would cost a live instance a restart.
 */
export async function endDeadOwners(log: Log, plan: JobPlan): Promise<void> {
  const prefix = transactionalIdPrefix(plan.group);
  const open = await log.openTransactions(prefix);
  if (open.length === 0) return;
  const present = new Set((await log.instances(plan.group)).map((instance) => prefix + instance));
  for (const id of open) {
    if (id !== plan.transactionalId && !present.has(id)) (await log.producer(id)).close();
  }
}

/** Waits for an answer that a dead owner's transaction may hold back: it may be found dead only after a while. */
export async function endingDeadOwners<T>(
  { log, clock, plan, alive }: { log: Log; clock: Clock; plan: JobPlan; alive: () => void },
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
    await Promise.race([settled, sleep(clock, LOOK_EVERY)]);
    alive();
    if (waiting) await endDeadOwners(log, plan);
  }
  return answer;
}
