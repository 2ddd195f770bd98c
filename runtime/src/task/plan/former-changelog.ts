import { isLogError, type Log } from '../../log/port.ts';
import type { PlannedTopic } from './planned-topics.ts';

/**
 * The changelog of a job that has none now: while it kept its positions in checkpoint records alone, it had one (`commitOffsets`).
 * Undefined where there is none. Who may not see it has not written it.
 */
export async function findFormerChangelog(log: Log, name: string): Promise<PlannedTopic | undefined> {
  try {
    const found = (await log.topics([name])).get(name);
    return found === undefined ? undefined : { name, ...found };
  } catch (error) {
    if (!isLogError(error) || error.kind !== 'fatal') throw error;
    return undefined;
  }
}
