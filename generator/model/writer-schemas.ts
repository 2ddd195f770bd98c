import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AvroSchemaError } from '@kgen/runtime';
import { type AvroType, branchName, normalizedSchema, parseSchema, planRead } from '@kgen/runtime/schema';
import type { Config, FormatConfig } from '../config/config.ts';
import type { AvroReference, TopicModel } from './model.ts';
import type { Problem } from './topic-name.ts';
import { avroTypeOf, nameOf } from './type-reference.ts';

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
  if (typeof format !== 'object' || 'import' in format) return [];
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

/** Which of a topic's types data of a writer become: that of the same name, else the first that can hold them. */
export function readerOf(schema: string, types: readonly AvroReference[]): AvroReference | Problem {
  const writer = parseSchema(schema, {}, { defaults: 'ignore' });
  const name = branchName(writer);
  const ordered = types.toSorted((a, b) => Number(nameOf(b) === name) - Number(nameOf(a) === name));
  const reasons: string[] = [];
  for (const reference of ordered) {
    const problem = resolutionProblem(writer, avroTypeOf(reference));
    if (problem === undefined) return reference;
    reasons.push(problem);
  }
  return {
    reason: `no data of this schema can be read as ${ordered.map(nameOf).join(' or ')}: ${reasons[0]}`,
    hint: 'Remove it, or change the type so that it can read them',
  };
}

function resolutionProblem(writer: AvroType, reader: AvroType): string | undefined {
  try {
    planRead(writer, reader);
    return undefined;
  } catch (error) {
    if (!(error instanceof AvroSchemaError)) throw error;
    return error.problems[0]?.reason ?? error.message;
  }
}

/** Schemas of older writers by the full name of the type that reads them, each once: reading them is compiled. */
export function writersByType(topics: readonly TopicModel[]): ReadonlyMap<string, readonly string[]> {
  const writers = new Map<string, string[]>();
  for (const format of topics.flatMap(({ key, value }) => [key, value])) {
    if (!('types' in format)) continue;
    for (const { schema, reader } of format.writers?.schemas ?? []) {
      const { type } = reader;
      // What the type itself writes is read by its own reader, and a primitive has no file.
      if ('primitive' in type || normalizedSchema(type.type) === schema) continue;
      const known = writers.get(type.fullName) ?? [];
      writers.set(type.fullName, known);
      if (!known.includes(schema)) known.push(schema);
    }
  }
  return writers;
}
