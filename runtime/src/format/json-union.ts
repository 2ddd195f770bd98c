import type { AvroType, Branch, FixedType, PrimitiveType, UnionType } from '../codec/schema/type.ts';
import { branchOfKind } from '../codec/value-kind.ts';

// Plain JSON of a value, as people write it by hand, in contrast to Avro's own JSON encoding:
//
//   null, boolean, string, enum       themselves
//   numbers, bigints                  digits; NaN, Infinity and -Infinity as strings
//   bytes, fixed                      base64
//   Date                              ISO 8601: '2001-01-31T13:05:00.000Z', of a date '2001-01-31'
//   duration                          { "months": 1, "days": 2, "millis": 3 }
//   record, map, array                object, object, array
//   union                             the value of its branch; { "branch": …, "value": … } where the value in TypeScript
//                                     is that, or where JSON alone does not tell the branches apart: bytes and string
//
// A field that JSON lacks gets its default; members that the schema does not have are passed over.

type JsonKind = 'null' | 'boolean' | 'number' | 'string' | 'array' | 'object';

/** True where values of the union are `{ branch, value }` in JSON. */
export function isTaggedInJson({ branches, tagged }: Pick<UnionType, 'branches' | 'tagged'>): boolean {
  const kinds = branches.flatMap(({ type }) => kindsOf(type));
  return tagged || new Set(kinds).size < kinds.length;
}

function kindsOf(type: AvroType): readonly JsonKind[] {
  switch (type.kind) {
    case 'array':
      return ['array'];
    case 'map':
    case 'record':
      return ['object'];
    case 'enum':
      return ['string'];
    case 'union':
      return type.branches.flatMap((branch) => kindsOf(branch.type));
    default:
      return kindsOfScalar(type);
  }
}

function kindsOfScalar(type: PrimitiveType | FixedType): readonly JsonKind[] {
  switch (type.as) {
    case 'null':
    case 'boolean':
    case 'string':
      return [type.as];
    case 'number':
      return type.kind === 'float' || type.kind === 'double' ? ['number', 'string'] : ['number'];
    case 'bigint':
      return ['number'];
    case 'bytes':
    case 'Date':
      return ['string'];
    case 'duration':
      return ['object'];
  }
}

/** A branch of a union that a value or a JSON value belongs to, and what lies in it. */
export interface InBranch {
  readonly branch: Branch;
  readonly inner: unknown;
}

/** The branch of a value in TypeScript that the codec has accepted; undefined only for one that it has not. */
export function branchOfValue(type: UnionType, value: unknown): InBranch | undefined {
  if (type.tagged && value !== null) {
    const { branch: tag, value: inner } = value as { readonly branch: string; readonly value: unknown };
    const branch = type.branches.find((candidate) => candidate.tag === tag);
    return branch && { branch, inner };
  }
  const branch = branchOfKind(type, value);
  return branch && { branch, inner: value };
}

/** The branch of an untagged JSON value. */
export function branchOfJson(branches: readonly Branch[], json: unknown): Branch | undefined {
  const kind = jsonKindOf(json);
  return branches.find(({ type }) => kindsOf(type).includes(kind));
}

function jsonKindOf(json: unknown): JsonKind {
  if (json === null) return 'null';
  if (Array.isArray(json)) return 'array';
  if (typeof json === 'bigint') return 'number';
  return typeof json as JsonKind;
}
