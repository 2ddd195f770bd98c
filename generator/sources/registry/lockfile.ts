import type { SchemaReference } from '@kgen/runtime/registry';
import { compare } from '../find-files.ts';
import { type LockedKeys, printLockedKeys } from '../locked-keys.ts';
import { type LockedState, printLockedStates } from '../locked-state.ts';

/** The lockfile, beside the config. */
export const LOCKFILE = 'kgen.lock.json';

/** What was read of a Schema Registry: with it, builds need no registry. */
export interface Lockfile {
  /** Base URLs of the registry it was read from, without credentials. */
  readonly registry: readonly string[];
  /** Sorted by subject. */
  readonly subjects: readonly LockedSubject[];
  /** Schemas that deployed jobs have written state with; left out where nobody has said so. */
  readonly state?: readonly LockedState[] | undefined;
  /** How they have encoded the keys that state belongs to; likewise. */
  readonly keys?: readonly LockedKeys[] | undefined;
}

export interface LockedSubject {
  readonly subject: string;
  readonly compatibility: string;
  /** Sorted by version, then id. */
  readonly versions: readonly LockedVersion[];
}

export interface LockedVersion {
  readonly version: number;
  readonly id: number;
  /** SHA-256 of the normalized schema with all that it refers to, in hexadecimal. */
  readonly hash: string;
  readonly references: readonly SchemaReference[];
  /** The registry does not show it any more, but records of it may still lie in topics. */
  readonly deleted: boolean;
}

/** Whether they are one registry, whose ids are the same: they have a URL in common. */
export function isSameRegistry(a: readonly string[], b: readonly string[]): boolean {
  return a.some((url) => b.includes(url));
}

/** The newest version that is not deleted; of a deleted subject the newest of all. */
export function latestOf<V extends LockedVersion>({ versions }: { readonly versions: readonly V[] }): V | undefined {
  return versions.findLast(({ deleted }) => !deleted) ?? versions.at(-1);
}

/** A line for each version, so that two branches which pulled different ones merge as text. */
export function printLockfile({ registry, subjects, state = [], keys = [] }: Lockfile): string {
  const sorted = subjects.toSorted((a, b) => compare(a.subject, b.subject));
  const texts = sorted.map(({ subject, compatibility, versions }) => {
    const lines = versions.map((version) => `        ${versionText(version)}`);
    const list = lines.length === 0 ? '[]' : `[\n${lines.join(',\n')}\n      ]`;
    return `    ${JSON.stringify(subject)}: {\n      "compatibility": ${JSON.stringify(compatibility)},\n      "versions": ${list}\n    }`;
  });
  const body = texts.length === 0 ? '{}' : `{\n${texts.join(',\n')}\n  }`;
  const urls = registry.map((url) => JSON.stringify(url)).join(', ');
  return `{\n  "lockfileVersion": 1,\n  "registry": [${urls}],\n  "subjects": ${body}${printLockedKeys(keys)}${printLockedStates(state)}\n}\n`;
}

function versionText({ version, id, hash, references, deleted }: LockedVersion): string {
  const named = references.map((each) => {
    const { name, subject } = each;
    return `{ "name": ${JSON.stringify(name)}, "subject": ${JSON.stringify(subject)}, "version": ${each.version} }`;
  });
  const members = [
    `"version": ${version}`,
    `"id": ${id}`,
    `"hash": "${hash}"`,
    ...(named.length === 0 ? [] : [`"references": [${named.join(', ')}]`]),
    ...(deleted ? ['"deleted": true'] : []),
  ];
  return `{ ${members.join(', ')} }`;
}
