import { createHash } from 'node:crypto';
import { type SelfContained, selfContained } from '@kgen/runtime/schema';

/** A schema with all that it refers to, and what tells it apart. */
export interface HashedSchema extends SelfContained {
  readonly hash: string;
}

/**
 * Puts a schema together with those it refers to, directly or not.
 * @throws AvroSchemaError
 */
export function hashedSchema(text: string, references: readonly string[]): HashedSchema {
  const whole = selfContained(text, references);
  return { ...whole, hash: hashOf(whole.schema) };
}

/** What tells schemas apart, whichever registry gave them which id: all that has a meaning counts, logical types too. */
export function hashOf(normalized: string): string {
  return createHash('sha256').update(normalized).digest('hex');
}
