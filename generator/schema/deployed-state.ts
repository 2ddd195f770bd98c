import { AvroSchemaError, type SchemaProblem } from '@kgen/runtime';
import { type ChangedMeaning, changedMeanings, incompatibilities, parseSchema } from '@kgen/runtime/schema';
import type { Finding } from '../finding.ts';
import type { LockedState } from '../sources/locked-state.ts';
import { LOCKFILE } from '../sources/registry/lockfile.ts';
import { isEncodedAs } from './deployed-keys.ts';

/**
 * What of the state that deployed versions of jobs have written the present ones cannot read. Values stay in a changelog as they were
 * written until they are written again, so that each deployed schema counts, not only the last.
 */
export function stateFindings(present: readonly LockedState[], deployed: readonly LockedState[]): readonly Finding[] {
  return deployed.flatMap((before) => {
    const now = present.find(({ job, state }) => job === before.job && state === before.state);
    // A state that is gone is left alone.
    return now === undefined ? [] : compare(now, before);
  });
}

function compare(now: LockedState, before: LockedState): readonly Finding[] {
  const path = `jobs.${now.job}.state.${now.state}`;
  const finding = (at: string, reason: string, hint: string): Finding => ({ path: at, reason, hint });
  if (now.kind !== before.kind) {
    const hint = `Keep it a ${before.kind}, and add a state of another name; ${FORGET}`;
    return [finding(path, `it is a ${now.kind}, and a ${before.kind} in a deployed version of the job`, hint)];
  }
  try {
    if (before.key !== undefined && now.key !== undefined && !isEncodedAs(before.key, now.key)) {
      const hint = `Keep the keys of the map, and add a state of another name; ${FORGET}`;
      return [
        finding(`${path}.key`, 'the keys of the map are of another schema than in a deployed version of the job', hint),
      ];
    }
    const [was, is] = [schemaOf(before.schema), schemaOf(now.schema)];
    const of = (problem: SchemaProblem, what: string): Finding => {
      const at = problem.path === '' ? path : `${path}: ${problem.path}`;
      return finding(at, `${what}: ${problem.reason}`, `${problem.hint}; ${FORGET}`);
    };
    return [
      ...incompatibilities(was, is).map((each) => of(each, 'state of a deployed version cannot be read')),
      ...changedMeanings(was, is).map((each) => of(each, CHANGED[each.kind])),
    ];
  } catch (error) {
    if (!(error instanceof AvroSchemaError)) throw error;
    const reason = `the schema of state ${before.state} of job ${before.job} is none: ${error.message}`;
    return [{ file: LOCKFILE, reason, hint: 'Restore the line from version control' }];
  }
}

const CHANGED: { readonly [K in ChangedMeaning['kind']]: string } = {
  value: 'state of a deployed version would mean something else',
  range: 'some state of a deployed version cannot be read',
};

const FORGET = `or where that version was never deployed, or its state is given up, remove its line from ${LOCKFILE}`;

function schemaOf(text: string): ReturnType<typeof parseSchema> {
  return parseSchema(text, {}, { defaults: 'ignore' });
}
