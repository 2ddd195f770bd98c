import type { Config } from '../config/config.ts';
import type { TopicModel, TypeModel } from './model.ts';

/** What all parts of the jobs are checked against. */
export interface JobSurroundings {
  readonly config: Config;
  readonly types: readonly TypeModel[];
  readonly topics: readonly TopicModel[];
  /** False where schemas could not be read: types may be missing. */
  readonly complete: boolean;
  readonly report: (path: string, reason: string, hint: string) => void;
}

/** As findings write a key that is no plain word. */
export function quoted(key: string): string {
  return JSON.stringify(key).replaceAll(/^"|"$/g, "'");
}
