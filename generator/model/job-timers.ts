import { isUsableProperty } from './job-names.ts';
import type { JobSurroundings } from './job-surroundings.ts';

/** Names of a job's timers. What has findings is left out. */
export function buildTimers(names: readonly string[], path: string, around: JobSurroundings): readonly string[] {
  return names.filter((name, index) => {
    const at = `${path}[${index}]`;
    if (!isUsableProperty(name)) {
      around.report(at, `${JSON.stringify(name)} cannot name a timer`, 'Use letters, digits and _, such as `close`');
      return false;
    }
    if (names.indexOf(name) === index) return true;
    around.report(at, `timer '${name}' is there twice`, 'Remove one of them');
    return false;
  });
}
