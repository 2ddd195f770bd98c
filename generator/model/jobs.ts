import type { Config } from '../config/config.ts';
import type { Finding } from '../finding.ts';
import type { JobModel, TopicModel, TypeModel } from './model.ts';

export interface JobsResult {
  readonly jobs: readonly JobModel[];
  readonly findings: readonly Finding[];
}

/**
 * Settles what the config's `jobs` mean. `types` and `topics` may lack what other findings already concern;
 * jobs with findings are left out.
 */
export function buildJobs(_config: Config, _types: readonly TypeModel[], _topics: readonly TopicModel[]): JobsResult {
  return { jobs: [], findings: [] };
}
