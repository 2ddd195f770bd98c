import { simpleName } from '../schema/name.ts';
import type { NamedType } from '../schema/type.ts';

/** How well a writer's named type fits a reader's: the smaller the closer, undefined where it does not. */
export type Closeness = 0 | 1 | 2 | 3;

/**
 * Compares names (Avro 1.12, "Schema Resolution" and "Aliases"): the full name, an alias, the name without its
 * namespace, an alias without its namespace.
 */
export function closeness(writer: NamedType, reader: NamedType): Closeness | undefined {
  if (writer.kind !== reader.kind) return undefined;
  if (writer.name === reader.name) return 0;
  if (reader.aliases.includes(writer.name)) return 1;
  const name = simpleName(writer.name);
  if (name === simpleName(reader.name)) return 2;
  return reader.aliases.some((alias) => simpleName(alias) === name) ? 3 : undefined;
}
