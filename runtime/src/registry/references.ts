import type { SchemaReference, SubjectVersion } from './client.ts';

/**
 * What a schema refers to, directly or not, each version once; the name of what is missing, where something is.
 * `read` gives a version, undefined where there is none.
 */
export async function referencedVersions<V extends SubjectVersion>(
  references: readonly SchemaReference[],
  read: (subject: string, version: number) => Promise<V | undefined>,
): Promise<readonly V[] | string> {
  const found = new Map<string, V>();
  const open = [...references];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { subject, version } = next;
    const key = `${version} ${subject}`;
    if (found.has(key)) continue;
    const each = await read(subject, version);
    if (each === undefined) return `version ${version} of ${subject}`;
    found.set(key, each);
    open.push(...each.references);
  }
  return [...found.values()];
}
