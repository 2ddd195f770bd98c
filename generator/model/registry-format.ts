import { normalizedSchema, publishedSchema } from '@kgen/runtime/schema';
import type { SubjectNames, TypedFormatConfig } from '../config/config.ts';
import type { PulledRegistry, PulledVersion } from '../sources/registry/load-pulled.ts';
import { latestOf } from '../sources/registry/lockfile.ts';
import { hashOf } from '../sources/registry/self-contained.ts';
import type { AvroReference, PublishedModel, RegistryModel, UnreadableModel, WriterModel } from './model.ts';
import { subjectsOf, type TopicPart, versionsOf } from './subjects.ts';
import type { Problem } from './topic-name.ts';
import { avroTypeOf, nameOf } from './type-reference.ts';
import { readerOf } from './writer-schemas.ts';

/** What a registry has for the key or the value of a topic. */
export interface RegistryFormat {
  /** With the ids of their schemas, where they are registered as they are here. */
  readonly types: readonly AvroReference[];
  /** All other schemas that data of the topic may be written with. */
  readonly writers: readonly WriterModel[];
  readonly registry: Omit<RegistryModel, 'functionName'>;
  /** Schemas whose data cannot be read, and subjects that there are not yet. */
  readonly notices: readonly string[];
}

export interface RegistrySurroundings {
  readonly pulled: PulledRegistry;
  readonly subjectNames: SubjectNames | undefined;
  readonly topicPart: TopicPart;
  /** True where jobs register what the registry does not have. */
  readonly autoRegister: boolean;
}

/** Ids and older writers of a topic's types, as they were pulled. */
export function registryFormat(
  types: readonly AvroReference[],
  around: RegistrySurroundings,
): RegistryFormat | Problem {
  const { pulled, topicPart, subjectNames } = around;
  const subjects = new Set<PulledRegistry['subjects'][number]>();
  const byType: (readonly string[])[] = [];
  const notices: string[] = [];
  for (const reference of types) {
    const found = subjectsOf(topicPart, nameOf(reference), pulled, subjectNames, around.autoRegister);
    if ('reason' in found) return found;
    for (const subject of found) {
      if (subject.versions.length === 0 && !byType.flat().includes(subject.subject)) {
        notices.push(
          `Subject ${subject.subject} was not pulled: a job registers it when it starts to write ${topicName(topicPart)}.`,
        );
      }
      subjects.add(subject);
    }
    byType.push(found.map(({ subject }) => subject));
  }
  const versions = versionsOf([...subjects]);
  const own = types.map((reference) => versionOf(reference, versions));
  const writers: WriterModel[] = [];
  const unreadable: UnreadableModel[] = [];
  for (const version of versions) {
    if (own.includes(version)) continue;
    const reader = readerOf(version.schema, types);
    if ('type' in reader) writers.push({ schema: version.schema, reader, id: version.id });
    else {
      const which = `${version.file} (id ${version.id})`;
      notices.push(`Records of ${topicName(topicPart)} with an older schema fail: ${which}: ${reader.reason}`);
      unreadable.push({ id: version.id, text: `${labelOf(version, subjects)}: ${reader.reason}` });
    }
  }
  return {
    types: types.map((reference, i) => ({ ...reference, id: own[i]?.id })),
    writers,
    registry: {
      urls: pulled.urls,
      subjects: byType,
      namedAfterTopic: isNamedAfterTopic(around),
      published: around.autoRegister ? types.flatMap(publishedModel) : [],
      unreadable,
    },
    notices,
  };
}

/** As `kgen register` publishes it; none where it has no documentation: then it is what its codec knows. */
function publishedModel(reference: AvroReference, place: number): readonly PublishedModel[] {
  const type = avroTypeOf(reference);
  const schema = publishedSchema(type, new Set());
  return schema === normalizedSchema(type) ? [] : [{ place, schema }];
}

function topicName({ names, pattern }: TopicPart): string {
  return `topic ${names.length > 0 ? names.join(', ') : pattern}`;
}

/** A function's names, and one in the config, are what they are. */
function isNamedAfterTopic({ topicPart, subjectNames = 'topic' }: RegistrySurroundings): boolean {
  return topicPart.subject === undefined && (subjectNames === 'topic' || subjectNames === 'topic-record');
}

/** What a registry calls a version; one schema has the same id in all subjects. */
function labelOf({ id }: PulledVersion, subjects: Iterable<PulledRegistry['subjects'][number]>): string {
  const uses = [...subjects].flatMap(({ subject, versions }) =>
    versions.flatMap((each) => (each.id === id ? [`version ${each.version} of ${subject}`] : [])),
  );
  return uses.join(', ');
}

/**
 * The newest version that is this type to the letter: only its id may stand before what the type's codec writes. The registry
 * may have forgotten a deleted one, and others could not read what bears its id.
 */
function versionOf(reference: AvroReference, versions: readonly PulledVersion[]): PulledVersion | undefined {
  const hash = hashOf(normalizedSchema(avroTypeOf(reference)));
  return versions.findLast((version) => version.hash === hash && !version.deleted);
}

/** The types that a subject's newest version says, by the names they have here. */
export function typesOfSubject(
  { format, subject }: TypedFormatConfig,
  around: RegistrySurroundings,
): readonly string[] | Problem {
  const hint = "Give the type's full name in `type`";
  if (format !== 'confluent') return { reason: 'it has no `type`', hint };
  const naming = around.subjectNames ?? 'topic';
  if (subject === undefined && naming !== 'topic') {
    return { reason: 'subjects are named after types here, so that the topic does not say which it holds', hint };
  }
  const found = subjectsOf(around.topicPart, '', around.pulled, naming);
  if ('reason' in found) return found;
  const names = new Set(found.flatMap((each) => rootName(each.subject, latestOf(each))));
  return [...names];
}

function rootName(subject: string, latest: PulledVersion | undefined): readonly string[] {
  if (latest === undefined) return [];
  const { type } = latest;
  if ('name' in type) return [type.name];
  // A union of named types is several types in one topic.
  if (type.kind === 'union') {
    const names = type.branches.flatMap(({ type: branch }) => ('name' in branch ? [branch.name] : []));
    return names.length === type.branches.length ? names : [subject];
  }
  return [type.kind === 'array' || type.kind === 'map' ? subject : type.kind];
}
