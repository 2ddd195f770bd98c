import { type AvroType, type NamedType, namedTypesOf, partsOf, publishedSchema } from '@kgen/runtime/schema';
import type { Config, FormatConfig, RegistryConfig, SubjectNames } from '../config/config.ts';
import type { PulledRegistry, PulledSubject } from '../sources/registry/load-pulled.ts';
import { latestOf } from '../sources/registry/lockfile.ts';
import { definingFiles, localFiles, localSchemas } from './local-schemas.ts';
import type { TypeModel } from './model.ts';
import { subjectName } from './subjects.ts';

/** A local schema that is to be a subject's newest version. */
export interface Registration {
  readonly subject: string;
  readonly type: AvroType;
  /** Full name of its root, or the subject's where it has none. */
  readonly name: string;
  /** As it will be registered: with `doc`, types of other subjects by name. */
  readonly schema: string;
  readonly references: readonly PlannedReference[];
  /** The files of the project that define types in it, the root's first. */
  readonly files: readonly string[];
  /** What the registry has of the subject; undefined where it is new. */
  readonly existing: PulledSubject | undefined;
}

/** A type that another subject defines. */
export interface PlannedReference {
  readonly name: string;
  readonly subject: string;
  /** Undefined where the subject is to be registered first: the version is known then. */
  readonly version: number | undefined;
}

interface Candidate {
  readonly subject: string;
  readonly type: AvroType;
  readonly name: string;
  readonly existing: PulledSubject | undefined;
}

/**
 * The local schemas that are not registered as they are, those first that others refer to. A type is referred to where
 * the subject's newest version does so, or where a subject is named after it; else it is written in line.
 * @param types of all sources, what the registry has now among them
 * @param chosen names of subjects: these, and what they refer to; undefined for all
 */
export function planRegistrations(
  config: Pick<Config, 'topics' | 'registry'>,
  types: readonly TypeModel[],
  registry: PulledRegistry,
  chosen: readonly string[] | undefined,
): readonly Registration[] {
  const local = localFiles(types, registry);
  const all = localSchemas(types, registry);
  const pending: readonly Candidate[] = [
    ...all.flatMap(({ subject, type, name, registered }): readonly Candidate[] => {
      return registered === undefined ? [{ subject: subject.subject, type, name, existing: subject }] : [];
    }),
    ...newSubjects(config, types, registry, local),
  ];
  const versions = new Map(
    registry.subjects.map((subject) => {
      const own = all.find((each) => each.subject === subject)?.registered ?? latestOf(subject);
      return [subject.subject, own?.version];
    }),
  );
  const plan = new Map<string, Registration>();
  const add = ({ subject, type, name, existing }: Candidate, way: readonly string[]): void => {
    if (plan.has(subject) || way.includes(subject)) return;
    const subjectOf = referredSubjects(existing, [...versions.keys(), ...pending.map((each) => each.subject)]);
    const referred = referredTypes(type, (each) => (subjectOf(each) === subject ? undefined : subjectOf(each)));
    for (const [, other] of referred) {
      const first = pending.find((each) => each.subject === other);
      if (first !== undefined) add(first, [...way, subject]);
    }
    const elsewhere = new Set([...referred.keys()].flatMap((each) => [...namedTypesOf(each).keys()]));
    const references = [...referred].map(([each, other]) => {
      const waits = pending.some((candidate) => candidate.subject === other);
      return { name: each.name, subject: other, version: waits ? undefined : versions.get(other) };
    });
    const files = definingFiles(type, local);
    plan.set(subject, { subject, type, name, schema: publishedSchema(type, elsewhere), references, files, existing });
  };
  for (const candidate of pending) if (chosen === undefined || chosen.includes(candidate.subject)) add(candidate, []);
  return [...plan.values()];
}

/** The subject that defines a type for others, where there is one. */
function referredSubjects(
  existing: PulledSubject | undefined,
  subjects: readonly string[],
): (type: NamedType) => string | undefined {
  const references = (existing && latestOf(existing))?.references ?? [];
  return ({ name }) => references.find((each) => each.name === name)?.subject ?? subjects.find((each) => each === name);
}

/** The types that a schema refers to, as one meets them without looking into those it refers to; not its root. */
function referredTypes(
  root: AvroType,
  subjectOf: (type: NamedType) => string | undefined,
): ReadonlyMap<NamedType, string> {
  const referred = new Map<NamedType, string>();
  const seen = new Set<AvroType>([root]);
  for (const type of seen) {
    const subject = type !== root && 'name' in type ? subjectOf(type) : undefined;
    if (subject !== undefined && 'name' in type) referred.set(type, subject);
    else for (const part of partsOf(type)) seen.add(part);
  }
  return referred;
}

/** Subjects that topics of the config want and the registry does not have, of types that the project defines. */
function newSubjects(
  config: Pick<Config, 'topics' | 'registry'>,
  types: readonly TypeModel[],
  registry: PulledRegistry,
  local: ReadonlyMap<string, string>,
): readonly Candidate[] {
  const known = new Set(registry.subjects.map(({ subject }) => subject));
  const found = new Map<string, Candidate>();
  for (const { subject, type } of topicSubjects(config)) {
    const model = types.find(({ fullName }) => fullName === type);
    if (known.has(subject) || model === undefined || !local.has(type)) continue;
    found.set(subject, { subject, type: model.type, name: type, existing: undefined });
  }
  return [...found.values()];
}

/** The subjects of topics that say their type. */
export function topicSubjects({
  topics = {},
  registry,
}: Pick<Config, 'topics' | 'registry'>): readonly { readonly subject: string; readonly type: string }[] {
  return Object.entries(topics).flatMap(([id, { name = id, pattern, key, value }]) => {
    const names = pattern !== undefined ? [] : typeof name === 'string' ? [name] : name;
    return [...subjectsOfFormat(names, 'key', key, registry), ...subjectsOfFormat(names, 'value', value, registry)];
  });
}

/** A subject holds one type: where a topic's strategy gives several the same, there is none to register alone. */
function subjectsOfFormat(
  names: readonly string[],
  part: 'key' | 'value',
  format: FormatConfig | undefined,
  settings: RegistryConfig | undefined,
): readonly { readonly subject: string; readonly type: string }[] {
  if (typeof format !== 'object' || 'import' in format) return [];
  if (format.format !== 'confluent' || format.type === undefined) return [];
  const types = typeof format.type === 'string' ? [format.type] : format.type;
  const naming = namingOf(settings?.subjectNames, part);
  const pairs = types.flatMap((type) =>
    names.map((topic) => ({ subject: format.subject ?? subjectName({ topic, part, type }, naming), type })),
  );
  return pairs.filter(({ subject, type }) => pairs.every((each) => each.subject !== subject || each.type === type));
}

function namingOf(names: RegistryConfig['subjectNames'], part: 'key' | 'value'): SubjectNames {
  return (typeof names === 'object' ? names[part] : names) ?? 'topic';
}
