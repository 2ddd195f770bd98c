import { createHash } from 'node:crypto';
import type { LockedVersion } from './lockfile.ts';

/** Where pulled schemas lie, relative to the config's folder: outside of what globs of local schemas usually match. */
export const PULLED_FOLDER = 'kgen/registry';

/** The folder of each subject: readable, safe on every file system, and unique where case does not count. */
export function subjectFolders(subjects: Iterable<string>): ReadonlyMap<string, string> {
  const folders = new Map<string, string>();
  const taken = new Set<string>();
  for (const subject of [...new Set(subjects)].sort()) {
    const natural = encodeSubject(subject);
    const clashes = natural.length > MAX_NAME || taken.has(natural.toLowerCase());
    const digest = createHash('sha256').update(subject).digest('hex').slice(0, 8);
    const name = clashes ? `${natural.slice(0, MAX_NAME)}~${digest}` : natural;
    taken.add(name.toLowerCase());
    folders.set(subject, `${PULLED_FOLDER}/${name}`);
  }
  return folders;
}

/** Two entries of one version are of a subject that was deleted and made anew: the former one's file has its id as well. */
export function versionFile(folder: string, { version, id }: LockedVersion, all: readonly LockedVersion[]): string {
  const sameVersion = all.filter((other) => other.version === version);
  const current = sameVersion.find(({ deleted }) => !deleted) ?? sameVersion.at(-1);
  return `${folder}/${current === undefined || current.id === id ? version : `${version}-id-${id}`}.avsc`;
}

const MAX_NAME = 100;
/** Names that Windows keeps for devices. */
const DEVICE = /^(?:con|prn|aux|nul|conin\$|conout\$|clock\$|com[0-9]|lpt[0-9])(?:\.|$)/i;

/** `:.ctx:a/b` is `%3A.ctx%3Aa%2Fb`, as in URLs; dots at either end are encoded as well, and so are names of devices. */
function encodeSubject(subject: string): string {
  const plain = /^[A-Za-z0-9._-]$/;
  let name = '';
  for (const character of subject) name += plain.test(character) ? character : percent(character);
  name = name.replace(/^\.+|\.+$/g, (dots) => '%2E'.repeat(dots.length));
  return DEVICE.test(name) ? `%${hex(name.charCodeAt(0))}${name.slice(1)}` : name;
}

function percent(character: string): string {
  return [...Buffer.from(character, 'utf8')].map((byte) => `%${hex(byte)}`).join('');
}

function hex(byte: number): string {
  return byte.toString(16).toUpperCase().padStart(2, '0');
}
