import { type RegistryClient, RegistryError, referencedVersions, type SubjectVersion } from '@kgen/runtime/registry';

/** A version as the registry has it; `deleted` where it does not show it any more. */
export interface ReadVersion extends SubjectVersion {
  readonly deleted: boolean;
}

/** Reads versions of subjects, each once, whoever asks for it. */
export class VersionReader {
  readonly #client: RegistryClient;
  readonly #versions = new Map<string, Promise<ReadVersion | undefined>>();

  constructor(client: RegistryClient) {
    this.#client = client;
  }

  /** Those of one subject, ascending: all, deleted ones too, or the latest alone. */
  async versionsOf(subject: string, which: 'all' | 'latest'): Promise<readonly ReadVersion[]> {
    const live = (await this.#client.versions(subject)) ?? [];
    const deleted = which === 'latest' ? [] : await this.#client.versions(subject, { deleted: true });
    const numbers = which === 'latest' ? live.slice(-1) : new Set([...live, ...(deleted ?? [])]);
    const read = await Promise.all([...numbers].map((version) => this.#version(subject, version)));
    return read.filter((version) => version !== undefined).sort((a, b) => a.version - b.version);
  }

  /** The versions, of other subjects or older ones, that those in `read` refer to, directly or not: by subject, with what it has there. */
  async referredTo(
    read: ReadonlyMap<string, readonly ReadVersion[]>,
  ): Promise<ReadonlyMap<string, readonly ReadVersion[]>> {
    const added = new Map<string, readonly ReadVersion[]>();
    for (const version of [...read.values()].flat()) {
      const references = await this.referencesOf(version);
      for (const reference of Array.isArray(references) ? references : []) {
        const { subject } = reference;
        const known = added.get(subject) ?? read.get(subject) ?? [];
        if (known.some((each) => each.version === reference.version)) continue;
        added.set(
          subject,
          [...known, reference].sort((a, b) => a.version - b.version),
        );
      }
    }
    return added;
  }

  /** What a version refers to, directly or not, each once; the name of what is missing, where something is. */
  referencesOf({ references }: Pick<SubjectVersion, 'references'>): Promise<readonly ReadVersion[] | string> {
    return referencedVersions(references, (subject, version) => this.#version(subject, version));
  }

  #version(subject: string, version: number): Promise<ReadVersion | undefined> {
    const key = `${version} ${subject}`;
    const known = this.#versions.get(key) ?? this.#read(subject, version);
    this.#versions.set(key, known);
    return known;
  }

  async #read(subject: string, version: number): Promise<ReadVersion | undefined> {
    const live = await this.#client.version(subject, version);
    if (live !== undefined) return { ...live, deleted: false };
    try {
      const deleted = await this.#client.version(subject, version, { deleted: true });
      return deleted && { ...deleted, deleted: true };
    } catch (error) {
      // Registries that show no deleted versions say so in ways of their own.
      if (error instanceof RegistryError && error.kind === 'invalid') return undefined;
      throw error;
    }
  }
}
