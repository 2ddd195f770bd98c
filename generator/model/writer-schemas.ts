import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AvroSchemaError } from '@kgen/runtime';
import { normalizedSchema, parseSchema } from '@kgen/runtime/schema';
import type { Config, FormatConfig } from '../config/config.ts';
import type { Problem } from './topic-name.ts';

/** Schemas of older writers by the file that the config names: normalized JSON, or what is wrong with it. */
export type WriterSchemas = ReadonlyMap<string, string | Problem>;

/** Tells a schema file from a type among the keys of `id`: no full name ends like this in a schema that has one. */
export function isSchemaFile(name: string): boolean {
  return name.endsWith('.avsc');
}

/**
 * Reads the schemas of older writers that topics name. They are self-contained `.avsc` files outside of `schemas`,
 * since there the same name means the current type.
 * @param root the config's folder, absolute
 */
export async function loadWriterSchemas(config: Pick<Config, 'topics'>, root: string): Promise<WriterSchemas> {
  const topics: readonly { readonly key?: FormatConfig | undefined; readonly value: FormatConfig }[] = Object.values(
    config.topics ?? {},
  );
  const files = new Set(topics.flatMap(({ key, value }) => [...filesOf(key), ...filesOf(value)]));
  const read = [...files].map(async (file) => [file, await readWriterSchema(file, root)] as const);
  return new Map(await Promise.all(read));
}

function filesOf(format: FormatConfig | undefined): readonly string[] {
  if (typeof format !== 'object') return [];
  const byId = typeof format.id === 'object' ? Object.keys(format.id).filter(isSchemaFile) : [];
  return [...byId, ...(format.writers ?? [])];
}

async function readWriterSchema(file: string, root: string): Promise<string | Problem> {
  let text: string;
  try {
    text = await readFile(join(root, file), 'utf8');
  } catch {
    return { reason: `${JSON.stringify(file)} cannot be read`, hint: "Give a file relative to the config's folder" };
  }
  try {
    return normalizedSchema(parseSchema(text, {}, { defaults: 'ignore' }));
  } catch (error) {
    if (!(error instanceof AvroSchemaError)) throw error;
    const [first] = error.problems;
    const at = first === undefined || first.path === '' ? '' : ` at ${first.path}`;
    return {
      reason: `${JSON.stringify(file)} is not a self-contained schema: ${first?.reason ?? error.message}${at}`,
      hint: first?.hint ?? 'Correct it',
    };
  }
}
