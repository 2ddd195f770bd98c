import type { PrimitiveName } from './type.ts';

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const NAMESPACE = /^(?:[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*)?$/;
const PRIMITIVES: ReadonlySet<string> = new Set<PrimitiveName>([
  'null',
  'boolean',
  'int',
  'long',
  'float',
  'double',
  'bytes',
  'string',
]);

/** A name by Avro's grammar (Avro 1.12, "Names"): ASCII letters, digits and `_`, not starting with a digit. */
export function isName(name: string): boolean {
  return NAME.test(name);
}

/** Names separated by dots, or `''`, the null namespace. */
export function isNamespace(namespace: string): boolean {
  return NAMESPACE.test(namespace);
}

/** A name with its namespace, if any. */
export function isFullName(name: string): boolean {
  return name !== '' && NAMESPACE.test(name);
}

export function isPrimitiveName(name: string): name is PrimitiveName {
  return PRIMITIVES.has(name);
}

/** The last part of a full name. */
export function simpleName(fullName: string): string {
  return fullName.slice(fullName.lastIndexOf('.') + 1);
}

/** All but the last part of a full name; `''` for the null namespace. */
export function namespaceOf(fullName: string): string {
  return fullName.slice(0, Math.max(0, fullName.lastIndexOf('.')));
}

/** A name with dots is full already; others lie in `namespace`. */
export function qualify(name: string, namespace: string): string {
  return name.includes('.') || namespace === '' ? name : `${namespace}.${name}`;
}
