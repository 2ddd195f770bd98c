import { AvroSchemaError } from '../errors.ts';
import { normalizedSchema } from './normalized-schema.ts';
import { parseSchemaJson, readSchemas } from './read-schemas.ts';
import type { AvroType } from './type.ts';

/** A schema with all that it refers to. */
export interface SelfContained {
  readonly type: AvroType;
  /** Normalized JSON. */
  readonly schema: string;
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
  return { type, schema: normalizedSchema(type) };
}
