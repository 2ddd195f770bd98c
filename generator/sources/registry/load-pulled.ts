import { join } from 'node:path';
import { AvroSchemaError } from '@kgen/runtime';
import type { AvroType } from '@kgen/runtime/schema';
import type { RegistryConfig } from '../../config/config.ts';
import type { Finding } from '../../finding.ts';
import { readText } from '../read-text.ts';
import { LOCKFILE, type LockedVersion, type Lockfile } from './lockfile.ts';
import { subjectFolders, versionFile } from './pulled-files.ts';
import { parseLockfile } from './read-lockfile.ts';
import { hashedSchema } from './self-contained.ts';

/** What was pulled of a registry, as it lies in the repository. */
export interface PulledRegistry {
  /** Base URLs, without credentials. */
  readonly urls: readonly string[];
  readonly subjects: readonly PulledSubject[];
  readonly findings: readonly Finding[];
}

export const NOTHING_PULLED: PulledRegistry = { urls: [], subjects: [], findings: [] };

export interface PulledSubject {
  readonly subject: string;
  /** Its level: `BACKWARD`, `NONE`, … */
  readonly compatibility: string;
  /** Ascending. */
  readonly versions: readonly PulledVersion[];
}

export interface PulledVersion extends LockedVersion {
  /** Relative to the config's folder. */
  readonly file: string;
  /** As registered. */
  readonly text: string;
  /** Normalized, with all that it refers to. */
  readonly schema: string;
  readonly type: AvroType;
}

/** Reads the lockfile and the schemas that belong to it; without a `registry` in the config there are none. */
export async function loadPulled(registry: RegistryConfig | undefined, root: string): Promise<PulledRegistry> {
  if (registry === undefined) return NOTHING_PULLED;
  const none = (finding: Finding): PulledRegistry => ({ urls: [], subjects: [], findings: [finding] });
  const lockText = await readText(join(root, LOCKFILE));
  if ('reason' in lockText) {
    const reason = `the config names a Schema Registry, and there is no ${LOCKFILE}`;
    return none({ path: 'registry', reason, hint: 'Run `kgen pull`, and commit what it writes' });
  }
  const lockfile = parseLockfile(lockText.text);
  if ('reason' in lockfile) return none(lockfile);
  const entries = await readFiles(lockfile, root);
  const findings: Finding[] = missingSubjects(registry, lockfile);
  const subjects = lockfile.subjects.map(({ subject, compatibility, versions }) => ({
    subject,
    compatibility,
    versions: versions.flatMap((version): readonly PulledVersion[] => {
      const read = readVersion(subject, version, entries);
      if (!('reason' in read)) return [read];
      findings.push(read);
      return [];
    }),
  }));
  return { urls: lockfile.registry, subjects, findings };
}

function missingSubjects({ subjects }: RegistryConfig, lockfile: Lockfile): Finding[] {
  return subjects.flatMap((each, i): readonly Finding[] => {
    if (typeof each !== 'string' || lockfile.subjects.some(({ subject }) => subject === each)) return [];
    const reason = `subject ${each} is not in ${LOCKFILE}`;
    return [{ path: `registry.subjects[${i}]`, reason, hint: 'Run `kgen pull`' }];
  });
}

interface Entry {
  readonly version: LockedVersion;
  readonly file: string;
  /** Undefined where the file cannot be read. */
  readonly text: string | undefined;
}

/** By subject and version. Several are of a subject that was made anew, the present one last. */
type Entries = ReadonlyMap<string, readonly Entry[]>;

async function readFiles({ subjects }: Lockfile, root: string): Promise<Entries> {
  const folders = subjectFolders(subjects.map(({ subject }) => subject));
  const all = subjects.flatMap(({ subject, versions }) => {
    const folder = folders.get(subject) ?? '';
    return versions.map((version) => ({ subject, version, file: versionFile(folder, version, versions) }));
  });
  const texts = await Promise.all(all.map(({ file }) => readText(join(root, file))));
  const entries = new Map<string, Entry[]>();
  all.forEach(({ subject, version, file }, i) => {
    const read = texts[i];
    const text = read !== undefined && 'text' in read ? read.text : undefined;
    const key = keyOf(subject, version.version);
    entries.set(key, [...(entries.get(key) ?? []), { version, file, text }]);
  });
  for (const same of entries.values()) same.sort((x, y) => Number(y.version.deleted) - Number(x.version.deleted));
  return entries;
}

function keyOf(subject: string, version: number): string {
  return `${version} ${subject}`;
}

function readVersion(subject: string, version: LockedVersion, entries: Entries): PulledVersion | Finding {
  const entry = entries.get(keyOf(subject, version.version))?.find((each) => each.version === version);
  const file = entry?.file ?? LOCKFILE;
  const wrong = (reason: string): Finding => {
    return { file, reason, hint: 'Run `kgen pull`; or restore what was committed' };
  };
  if (entry?.text === undefined) return wrong(`version ${version.version} of subject ${subject} cannot be read`);
  const references = referencesOf(version, entries);
  if (typeof references === 'string') return wrong(`it refers to ${references}, which is not in ${LOCKFILE}`);
  try {
    const { schema, type, hash } = hashedSchema(entry.text, references);
    if (hash !== version.hash) return wrong(`it is not the schema that ${LOCKFILE} has the hash of`);
    return { ...version, file, text: entry.text, schema, type };
  } catch (error) {
    if (!(error instanceof AvroSchemaError)) throw error;
    return wrong(`it is no valid schema: ${error.problems[0]?.reason ?? error.message}`);
  }
}

/** The texts of all that a version refers to, directly or not; the name of what is missing, where something is. */
function referencesOf({ references }: LockedVersion, entries: Entries): readonly string[] | string {
  const found = new Map<string, string>();
  const open = [...references];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { subject, version } = next;
    const key = keyOf(subject, version);
    if (found.has(key)) continue;
    const entry = entries.get(key)?.at(-1);
    if (entry?.text === undefined) return `version ${version} of subject ${subject}`;
    found.set(key, entry.text);
    open.push(...entry.version.references);
  }
  return [...found.values()];
}
