import { transactionalIdPrefix } from '../plan.ts';

/** What a job's things are called in this environment. */
export interface Naming {
  readonly group: string;
  readonly changelog: string;
  /** How its transactional ids begin. */
  readonly transactionalIds: string;
  /** Kafka's name of a declared topic. */
  readonly rename: (topic: string) => string;
}

export function namingOf(group: string, rename: (topic: string) => string): Naming {
  return { group, rename, changelog: `${group}-changelog`, transactionalIds: transactionalIdPrefix(group) };
}
