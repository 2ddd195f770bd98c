import { normalizedSchema } from '@kgen/runtime/schema';
import type { PulledRegistry, PulledVersion } from './load-pulled.ts';
import type { LockedVersion } from './lockfile.ts';
import type { Pulled } from './pull.ts';
import { subjectFolders, versionFile } from './pulled-files.ts';

/** What a registry has just said, as it will lie in the repository. What it has forgotten is taken from `before`. */
export function asPulled({ lockfile, schemas }: Pulled, before: PulledRegistry): PulledRegistry {
  const folders = subjectFolders(lockfile.subjects.map(({ subject }) => subject));
  const subjects = lockfile.subjects.map(({ subject, compatibility, versions }) => {
    const former = before.subjects.find((each) => each.subject === subject)?.versions ?? [];
    const known = (version: LockedVersion): readonly PulledVersion[] => {
      const file = versionFile(folders.get(subject) ?? '', version, versions);
      const read = schemas.get(version);
      if (read !== undefined) return [{ ...version, file, ...read, schema: normalizedSchema(read.type) }];
      const old = former.find((each) => each.version === version.version && each.id === version.id);
      return old === undefined ? [] : [{ ...old, ...version, file }];
    };
    return { subject, compatibility, versions: versions.flatMap(known) };
  });
  return { urls: lockfile.registry, subjects, findings: [] };
}
