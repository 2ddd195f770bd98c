import { simpleName, type ValueKind, valueKind } from '@kgen/runtime/schema';
import type { AvroReference } from './model.ts';
import { avroTypeOf, nameOf } from './type-reference.ts';

/** The types of a topic, as branches of a union: values that JavaScript does not tell apart are `{ branch, value }`. */
export interface TopicBranches {
  readonly tagged: boolean;
  readonly branches: readonly { readonly tag: string; readonly reference: AvroReference }[];
}

export function branchesOf(types: readonly AvroReference[]): TopicBranches {
  const simple = types.map((reference) => simpleName(nameOf(reference)));
  const branches = types.map((reference, i) => {
    const own = simple[i] ?? '';
    return { tag: simple.indexOf(own) === simple.lastIndexOf(own) ? own : nameOf(reference), reference };
  });
  const kinds = types.flatMap(kindsOf);
  return { tagged: types.length > 1 && new Set(kinds).size < kinds.length, branches };
}

function kindsOf(reference: AvroReference): readonly ValueKind[] {
  const type = avroTypeOf(reference);
  if (type.kind !== 'union') return [valueKind(type)];
  // Values of a tagged union are objects.
  if (type.tagged) return ['object'];
  return type.branches.flatMap((branch) => (branch.type.kind === 'union' ? [] : [valueKind(branch.type)]));
}
