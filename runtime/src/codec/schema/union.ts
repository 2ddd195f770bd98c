import { simpleName } from './name.ts';
import type { AvroType, Branch, UnionType } from './type.ts';

/** What JavaScript tells apart about values of a type. */
export type ValueKind = 'null' | 'boolean' | 'number' | 'bigint' | 'string' | 'bytes' | 'Date' | 'object' | 'array';

export function valueKind(type: Exclude<AvroType, UnionType>): ValueKind {
  switch (type.kind) {
    case 'record':
    case 'map':
      return 'object';
    case 'enum':
      return 'string';
    case 'array':
      return 'array';
    default:
      return type.as === 'duration' ? 'object' : type.as;
  }
}

/** A union's name for a branch in Avro JSON: the full name, or an unnamed type's own. */
export function branchName(type: AvroType): string {
  return 'name' in type ? type.name : type.kind;
}

/** Names the branches and finds out whether values tell them apart. */
export function makeUnion(types: readonly Exclude<AvroType, UnionType>[]): UnionType {
  const kinds = types.map(valueKind);
  const simple = types.map((type) => simpleName(branchName(type)));
  const branches = types.map((type, index): Branch => {
    const own = simple[index] ?? '';
    return { tag: simple.indexOf(own) === simple.lastIndexOf(own) ? own : branchName(type), type };
  });
  return { kind: 'union', branches, tagged: new Set(kinds).size < kinds.length };
}
