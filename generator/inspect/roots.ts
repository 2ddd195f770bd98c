import { type AvroType, partsOf } from '@kgen/runtime/schema';
import type { TypeModel } from '../model/model.ts';

/** Types that no other one is made of: what a schema file is about. Where all use each other, all of them. */
export function rootTypes(types: readonly TypeModel[]): readonly TypeModel[] {
  const used = new Set<AvroType>();
  for (const { type } of types) {
    const seen = new Set<AvroType>([type]);
    for (const each of seen) {
      for (const part of partsOf(each)) seen.add(part);
    }
    seen.delete(type);
    for (const each of seen) used.add(each);
  }
  const unused = types.filter(({ type }) => !used.has(type));
  return unused.length === 0 ? types : unused;
}
