/**
 * Where formats get what was not known when they were generated: a Schema Registry, as one job sees it. Asking takes
 * time, and reading does not wait: see {@link SchemaWanted}.
 */
export interface SchemaSource {
  /** True where it is one of these registries, so that ids which were pulled there are its own. */
  isAmong(urls: readonly string[]): boolean;
  /**
   * What asking for an id has come to; undefined where nobody has asked, or there is no answer yet. `subjects`: those that
   * the topic's schemas are registered in, which may be in a context with ids of its own; none where they are not known.
   */
  found(id: number, subjects: readonly string[]): FoundSchema | undefined;
  /**
   * Asks for an id, or goes on waiting: concurrent asks are one. Resolves when it is found, or after a while, so that who
   * waits can see to other things.
   * @throws RegistryError where the registry does not answer, with the id in its message; who asks after that asks anew
   */
  wait(id: number, subjects: readonly string[]): Promise<void>;
  /**
   * The id that a schema has in one of these subjects. `published`: the same with its documentation, in case it is registered.
   * @throws RegistryError where the registry does not answer, or does not know the schema
   */
  idOf(schema: string, subjects: readonly string[], published?: string): Promise<number>;
}

/** Normalized and self-contained, with what the registry calls it: `version 3 of flights-value`. */
export type FoundSchema =
  | { readonly schema: string; readonly label: string }
  /** It is there, and no data can be read with it; or there is none. */
  | { readonly problem: string };

/** What a format has to know of the registry that its ids are from. */
export interface RegisteredPart {
  /** Base URLs of the registry that was pulled from. */
  readonly urls: readonly string[];
  /** Of each type that is written, the subjects that its schema is registered in. */
  readonly subjects: readonly (readonly string[])[];
  /** True where a topic of another name has its schemas in subjects of that name. Left out where subjects are as they are. */
  readonly namedAfterTopic?: boolean | undefined;
  /** Of types with documentation, by their place in `subjects`: the schemas as they are registered. Left out where no job registers them. */
  readonly published?: { readonly [branch: number]: string } | undefined;
  /** Versions whose data cannot be read, by id, and why. */
  readonly unreadable?: { readonly [id: number]: string } | undefined;
}

/**
 * Thrown where a record needs a schema that has to be fetched first. It is a signal, not a failure: whoever reads waits,
 * and reads the record again.
 */
export class SchemaWanted extends Error {
  readonly code = 'SCHEMA_WANTED';
  readonly #source: SchemaSource;
  readonly #id: number;
  readonly #subjects: readonly string[];

  constructor(source: SchemaSource, id: number, subjects: readonly string[]) {
    super(`schema ${id} has to be fetched first`);
    this.name = 'SchemaWanted';
    this.#source = source;
    this.#id = id;
    this.#subjects = subjects;
  }

  /** Resolves when it is worthwhile to read again. @throws RegistryError */
  wait(): Promise<void> {
    return this.#source.wait(this.#id, this.#subjects);
  }
}

/** True where `wait` failed since the registry cannot be reached, which may pass; not where it lets nobody in, or is none. */
export function isOutage(error: unknown): boolean {
  if (typeof error !== 'object' || error === null || !('code' in error) || !('kind' in error)) return false;
  return error.code === 'REGISTRY' && error.kind === 'unreachable';
}

/** By code, not by class: another build of this package may have thrown it. */
export function isSchemaWanted(error: unknown): error is SchemaWanted {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'SCHEMA_WANTED';
}
