import { AvroSchemaError } from '@kgen/runtime';
import { canonicalForm, logicalTypes, parseSchema } from '@kgen/runtime/schema';
import type { Finding } from '../finding.ts';
import type { LockedKeys } from '../sources/locked-keys.ts';
import { LOCKFILE } from '../sources/registry/lockfile.ts';

/** Jobs whose keys are encoded otherwise than in a version that was deployed: none would find its state again. */
export function keyFindings(present: readonly LockedKeys[], deployed: readonly LockedKeys[]): readonly Finding[] {
  return deployed.flatMap((before) => {
    const now = present.find(({ job }) => job === before.job);
    // A job without state any more has nothing to find.
    return now === undefined ? [] : compare(now, before);
  });
}

function compare(now: LockedKeys, before: LockedKeys): readonly Finding[] {
  const hint = `Keep the keys, or begin a job of another name; or where that version was never deployed, or its state is given up, remove its line from ${LOCKFILE}`;
  const finding = (reason: string): readonly Finding[] => [{ path: `jobs.${now.job}.inputs`, reason, hint }];
  if (now.format !== before.format) {
    return finding(`keys are in format ${now.format}, and in format ${before.format} in a deployed version of the job`);
  }
  if (now.schema === undefined || before.schema === undefined) return [];
  try {
    if (isEncodedAs(now.schema, before.schema)) return [];
  } catch (error) {
    if (!(error instanceof AvroSchemaError)) throw error;
    const reason = `the schema of the keys of job ${before.job} is none: ${error.message}`;
    return [{ file: LOCKFILE, reason, hint: 'Restore the line from version control' }];
  }
  return finding('keys are of another schema than in a deployed version of the job');
}

/** Whether keys of both schemas have the same bytes, and those the same meaning. */
export function isEncodedAs(a: string, b: string): boolean {
  return formOf(a) === formOf(b) && logicalTypes(a) === logicalTypes(b);
}

function formOf(text: string): string {
  return canonicalForm(parseSchema(text, {}, { defaults: 'ignore' }));
}
