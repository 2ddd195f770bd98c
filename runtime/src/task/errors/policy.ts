/**
 * Where a record can fail:
 * - `decode`: its key or value cannot be read, or is missing; or a row of a table cannot be read that its handler asks for.
 * - `process`: its handler throws, or what it returned rejects.
 * - `produce`: an output of its handler cannot be written, and the handler did not catch that.
 */
export type ErrorPlace = 'decode' | 'process' | 'produce';

/**
 * What becomes of a record that has failed:
 * - `'fail'`: the job starts over from the last checkpoint, by its restart strategy, and fails for good where that does not help.
 * - `'skip'`: the job goes on without it. It is counted, and logged.
 * - `{ deadLetter }`: the job goes on, and the record lies in that topic, as it was, with headers that say what went wrong.
 *
 * Nothing that its handler did has any effect, whichever it is.
 */
export type ErrorPolicy = 'fail' | 'skip' | { readonly deadLetter: string };

/** What becomes of records that fail, by where they do. Each is `'fail'` by default. */
export type ErrorPolicies = { readonly [P in ErrorPlace]?: ErrorPolicy | undefined };

export const ERROR_PLACES: readonly ErrorPlace[] = ['decode', 'process', 'produce'];

/** Topics that policies name, each once. */
export function deadLetterTopics(...all: readonly (ErrorPolicies | undefined)[]): readonly string[] {
  const topics = all.flatMap((policies = {}) =>
    ERROR_PLACES.flatMap((place) => {
      const policy = policies[place];
      return typeof policy === 'object' ? [policy.deadLetter] : [];
    }),
  );
  return [...new Set(topics)];
}

/** What is wrong with policies that no compiler may have checked, with the path of what it is about; undefined where nothing is. */
export function errorPoliciesProblem(given: unknown): string | undefined {
  if (typeof given !== 'object' || given === null) return 'onError: give an object with `decode`, `process`, `produce`';
  for (const [place, policy] of Object.entries(given)) {
    if (!ERROR_PLACES.includes(place as ErrorPlace))
      return `onError.${place}: there is no such place; there are \`decode\`, \`process\` and \`produce\``;
    if (policy !== undefined && !isErrorPolicy(policy))
      return `onError.${place}: use 'fail', 'skip' or { deadLetter: 'name of a topic' }`;
  }
  return undefined;
}

export function isErrorPolicy(value: unknown): value is ErrorPolicy {
  if (value === 'fail' || value === 'skip') return true;
  if (typeof value !== 'object' || value === null || !('deadLetter' in value)) return false;
  return typeof value.deadLetter === 'string' && value.deadLetter !== '';
}
