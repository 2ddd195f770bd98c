import { type AvroType, partsOf } from '@kgen/runtime/schema';

/** How many bytes values of a type take in Avro binary. */
export interface Sizes {
  readonly least: number;
  /** Infinity where text, bytes, a list, a map or a recursive record sets no limit. */
  readonly most: number;
}

/** The longest a varint gets, in bytes (Avro 1.12, "Binary Encoding": zig-zag, seven bits a byte). */
const LONGEST_INT = 5;
const LONGEST_LONG = 10;

/** The fewest and the most bytes of a value. A record that can only contain itself has no values: its least is Infinity. */
export function sizesOf(type: AvroType): Sizes {
  const types = reachable(type);
  // Least: from "impossible" downwards until nothing gets smaller, so that recursion finds its shortest way out.
  const least = new Map<AvroType, number>();
  for (let changed = true; changed; ) {
    changed = false;
    for (const each of types) {
      const size = leastOf(each, (part) => least.get(part) ?? Number.POSITIVE_INFINITY);
      if (size < (least.get(each) ?? Number.POSITIVE_INFINITY)) {
        least.set(each, size);
        changed = true;
      }
    }
  }
  return { least: least.get(type) ?? Number.POSITIVE_INFINITY, most: mostOf(type, new Set(), new Map()) };
}

/** Parts first, so that most types are settled in the first round. */
function reachable(root: AvroType): readonly AvroType[] {
  const seen = new Set<AvroType>();
  const ordered: AvroType[] = [];
  const visit = (type: AvroType): void => {
    if (seen.has(type)) return;
    seen.add(type);
    for (const part of partsOf(type)) visit(part);
    ordered.push(type);
  };
  visit(root);
  return ordered;
}

function leastOf(type: AvroType, of: (part: AvroType) => number): number {
  switch (type.kind) {
    case 'null':
      return 0;
    case 'float':
      return 4;
    case 'double':
      return 8;
    case 'fixed':
      return type.size;
    case 'record':
      return type.fields.reduce((sum, field) => sum + of(field.type), 0);
    case 'union':
      return Math.min(...type.branches.map((branch, index) => varintSize(index) + of(branch.type)));
    default:
      return 1;
  }
}

function mostOf(type: AvroType, open: Set<AvroType>, known: Map<AvroType, number>): number {
  if (open.has(type)) return Number.POSITIVE_INFINITY;
  const settled = known.get(type);
  if (settled !== undefined) return settled;
  open.add(type);
  const size = most(type, (part) => mostOf(part, open, known));
  open.delete(type);
  known.set(type, size);
  return size;
}

function most(type: AvroType, of: (part: AvroType) => number): number {
  switch (type.kind) {
    case 'null':
      return 0;
    case 'boolean':
      return 1;
    case 'int':
      return LONGEST_INT;
    case 'long':
      return LONGEST_LONG;
    case 'float':
      return 4;
    case 'double':
      return 8;
    case 'fixed':
      return type.size;
    case 'enum':
      return varintSize(Math.max(0, type.symbols.length - 1));
    case 'record':
      return type.fields.reduce((sum, field) => sum + of(field.type), 0);
    case 'union':
      return Math.max(...type.branches.map((branch, index) => varintSize(index) + of(branch.type)));
    default:
      return Number.POSITIVE_INFINITY;
  }
}

/** Bytes of a count that is not negative. */
function varintSize(value: number): number {
  let size = 1;
  for (let rest = value * 2; rest >= 0x80; rest = Math.floor(rest / 0x80)) size += 1;
  return size;
}
