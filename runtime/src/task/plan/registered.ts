import type { Format, ReadingFormat } from '../../format/format.ts';
import type { SchemaSource } from '../../format/schema-source.ts';
import type { AnyTopic } from '../../format/topic.ts';
import { JobError, reasonOf } from '../job-error.ts';

/** A format as a job reads it that knows the registry, where there is one. */
export function readable(format: Format<unknown>, schemas: SchemaSource | undefined): Format<unknown> {
  return schemas === undefined ? format : (format.registered?.reading(schemas) ?? format);
}

/** What sees to it that a value can be read later without waiting. */
export function prepareOf(format: Format<unknown>): ReadingFormat<unknown>['prepare'] | undefined {
  return 'prepare' in format ? (format as ReadingFormat<unknown>).prepare : undefined;
}

export interface WritableOptions {
  /** Of the output. */
  readonly name: string;
  /** What the topic's names in the config are in this environment. */
  readonly names: ReadonlyMap<string, string>;
  readonly schemas: SchemaSource | undefined;
}

/**
 * An output with the ids that its schemas have in the registry in use.
 * @throws JobError with code `JOB_REGISTRY_FAILED`
 */
export async function writable(topic: AnyTopic, { name, names, schemas }: WritableOptions): Promise<AnyTopic> {
  if (schemas === undefined) return topic;
  const written = async (format: Format<unknown>): Promise<Format<unknown>> => {
    return (await format.registered?.writing(schemas, names)) ?? format;
  };
  try {
    const [key, value] = await Promise.all([written(topic.key), written(topic.value)]);
    return { ...topic, key, value };
  } catch (cause) {
    throw new JobError('JOB_REGISTRY_FAILED', `output ${name} cannot be written: ${reasonOf(cause)}`, { cause });
  }
}
