const CONTEXT = /^:\.[^:]+:/;

/**
 * The part of a registry that a subject is in, with ids of its own: `:.staging:` of `:.staging:orders-value`, `''` for the
 * default one, which Confluent also writes `:.:`.
 */
export function contextOf(subject: string): string {
  return CONTEXT.exec(subject)?.[0] ?? '';
}
