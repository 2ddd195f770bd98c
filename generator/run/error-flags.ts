import type { ErrorPlace, ErrorPolicies, ErrorPolicy } from '@kgen/runtime';
import { closest } from '../config/closest.ts';

const PLACES: readonly ErrorPlace[] = ['decode', 'process', 'produce'];
const DEAD_LETTER = 'dead-letter:';

/** `decode=skip process=dead-letter:orders-dead`; undefined where nothing was given. */
export function errorPolicies(
  flags: readonly string[],
  report: (path: string, reason: string, hint: string) => void,
): ErrorPolicies | undefined {
  const policies: { [P in ErrorPlace]?: ErrorPolicy } = {};
  for (const flag of flags) {
    const at = flag.indexOf('=');
    const [given, text] = [flag.slice(0, at), flag.slice(at + 1)];
    const place = PLACES.find((each) => each === given);
    const policy = at < 0 ? undefined : policyOf(text);
    if (place === undefined || policy === undefined) {
      const near = closest(given, PLACES);
      const hint =
        place !== undefined || near === undefined
          ? "Give 'decode=skip', 'process=fail' or 'produce=dead-letter:<topic>'"
          : `Did you mean ${near}=${text}?`;
      report('--on-error', reasonOf(flag, place !== undefined), hint);
    } else policies[place] = policy;
  }
  return flags.length === 0 ? undefined : policies;
}

function reasonOf(flag: string, place: boolean): string {
  const at = flag.indexOf('=');
  if (at < 0) return `'${flag}' is no place=policy`;
  return place ? `there is no policy '${flag.slice(at + 1)}'` : `there is no place '${flag.slice(0, at)}'`;
}

function policyOf(text: string): ErrorPolicy | undefined {
  if (text === 'fail' || text === 'skip') return text;
  if (!text.startsWith(DEAD_LETTER) || text === DEAD_LETTER) return undefined;
  return { deadLetter: text.slice(DEAD_LETTER.length) };
}

/** Topics for dead letters, as policies name them. */
export function deadLetterNames(policies: ErrorPolicies | undefined): readonly string[] {
  return Object.values(policies ?? {}).flatMap((policy) => (typeof policy === 'object' ? [policy.deadLetter] : []));
}
