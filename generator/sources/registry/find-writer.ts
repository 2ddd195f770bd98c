import { AvroSchemaError } from '@kgen/runtime';
import { contextOf, isRegistryError, type RegistryClient } from '@kgen/runtime/registry';
import { type AvroType, parseSchema, type TypeMapping } from '@kgen/runtime/schema';
import type { PulledRegistry } from './load-pulled.ts';
import { VersionReader } from './read-versions.ts';
import { hashedSchema } from './self-contained.ts';

/** Who wrote a message, by the id that it bears. */
export interface RegisteredWriter {
  readonly id: number;
  readonly type: AvroType;
  readonly places: readonly { readonly subject: string; readonly version: number }[];
}

export interface UnknownWriter {
  readonly reason: string;
  readonly hint: string;
}

/** `context`: where the id is counted, such as `:.staging:`; left out where nobody knows. */
export type FindWriter = (id: number, context?: string) => Promise<RegisteredWriter | UnknownWriter>;

/** Finds writers among what was pulled, then in the registry, where there is a client; each once. */
export function writerFinder(
  pulled: PulledRegistry,
  mapping: TypeMapping,
  client: RegistryClient | undefined,
): FindWriter {
  const found = new Map<string, Promise<RegisteredWriter | UnknownWriter>>();
  return (id, context) => {
    const key = `${id} ${context}`;
    const known = found.get(key) ?? find(id, context, { pulled, mapping, client });
    found.set(key, known);
    return known;
  };
}

interface Places {
  readonly pulled: PulledRegistry;
  readonly mapping: TypeMapping;
  readonly client: RegistryClient | undefined;
}

async function find(
  id: number,
  context: string | undefined,
  { pulled, mapping, client }: Places,
): Promise<RegisteredWriter | UnknownWriter> {
  const places = pulled.subjects.flatMap(({ subject, versions }) => {
    if (context !== undefined && contextOf(subject) !== context) return [];
    return versions.filter((each) => each.id === id).map(({ version, schema }) => ({ subject, version, schema }));
  });
  const typeOf = (schema: string): AvroType => parseSchema(schema, mapping, { defaults: 'ignore' });
  const [first] = places;
  if (first !== undefined) {
    return { id, type: typeOf(first.schema), places: places.map(({ subject, version }) => ({ subject, version })) };
  }
  if (client === undefined) return { reason: `schema id ${id} was not pulled`, hint: 'Run `kgen pull`' };
  try {
    const registered = await client.schema(id, context);
    if (registered === undefined) {
      const hint = 'Was it written with another registry, or is it no Confluent message?';
      return { reason: `the registry has no schema of id ${id}`, hint };
    }
    if (registered.schemaType !== 'AVRO') {
      const hint = 'kgen reads Avro only';
      return { reason: `the registry's schema of id ${id} is ${registered.schemaType}`, hint };
    }
    const references = await new VersionReader(client).referencesOf(registered);
    if (!Array.isArray(references)) {
      return { reason: `schema id ${id} refers to ${references}, which is gone`, hint: 'Register it again' };
    }
    const { schema } = hashedSchema(
      registered.schema,
      references.map((each) => each.schema),
    );
    return { id, type: typeOf(schema), places: await client.usages(id, context) };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    if (isRegistryError(error))
      return { reason: `schema id ${id} was not pulled, and ${reason}`, hint: 'Run `kgen pull`' };
    if (!(error instanceof AvroSchemaError)) throw error;
    return {
      reason: `the registry's schema of id ${id} is no valid Avro: ${reason}`,
      hint: 'Register a corrected one',
    };
  }
}
