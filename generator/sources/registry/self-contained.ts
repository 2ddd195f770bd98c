import { createHash } from 'node:crypto';
import { AvroSchemaError } from '@kgen/runtime';
import { type AvroType, normalizedSchema, parseSchemaJson, readSchemas } from '@kgen/runtime/schema';

/** A schema with all that it refers to. */
export interface SelfContained {
  readonly type: AvroType;
  /** Normalized JSON. */
  readonly schema: string;
  readonly hash: string;
}

/**
 * Puts a schema together with those it refers to, directly or not.
 * @throws AvroSchemaError
 */
export function selfContained(text: string, references: readonly string[]): SelfContained {
  const documents = [text, ...references].map((each, index) => ({
    source: index === 0 ? '' : `reference ${index}`,
    schema: parseSchemaJson(each),
  }));
  const { roots, problems } = readSchemas(documents, {}, { defaults: 'ignore' });
  const [type] = roots;
  if (problems.length > 0 || type === undefined) throw new AvroSchemaError('schema', problems);
  const schema = normalizedSchema(type);
  return { type, schema, hash: hashOf(schema) };
}

/** What tells schemas apart, whichever registry gave them which id: all that has a meaning counts, logical types too. */
export function hashOf(normalized: string): string {
  return createHash('sha256').update(normalized).digest('hex');
}
