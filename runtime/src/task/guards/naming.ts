import type { JobDeclaration } from '../declaration.ts';
import { deadLetterTopics, type ErrorPolicies } from '../errors/policy.ts';
import { type CommitRules, hasTransactions } from '../plan/guarantee.ts';
import { changelogOf, transactionalIdPrefix } from '../plan/plan.ts';
import type { Naming } from '../plan/planned-topics.ts';

/** A job, and what it is called and does here. */
export interface GuardedJob {
  readonly declaration: JobDeclaration;
  readonly rules: CommitRules;
  readonly group: string;
  /** Kafka's name of a declared topic. */
  readonly rename: (topic: string) => string;
  /** Instead of those declared, place by place. */
  readonly onError: ErrorPolicies | undefined;
}

/** Kafka's names of what a job reads and writes; those that a pattern finds are not among them. */
export interface GuardedNames {
  readonly inputs: readonly string[];
  /** Topics of dead letters are among them. */
  readonly outputs: readonly string[];
  /** Undefined for a job that has nothing to keep. */
  readonly changelog: string | undefined;
  /** How its transactional ids begin; undefined for a job without transactions. */
  readonly transactionalIds: string | undefined;
}

export function namingOf({ declaration, group, rename, onError }: GuardedJob): Naming {
  return { rename, changelog: changelogOf(group), deadLetters: deadLetterTopics(declaration.onError, onError) };
}

export function namesOf({ declaration, rules, group, rename, onError }: GuardedJob): GuardedNames {
  const named = (topics: readonly { readonly names: readonly string[] }[]): string[] =>
    topics.flatMap(({ names }) => names.map(rename));
  const deadLetters = deadLetterTopics(declaration.onError, onError).map(rename);
  return {
    inputs: named(Object.values(declaration.inputs).map(({ topic }) => topic)),
    outputs: [...named(Object.values(declaration.outputs)), ...deadLetters],
    changelog: rules.changelog ? changelogOf(group) : undefined,
    transactionalIds: hasTransactions(rules) ? transactionalIdPrefix(group) : undefined,
  };
}
