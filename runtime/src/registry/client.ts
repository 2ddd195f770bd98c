import type { Clock } from '../time/clock.ts';
import { connectRegistry, type RegistryCall } from './connection.ts';
import { contextOf } from './context.ts';
import type { RegistryOptions } from './options.ts';
import { RegistryError } from './registry-error.ts';

/** A schema as a registry holds it. */
export interface RegisteredSchema {
  readonly schema: string;
  /** `AVRO`, `JSON` or `PROTOBUF`. */
  readonly schemaType: string;
  readonly references: readonly SchemaReference[];
}

/** Schemas that another one uses by name; those they use themselves are named by them. */
export interface SchemaReference {
  readonly name: string;
  readonly subject: string;
  readonly version: number;
}

export interface SubjectVersion extends RegisteredSchema {
  readonly subject: string;
  readonly version: number;
  readonly id: number;
}

export type CompatibilityLevel =
  | 'NONE'
  | 'BACKWARD'
  | 'BACKWARD_TRANSITIVE'
  | 'FORWARD'
  | 'FORWARD_TRANSITIVE'
  | 'FULL'
  | 'FULL_TRANSITIVE';

export interface NewSchema {
  readonly schema: string;
  readonly references?: readonly SchemaReference[] | undefined;
}

/** The calls of a Confluent-compatible Schema Registry that kgen makes. All of them throw RegistryError. */
export interface RegistryClient {
  /** `deleted`: soft-deleted ones as well. */
  subjects(options?: { readonly deleted?: boolean }): Promise<readonly string[]>;
  /** In ascending order; undefined where there is no such subject. */
  versions(subject: string, options?: { readonly deleted?: boolean }): Promise<readonly number[] | undefined>;
  version(
    subject: string,
    version: number | 'latest',
    options?: { readonly deleted?: boolean },
  ): Promise<SubjectVersion | undefined>;
  /** `context`: where the id is counted, such as `:.staging:`; `''` for the default one. */
  schema(id: number, context?: string): Promise<RegisteredSchema | undefined>;
  /** Where a schema is in use. */
  usages(id: number, context?: string): Promise<readonly { readonly subject: string; readonly version: number }[]>;
  /** The subject's own, else the registry's. */
  compatibility(subject: string): Promise<string>;
  /** Whether the subject's level allows a schema beside a version, or all of them. */
  isCompatible(
    subject: string,
    version: number | 'latest' | 'all',
    schema: NewSchema,
  ): Promise<{ readonly compatible: boolean; readonly messages: readonly string[] }>;
  /** The version that a schema has in a subject already. */
  lookup(subject: string, schema: NewSchema): Promise<SubjectVersion | undefined>;
  /** Makes a schema the subject's newest version, where it is none yet. Returns its id. */
  register(subject: string, schema: NewSchema): Promise<number>;
  close(): void;
}

export function registryClient(options: RegistryOptions, clock?: Clock): RegistryClient {
  const connection = connectRegistry(options, clock);
  const { call, find } = connection;
  return {
    async subjects({ deleted } = {}) {
      return listOf(await call({ path: ['subjects'], query: deletedToo(deleted) }), text, 'subjects');
    },
    async versions(subject, { deleted } = {}) {
      const answer = await find({ path: ['subjects', subject, 'versions'], query: deletedToo(deleted) });
      if (answer === undefined) return undefined;
      return [...listOf(answer, integer, `versions of ${subject}`)].sort((a, b) => a - b);
    },
    async version(subject, version, { deleted } = {}) {
      const path = ['subjects', subject, 'versions', version];
      const answer = await find({ path, query: deletedToo(deleted) });
      return answer === undefined ? undefined : subjectVersion(answer, `version ${version} of ${subject}`);
    },
    async schema(id, context = '') {
      const answer = await find({ path: ['schemas', 'ids', id], query: within(context) });
      if (answer === undefined) return undefined;
      const { references, ...registered } = registeredSchema(answer, `schema ${id}`);
      return { ...registered, references: references.map((each) => referenceIn(context, each)) };
    },
    async usages(id, context = '') {
      const answer = await find({ path: ['schemas', 'ids', id, 'versions'], query: within(context) });
      if (answer === undefined) return [];
      return listOf(answer, (item) => usage(item, id), `usages of schema ${id}`);
    },
    async compatibility(subject) {
      const own = await find({ path: ['config', subject] });
      return level(own ?? (await call({ path: ['config'] })), subject);
    },
    async isCompatible(subject, version, schema) {
      const path = ['compatibility', 'subjects', subject, 'versions', ...(version === 'all' ? [] : [version])];
      const answer = await call({ ...posted(path, schema), query: { verbose: 'true' } });
      const { is_compatible: compatible, messages } = fieldsOf(answer, 'compatibility');
      if (typeof compatible !== 'boolean') throw malformed('compatibility');
      return { compatible, messages: Array.isArray(messages) ? messages.map(String) : [] };
    },
    async lookup(subject, schema) {
      const answer = await find(posted(['subjects', subject], schema));
      return answer === undefined ? undefined : subjectVersion(answer, `schema of ${subject}`);
    },
    async register(subject, schema) {
      const { id } = fieldsOf(await call(posted(['subjects', subject, 'versions'], schema)), 'registration');
      return integer(id, 'id');
    },
    close: () => connection.close(),
  };
}

/** Confluent finds the context of an id by a subject of it; a context alone will do. */
function within(context: string): Record<string, string> {
  return context === '' ? {} : { subject: context };
}

function deletedToo(deleted: boolean | undefined): Record<string, string> {
  return deleted === true ? { deleted: 'true' } : {};
}

function posted(path: RegistryCall['path'], { schema, references = [] }: NewSchema): RegistryCall {
  return { method: 'POST', path, body: { schema, schemaType: 'AVRO', references } };
}

function registeredSchema(answer: unknown, what: string): RegisteredSchema {
  const { schema, schemaType = 'AVRO', references } = fieldsOf(answer, what);
  return {
    schema: text(schema, what),
    schemaType: text(schemaType, what),
    references: references === undefined || references === null ? [] : listOf(references, reference, what),
  };
}

function subjectVersion(answer: unknown, what: string): SubjectVersion {
  const { subject, version, id } = fieldsOf(answer, what);
  const { references, ...registered } = registeredSchema(answer, what);
  const name = text(subject, what);
  return {
    ...registered,
    references: references.map((each) => referenceIn(contextOf(name), each)),
    subject: name,
    version: integer(version, what),
    id: integer(id, what),
  };
}

function reference(item: unknown, what: string): SchemaReference {
  const { name, subject, version } = fieldsOf(item, what);
  return { name: text(name, what), subject: text(subject, what), version: integer(version, what) };
}

/** What a subject of a context (`:.ctx:orders`) refers to is in that context, if in no other one (Confluent's QualifiedSubject). */
function referenceIn(context: string, { subject, ...reference }: SchemaReference): SchemaReference {
  const qualified = context === '' || contextOf(subject) !== '' ? subject : context + subject.replace(/^:\.:/, '');
  return { ...reference, subject: qualified };
}

function usage(item: unknown, id: number): { readonly subject: string; readonly version: number } {
  const { subject, version } = fieldsOf(item, `usages of schema ${id}`);
  return { subject: text(subject, 'subject'), version: integer(version, 'version') };
}

/** Servers disagree on the field's name. */
function level(answer: unknown, subject: string): string {
  const { compatibilityLevel, compatibility } = fieldsOf(answer, `compatibility of ${subject}`);
  return text(compatibilityLevel ?? compatibility, `compatibility of ${subject}`);
}

function fieldsOf(answer: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof answer !== 'object' || answer === null || Array.isArray(answer)) throw malformed(what);
  return answer as Record<string, unknown>;
}

function listOf<T>(answer: unknown, item: (value: unknown, what: string) => T, what: string): readonly T[] {
  if (!Array.isArray(answer)) throw malformed(what);
  return answer.map((value) => item(value, what));
}

function text(value: unknown, what: string): string {
  if (typeof value !== 'string') throw malformed(what);
  return value;
}

function integer(value: unknown, what: string): number {
  if (!Number.isInteger(value)) throw malformed(what);
  return Number(value);
}

function malformed(what: string): RegistryError {
  const message = `the Schema Registry's answer (${what}) has not the form of one. Check its \`url\``;
  return new RegistryError('malformed', message);
}
