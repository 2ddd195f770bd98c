import { AvroSchemaError } from '../codec/errors.ts';
import { selfContained } from '../codec/schema/self-contained.ts';
import type { FoundSchema, SchemaSource } from '../format/schema-source.ts';
import { atMost, type Clock } from '../time/clock.ts';
import { type RegisteredSchema, type RegistryClient, registryClient, type SubjectVersion } from './client.ts';
import { shownUrl } from './connection.ts';
import { contextOf } from './context.ts';
import type { RegistryOptions } from './options.ts';
import { referencedVersions } from './references.ts';
import { isRegistryError, RegistryError } from './registry-error.ts';

/** The Schema Registry of a job that runs. */
export interface JobRegistryOptions extends RegistryOptions {
  /**
   * What becomes of a record whose schema id was not known when the job was generated. `'fetch'`: the registry is asked for
   * the schema, once. `'fail'`: the record cannot be read. Default `'fetch'`.
   */
  readonly unknownSchema?: 'fetch' | 'fail' | undefined;
  /** Registers schemas of outputs at the start where the registry does not have them yet. Default false: that is an error. */
  readonly autoRegister?: boolean | undefined;
}

/** A schema that was asked for while the job ran. */
export interface FetchedSchema {
  readonly id: number;
  /** What the registry calls it: `version 3 of flights-value`. */
  readonly label: string;
}

/** Where it is to be said that something took place. */
export interface JobRegistryWorld {
  readonly clock: Clock;
  readonly onFetched: (schema: FetchedSchema) => void;
  readonly onRegistered: (schema: { readonly id: number; readonly subject: string }) => void;
}

/** The Schema Registry that a job uses, made by `schemaRegistry`. */
export interface RunRegistry {
  /** How a job comes by it. Here, and not in the job's own code, so that a bundle has it only where a program asks for it. */
  readonly '~open': (world: JobRegistryWorld) => JobRegistry;
}

/**
 * The Schema Registry that a job uses while it runs. Nobody is asked before it does.
 * @example
 * await run(job, { log, registry: schemaRegistry({ url: 'https://registry.example.org' }) });
 */
export function schemaRegistry(options: JobRegistryOptions): RunRegistry {
  return { '~open': (world) => new JobRegistry(options, world) };
}

/** Who waits for an answer sees to other things so often, in milliseconds. */
const PATIENCE = 250;
/** What the registry does not have is asked for again after so long, in milliseconds: its servers may learn of it one by one. */
const MISSING_FOR = 5000;
/** Who has asked may see to others for minutes before it hears that: an answer that nobody has heard stays so long, in milliseconds. */
const UNHEARD_FOR = 600_000;

/** What an answer has come to; `until`, by the clock's `monotonic`, where it may be another one later. */
interface Found {
  readonly schema: FoundSchema;
  until: number;
  isHeard: boolean;
}

/** The registry as the formats of one job see it: each id is asked for once, whoever needs it. */
export class JobRegistry implements SchemaSource {
  readonly #client: RegistryClient;
  readonly #options: JobRegistryOptions;
  readonly #world: JobRegistryWorld;
  readonly #urls: readonly string[];
  readonly #found = new Map<string, Found>();
  readonly #asking = new Map<string, Promise<unknown>>();
  readonly #ids = new Map<string, Promise<number>>();

  /** @throws RegistryError, `invalid`, where a URL is none */
  constructor(options: JobRegistryOptions, world: JobRegistryWorld) {
    this.#client = registryClient(options, world.clock);
    this.#options = options;
    this.#world = world;
    this.#urls = [options.url].flat().map(shownUrl);
  }

  isAmong(urls: readonly string[]): boolean {
    return this.#urls.some((url) => urls.includes(url));
  }

  found(id: number, subjects: readonly string[]): FoundSchema | undefined {
    const found = this.#found.get(placeOf(id, subjects));
    const now = this.#world.clock.monotonic();
    if (found !== undefined && now < found.until) {
      if (!found.isHeard) hear(found, now);
      return found.schema;
    }
    if (this.#options.unknownSchema !== 'fail') return undefined;
    const advice = 'Run `kgen pull` and `kgen generate`, or let the job fetch it: unknownSchema is `fail`';
    return { problem: `schema id ${id} is not known here. ${advice}` };
  }

  async wait(id: number, subjects: readonly string[]): Promise<void> {
    const place = placeOf(id, subjects);
    const asking = this.#asking.get(place) ?? this.#ask(id, contextOf(subjects[0] ?? ''));
    this.#asking.set(place, asking);
    let settled = false;
    const done = (): void => {
      settled = true;
    };
    asking.then(done, done);
    await atMost(this.#world.clock, PATIENCE, asking);
    if (!settled) return;
    // Who asks after a failure asks anew; others who waited for this one may have done so already.
    if (this.#asking.get(place) === asking) this.#asking.delete(place);
    await asking;
  }

  idOf(schema: string, subjects: readonly string[], published?: string): Promise<number> {
    const key = JSON.stringify([schema, subjects]);
    const known = this.#ids.get(key) ?? this.#findId(schema, subjects, published);
    this.#ids.set(key, known);
    known.catch(() => this.#ids.delete(key));
    return known;
  }

  close(): void {
    this.#client.close();
  }

  async #ask(id: number, context: string): Promise<void> {
    const found = await this.#fetch(id, context).catch((error) => {
      throw isRegistryError(error) ? ofSchema(id, error) : error;
    });
    this.#found.set(context + id, found);
    if ('label' in found.schema) this.#world.onFetched({ id, label: found.schema.label });
  }

  async #fetch(id: number, context: string): Promise<Found> {
    const registered = await this.#client.schema(id, context);
    if (registered === undefined) {
      const where = `${context === '' ? '' : `context ${context} of `}the Schema Registry ${this.#urls.join(', ')}`;
      return this.#missing(`schema id ${id} is not in ${where}. Was the record written with another registry?`);
    }
    const label = await this.#label(id, context);
    const what = `schema ${id}, ${label},`;
    if (registered.schemaType !== 'AVRO')
      return lasting({ problem: `${what} is ${registered.schemaType}, and not Avro` });
    try {
      const schema = await this.#wholeOf(registered);
      if (schema === undefined) return this.#missing(`${what} refers to what the Schema Registry does not have`);
      return lasting({ schema, label });
    } catch (error) {
      if (!(error instanceof AvroSchemaError)) throw error;
      return lasting({ problem: `${what} is no valid schema: ${error.message}` });
    }
  }

  #missing(problem: string): Found {
    return { schema: { problem }, until: this.#world.clock.monotonic() + UNHEARD_FOR, isHeard: false };
  }

  /** For messages alone: no failure of theirs. */
  async #label(id: number, context: string): Promise<string> {
    try {
      const usages = await this.#client.usages(id, context);
      if (usages.length > 0) return usages.map(({ subject, version }) => `version ${version} of ${subject}`).join(', ');
    } catch (error) {
      if (!isRegistryError(error)) throw error;
    }
    return 'of an unknown subject';
  }

  /** Normalized, with all that it refers to; undefined where some of that is missing. @throws AvroSchemaError */
  async #wholeOf({ schema, references }: RegisteredSchema): Promise<string | undefined> {
    const referred = await referencedVersions(references, (subject, version) => this.#version(subject, version));
    if (typeof referred === 'string') return undefined;
    const texts = referred.map((each) => each.schema);
    return selfContained(schema, texts).schema;
  }

  async #version(subject: string, version: number): Promise<SubjectVersion | undefined> {
    const live = await this.#client.version(subject, version);
    if (live !== undefined) return live;
    try {
      return await this.#client.version(subject, version, { deleted: true });
    } catch (error) {
      // Registries that show no deleted versions say so in ways of their own.
      if (isRegistryError(error) && error.kind === 'invalid') return undefined;
      throw error;
    }
  }

  /** By what schemas mean: texts differ in documentation, and in what they refer to. */
  async #findId(schema: string, subjects: readonly string[], published = schema): Promise<number> {
    for (const subject of subjects) {
      const id = await this.#idIn(subject, schema);
      if (id !== undefined) return id;
    }
    const [first] = subjects;
    if (first === undefined || this.#options.autoRegister !== true) {
      const where = `${subjects.length === 1 ? 'subject' : 'subjects'} ${subjects.join(', ')}`;
      const advice = 'Register it with `kgen register`, or at each start with `autoRegister: true`';
      const what = `the Schema Registry ${this.#urls.join(', ')} does not have in ${where} the schema that is written here`;
      throw new RegistryError('missing', `${what}. ${advice}`);
    }
    let id = 0;
    for (const subject of subjects) {
      id = await this.#client.register(subject, { schema: published });
      this.#world.onRegistered({ id, subject });
    }
    return id;
  }

  async #idIn(subject: string, schema: string): Promise<number | undefined> {
    const versions = (await this.#client.versions(subject)) ?? [];
    for (const version of versions.toReversed()) {
      const registered = await this.#client.version(subject, version);
      if (registered?.schemaType !== 'AVRO') continue;
      try {
        if ((await this.#wholeOf(registered)) === schema) return registered.id;
      } catch (error) {
        if (!(error instanceof AvroSchemaError)) throw error;
      }
    }
    return undefined;
  }
}

/** An id's schema never changes: nor does what is wrong with it. */
function lasting(schema: FoundSchema): Found {
  return { schema, until: Number.POSITIVE_INFINITY, isHeard: true };
}

/** From now on others may have the same answer, and after a while a later one. */
function hear(found: Found, now: number): void {
  found.isHeard = true;
  found.until = now + MISSING_FOR;
}

/** What a record fails with, and perhaps its dead letter: it says which schema would be needed. */
function ofSchema(id: number, { kind, message, status, cause }: RegistryError): RegistryError {
  const options = { cause, ...(status === undefined ? {} : { status }) };
  return new RegistryError(kind, `schema id ${id} cannot be fetched: ${message}`, options);
}

/** Each context counts its own ids. */
function placeOf(id: number, [subject = '']: readonly string[]): string {
  return contextOf(subject) + id;
}
