import type { JobPlan } from '../task/plan/plan.ts';
import { matchesPattern } from '../task/plan/planned-topics.ts';

/** True for topics that the streams of a job read, also for such as match a pattern and are not found yet. */
export function reads({ streams, naming }: JobPlan, name: string): boolean {
  if (name === naming.changelog || name.startsWith('__')) return false;
  return streams.some(({ topic: { pattern }, topics }) => {
    return topics.some((topic) => topic.name === name) || (pattern !== undefined && matchesPattern(pattern, name));
  });
}
