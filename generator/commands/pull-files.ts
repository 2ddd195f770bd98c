import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Finding } from '../finding.ts';
import { linkOnTheWay, readEntry } from '../output/tree.ts';
import { type FileChange, sameText } from '../output/write-set.ts';
import { LOCKFILE, type LockedVersion, type Lockfile, printLockfile } from '../sources/registry/lockfile.ts';
import type { Pulled } from '../sources/registry/pull.ts';
import { PULLED_FOLDER, subjectFolders, versionFile } from '../sources/registry/pulled-files.ts';
import { parseLockfile } from '../sources/registry/read-lockfile.ts';

/** The project's lockfile; undefined where there is none yet. */
export function lockfileOf(root: string): Lockfile | Finding | undefined {
  const entry = readEntry(join(root, LOCKFILE));
  if (entry.kind === 'absent') return undefined;
  if (entry.kind === 'file') return parseLockfile(entry.text);
  return { file: LOCKFILE, reason: `a ${entry.kind} stands where the lockfile should be`, hint: 'Move it away' };
}

/** What a pull does to the disk: the lockfile, a file for each version, and no others below their folder. */
export function planPull(
  root: string,
  before: Lockfile | undefined,
  { lockfile, schemas }: Pulled,
): { readonly changes: readonly FileChange[]; readonly findings: readonly Finding[] } {
  const wanted = new Map<string, string | undefined>([
    [LOCKFILE, printLockfile({ ...lockfile, state: before?.state, keys: before?.keys })],
  ]);
  const folders = subjectFolders(lockfile.subjects.map(({ subject }) => subject));
  for (const { subject, versions } of lockfile.subjects) {
    for (const version of versions) {
      const path = versionFile(folders.get(subject) ?? '', version, versions);
      // What the registry has forgotten is in its file alone.
      const text = schemas.get(version)?.text ?? formerText(root, before, subject, version);
      wanted.set(path, text === undefined ? undefined : `${text.trimEnd()}\n`);
    }
  }
  const findings: Finding[] = [];
  const changes: FileChange[] = [];
  for (const [path, text] of wanted) {
    const link = path === LOCKFILE ? undefined : linkOnTheWay(root, PULLED_FOLDER, path);
    const entry = link === undefined ? readEntry(join(root, path)) : ({ kind: 'link' } as const);
    if (text === undefined) findings.push(forgotten(path));
    else if (entry.kind === 'absent') changes.push({ action: 'add', path, text });
    else if (entry.kind !== 'file') {
      findings.push({ file: link ?? path, reason: `a ${entry.kind} is in the way`, hint: 'Move it away' });
    } else if (!sameText(entry.text, text)) changes.push({ action: 'change', path, text, previous: entry.text });
  }
  for (const path of pulledFiles(root)) {
    const entry = wanted.has(path) ? undefined : readEntry(join(root, path));
    if (entry?.kind === 'file') changes.push({ action: 'remove', path, previous: entry.text });
  }
  return { changes, findings };
}

function formerText(
  root: string,
  before: Lockfile | undefined,
  subject: string,
  { version, id }: LockedVersion,
): string | undefined {
  const former = before?.subjects.find((each) => each.subject === subject)?.versions ?? [];
  const old = former.find((each) => each.version === version && each.id === id);
  const folder = subjectFolders((before?.subjects ?? []).map((each) => each.subject)).get(subject);
  if (old === undefined || folder === undefined) return undefined;
  const entry = readEntry(join(root, versionFile(folder, old, former)));
  return entry.kind === 'file' ? entry.text : undefined;
}

function forgotten(file: string): Finding {
  const reason = 'the registry has forgotten this version, and its file is gone too';
  return { file, reason, hint: `Restore it from version control; or remove its line from ${LOCKFILE}` };
}

function pulledFiles(root: string): readonly string[] {
  const folder = join(root, PULLED_FOLDER);
  if (readEntry(folder).kind !== 'folder') return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (!entry.isDirectory()) return [];
    const files = readdirSync(join(folder, entry.name), { withFileTypes: true });
    return files.flatMap((file) => {
      return file.isFile() && file.name.endsWith('.avsc') ? [`${PULLED_FOLDER}/${entry.name}/${file.name}`] : [];
    });
  });
}
