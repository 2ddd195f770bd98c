import { AvroSchemaError } from '@kgen/runtime';
import type { RegistryClient } from '@kgen/runtime/registry';
import type { AvroType } from '@kgen/runtime/schema';
import { closest } from '../../config/closest.ts';
import type { Finding } from '../../finding.ts';
import { compare } from '../find-files.ts';
import { isSameRegistry, type LockedSubject, type LockedVersion, type Lockfile } from './lockfile.ts';
import { type ReadVersion, VersionReader } from './read-versions.ts';
import { hashedSchema } from './self-contained.ts';

/** Which subjects and versions to pull. */
export interface PullOptions {
  readonly subjects: readonly (string | RegExp)[];
  readonly versions: 'all' | 'latest';
  /** What the lockfile calls the registry: without credentials. */
  readonly urls: readonly string[];
}

export interface Pulled {
  readonly lockfile: Lockfile;
  /** What the registry says of each version in it. Missing are those that it has forgotten: their files are to stay. */
  readonly schemas: ReadonlyMap<LockedVersion, PulledSchema>;
  readonly findings: readonly Finding[];
  /** What a person should know and need not mend. */
  readonly notices: readonly string[];
}

export interface PulledSchema {
  /** As registered. */
  readonly text: string;
  readonly type: AvroType;
}

/** Subjects are read side by side, so many at a time. */
const AT_ONCE = 8;

/**
 * Reads subjects, and those that they refer to. What was pulled before and is gone from the registry stays, marked as
 * deleted: its records may still lie in topics. Not so what was pulled of another registry: its ids mean other schemas here.
 * @throws RegistryError
 */
export async function pull(
  client: RegistryClient,
  options: PullOptions,
  lockfile: Lockfile | undefined,
): Promise<Pulled> {
  const before = lockfile !== undefined && isSameRegistry(lockfile.registry, options.urls) ? lockfile : undefined;
  const findings: Finding[] = [];
  const notices: string[] = [];
  const reader = new VersionReader(client);
  const names = await chosenSubjects(client, options.subjects, findings);
  const read = new Map<string, readonly ReadVersion[]>();
  await inParallel(names, AT_ONCE, async (subject) => {
    const versions = await reader.versionsOf(subject, options.versions);
    const [other] = versions.filter(({ schemaType }) => schemaType !== 'AVRO');
    if (other === undefined) read.set(subject, versions);
    else if (options.subjects.includes(subject)) findings.push(notAvro(subject, other.schemaType));
    else notices.push(`Subject ${subject} holds ${other.schemaType}, not Avro: left out`);
  });
  for (const [subject, versions] of await reader.referredTo(read)) read.set(subject, versions);

  const schemas = new Map<LockedVersion, PulledSchema>();
  const subjects: LockedSubject[] = [];
  await inParallel([...read], AT_ONCE, async ([subject, versions]) => {
    const locked: LockedVersion[] = [];
    for (const version of versions) {
      const entry = await lock(version, reader);
      if ('reason' in entry) findings.push(entry);
      else {
        locked.push(entry.version);
        schemas.set(entry.version, { text: version.schema, type: entry.type });
      }
    }
    const former = before?.subjects.find((each) => each.subject === subject);
    const compatibility = await client.compatibility(subject);
    subjects.push({ subject, compatibility, versions: withForgotten(locked, former, options.versions) });
  });
  for (const former of before?.subjects ?? []) {
    if (read.has(former.subject) || !isWanted(former.subject, options.subjects)) continue;
    subjects.push({ ...former, versions: former.versions.map((version) => ({ ...version, deleted: true })) });
  }
  addReferred(subjects, before);
  for (const name of options.subjects) {
    if (typeof name === 'string' && !names.includes(name) && !subjects.some(({ subject }) => subject === name)) {
      findings.push(await missing(name, client));
    }
  }
  subjects.sort((a, b) => compare(a.subject, b.subject));
  // Answers come in any order.
  findings.sort((a, b) => compare(a.reason, b.reason));
  return { lockfile: { registry: options.urls, subjects }, schemas, findings, notices: notices.sort(compare) };
}

function isWanted(subject: string, wanted: PullOptions['subjects']): boolean {
  return wanted.some((each) => (typeof each === 'string' ? each === subject : matches(each, subject)));
}

/** A pattern with the flag `g` remembers where it stopped. */
function matches(pattern: RegExp, subject: string): boolean {
  pattern.lastIndex = 0;
  return pattern.test(subject);
}

async function chosenSubjects(
  client: RegistryClient,
  wanted: PullOptions['subjects'],
  findings: Finding[],
): Promise<readonly string[]> {
  const all = await client.subjects();
  for (const pattern of wanted) {
    if (typeof pattern === 'string' || all.some((subject) => matches(pattern, subject))) continue;
    const reason = `no subject of the registry matches ${pattern}`;
    findings.push({ path: 'registry.subjects', reason, hint: `It has ${listed(all)}` });
  }
  return all.filter((subject) => isWanted(subject, wanted));
}

function listed(names: readonly string[]): string {
  if (names.length === 0) return 'no subjects yet: `kgen register` publishes schemas of yours';
  const more = names.length > 8 ? ` and ${names.length - 8} more` : '';
  return `${names.slice(0, 8).join(', ')}${more}`;
}

async function missing(subject: string, client: RegistryClient): Promise<Finding> {
  const all = await client.subjects();
  const near = closest(subject, all);
  const hint = near === undefined ? `It has ${listed(all)}` : `Did you mean '${near}'?`;
  return { path: 'registry.subjects', reason: `the registry has no subject ${subject}`, hint };
}

function notAvro(subject: string, type: string): Finding {
  const reason = `subject ${subject} holds ${type}, and kgen reads Avro only`;
  return { path: 'registry.subjects', reason, hint: 'Remove it from `registry.subjects`' };
}

async function lock(
  read: ReadVersion,
  reader: VersionReader,
): Promise<{ readonly version: LockedVersion; readonly type: AvroType } | Finding> {
  const { subject, version, id, references, deleted } = read;
  const wrong = (reason: string, hint: string): Finding => {
    return { path: 'registry.subjects', reason: `version ${version} of ${subject} ${reason}`, hint };
  };
  const others = await reader.referencesOf(read);
  if (!Array.isArray(others))
    return wrong(`refers to ${others}, which the registry does not have`, 'Register it again');
  try {
    const { hash, type } = hashedSchema(
      read.schema,
      others.map(({ schema }) => schema),
    );
    return { version: { version, id, hash, references, deleted }, type };
  } catch (error) {
    if (!(error instanceof AvroSchemaError)) throw error;
    const [first] = error.problems;
    const at = first === undefined || first.path === '' ? '' : ` at ${first.path}`;
    return wrong(
      `is no valid Avro: ${first?.reason ?? error.message}${at}`,
      'Register a corrected schema, and delete it',
    );
  }
}

function withForgotten(
  locked: readonly LockedVersion[],
  former: LockedSubject | undefined,
  versions: PullOptions['versions'],
): readonly LockedVersion[] {
  const isLocked = (old: LockedVersion): boolean => {
    return locked.some(({ version, id }) => version === old.version && id === old.id);
  };
  // With `latest` alone, what is no longer the latest is simply left out.
  const forgotten = versions === 'latest' ? [] : (former?.versions ?? []).filter((old) => !isLocked(old));
  const all = [...locked, ...forgotten.map((old) => ({ ...old, deleted: true }))];
  return all.sort((a, b) => a.version - b.version || a.id - b.id);
}

/** What was pulled before and is still referred to stays: perhaps only by versions that the registry has forgotten. */
function addReferred(subjects: LockedSubject[], before: Lockfile | undefined): void {
  const open = subjects.flatMap(({ versions }) => versions.flatMap(({ references }) => references));
  for (const { subject, version } of open) {
    const at = subjects.findIndex((each) => each.subject === subject);
    const present = subjects[at];
    if (present?.versions.some((each) => each.version === version)) continue;
    const former = before?.subjects.find((each) => each.subject === subject);
    const old = former?.versions.findLast((each) => each.version === version);
    if (former === undefined || old === undefined) continue;
    const versions = [...(present?.versions ?? []), old].sort((a, b) => a.version - b.version || a.id - b.id);
    if (present === undefined) subjects.push({ ...former, versions });
    else subjects[at] = { ...present, versions };
    open.push(...old.references);
  }
}

/** Runs `task` for each item, at most `limit` at a time. */
async function inParallel<T>(items: readonly T[], limit: number, task: (item: T) => Promise<void>): Promise<void> {
  const rest = items.values();
  const worker = async (): Promise<void> => {
    for (const item of rest) await task(item);
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
}
