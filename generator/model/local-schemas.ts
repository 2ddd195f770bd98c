import { type AvroType, namedTypesOf, normalizedSchema } from '@kgen/runtime/schema';
import type { PulledRegistry, PulledSubject, PulledVersion } from '../sources/registry/load-pulled.ts';
import { latestOf } from '../sources/registry/lockfile.ts';
import { hashOf } from '../sources/registry/self-contained.ts';
import type { TypeModel } from './model.ts';

/** What the project's own schemas make of a subject: its newest version, with the types that files of the project define. */
export interface LocalSchema {
  readonly subject: PulledSubject;
  readonly latest: PulledVersion;
  readonly type: AvroType;
  /** Of its root: the full name, or the subject's name where it has none. */
  readonly name: string;
  /** The files of the project that define types in it, relative to the config's folder; the root's first. */
  readonly files: readonly string[];
  /** The version that is this schema to the letter, if there is one. */
  readonly registered: PulledVersion | undefined;
}

/**
 * The subjects whose newest version has a type that the project defines itself, as its root or inside.
 * @param types of all sources, pulled ones too
 */
export function localSchemas(types: readonly TypeModel[], pulled: PulledRegistry): readonly LocalSchema[] {
  const local = localFiles(types, pulled);
  const byName = new Map(types.map((type) => [type.fullName, type]));
  return pulled.subjects.flatMap((subject): readonly LocalSchema[] => {
    const latest = latestOf(subject);
    if (latest === undefined) return [];
    const name = 'name' in latest.type ? latest.type.name : subject.subject;
    const type = byName.get(name)?.type;
    const files = type === undefined ? [] : definingFiles(type, local);
    if (type === undefined || files.length === 0) return [];
    const hash = hashOf(normalizedSchema(type));
    const registered = subject.versions.findLast((version) => version.hash === hash && !version.deleted);
    return [{ subject, latest, type, name, files, registered }];
  });
}

/** Files of the project by the full names of the types that they define. */
export function localFiles(types: readonly TypeModel[], pulled: PulledRegistry): ReadonlyMap<string, string> {
  const registered = new Set(pulled.subjects.flatMap(({ versions }) => versions.map(({ file }) => file)));
  const own = types.filter(({ source, type }) => 'name' in type && !registered.has(source));
  return new Map(own.map(({ fullName, source }) => [fullName, source]));
}

/** The files of the project that define types in a schema. */
export function definingFiles(type: AvroType, local: ReadonlyMap<string, string>): readonly string[] {
  const files = [...namedTypesOf(type).keys()].map((name) => local.get(name));
  return [...new Set(files.filter((file) => file !== undefined))];
}
