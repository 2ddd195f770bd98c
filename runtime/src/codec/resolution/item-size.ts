import type { AvroType } from '../schema/type.ts';

/**
 * The fewest bytes a value of a type takes. For a type that must contain itself, and so has no values, a lower bound.
 */
export function minimumSize(type: AvroType): number {
  return sizeOf(type, new Map());
}

/** `sizes` holds 0 for a record that is still being measured. */
function sizeOf(type: AvroType, sizes: Map<AvroType, number>): number {
  switch (type.kind) {
    case 'null':
      return 0;
    case 'float':
      return 4;
    case 'double':
      return 8;
    case 'fixed':
      return type.size;
    case 'union': {
      let smallest = Number.POSITIVE_INFINITY;
      for (const branch of type.branches) smallest = Math.min(smallest, sizeOf(branch.type, sizes));
      return 1 + (Number.isFinite(smallest) ? smallest : 0);
    }
    case 'record': {
      const known = sizes.get(type);
      if (known !== undefined) return known;
      sizes.set(type, 0);
      let sum = 0;
      for (const field of type.fields) sum += sizeOf(field.type, sizes);
      // A multiple of this is compared with a number of bytes; beyond that it need not be exact.
      sum = Math.min(sum, Number.MAX_SAFE_INTEGER);
      sizes.set(type, sum);
      return sum;
    }
    default:
      return 1;
  }
}
