import { changeText, describeChanges } from '../schema/changes.ts';
import {
  isSameRegistry,
  type LockedSubject,
  type LockedVersion,
  type Lockfile,
  latestOf,
} from '../sources/registry/lockfile.ts';
import type { Pulled } from '../sources/registry/pull.ts';
import { count } from './console.ts';

/**
 * What moved in the registry since it was last pulled, a line each:
 * `+ orders-value  version 3 (id 7)  + note: string`
 */
export function lockChanges(before: Lockfile | undefined, { lockfile, schemas }: Pulled): readonly string[] {
  if (before !== undefined && !isSameRegistry(before.registry, lockfile.registry)) {
    const [from, to] = [before.registry, lockfile.registry].map((urls) => urls.join(', '));
    return [`~ registry  ${from} -> ${to}`, ...lockfile.subjects.map(added)];
  }
  const known = new Map((before?.subjects ?? []).map((each) => [each.subject, each]));
  const now = new Set(lockfile.subjects.map(({ subject }) => subject));
  const lines = lockfile.subjects.flatMap((after) => {
    const former = known.get(after.subject);
    return former === undefined ? [added(after)] : subjectChanges(former, after, schemas);
  });
  const dropped = [...known.keys()].filter((subject) => !now.has(subject));
  return [...lines, ...dropped.map((subject) => `- ${subject}  not in the config any more`)];
}

function added({ subject, versions }: LockedSubject): string {
  return `+ ${subject}  ${count(versions.length, 'version')}`;
}

function subjectChanges(before: LockedSubject, after: LockedSubject, schemas: Pulled['schemas']): readonly string[] {
  const { subject } = after;
  const lines: string[] = [];
  if (before.compatibility !== after.compatibility) {
    lines.push(`~ ${subject}  compatibility ${before.compatibility} -> ${after.compatibility}`);
  }
  let latest = latestOf(before);
  for (const version of after.versions) {
    const old = before.versions.find((each) => isSame(each, version));
    if (old === undefined) {
      lines.push(
        `+ ${subject}  ${named(version)}${renumbered(before, version)}${difference(latest, version, after, schemas)}`,
      );
      latest = version;
    } else if (old.deleted !== version.deleted) {
      lines.push(`${version.deleted ? '-' : '+'} ${subject}  ${named(version)}: ${version.deleted ? '' : 'un'}deleted`);
    } else if (old.hash !== version.hash) {
      lines.push(`~ ${subject}  ${named(version)}: another schema under the same id`);
    }
  }
  for (const old of before.versions) {
    if (!after.versions.some((each) => isSame(each, old)))
      lines.push(`- ${subject}  ${named(old)}: not the latest any more`);
  }
  return lines;
}

function isSame(a: LockedVersion, b: LockedVersion): boolean {
  return a.version === b.version && a.id === b.id;
}

function named({ version, id }: LockedVersion): string {
  return `version ${version} (id ${id})`;
}

/** A subject that was deleted and made anew counts its versions from 1 again. */
function renumbered(before: LockedSubject, { version }: LockedVersion): string {
  const old = before.versions.find((each) => each.version === version);
  return old === undefined ? '' : `, which was id ${old.id}: the subject was made anew`;
}

function difference(
  before: LockedVersion | undefined,
  after: LockedVersion,
  { versions }: LockedSubject,
  schemas: Pulled['schemas'],
): string {
  const old = versions.find((each) => before !== undefined && isSame(each, before));
  const [from, to] = [old && schemas.get(old)?.type, schemas.get(after)?.type];
  if (from === undefined || to === undefined) return '';
  const changes = describeChanges(from, to).map(changeText);
  return changes.length === 0 ? '' : `  ${changes.join(', ')}`;
}
