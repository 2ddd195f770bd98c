import { type AvroType, namedTypesOf } from '@kgen/runtime/schema';
import { changeText, describeChanges } from './changes.ts';

/**
 * What differs between two schemas, with all types in them, a line each: `~ shop.Order  + note: string`. An unnamed
 * root goes by `rootName`.
 */
export function evolution(before: AvroType, after: AvroType, rootName: string): readonly string[] {
  const lines: string[] = [];
  const describe = (name: string, from: AvroType, to: AvroType): void => {
    const changes = describeChanges(from, to).map(changeText);
    if (changes.length > 0) lines.push(`~ ${name}  ${changes.join(', ')}`);
  };
  const old = new Map<string, AvroType>(namedTypesOf(before));
  const now = new Map<string, AvroType>(namedTypesOf(after));
  if ('name' in before && 'name' in after && before.name !== after.name) {
    lines.push(`~ ${before.name} -> ${after.name}`);
    describe(after.name, before, after);
    old.delete(before.name);
    now.delete(after.name);
  } else if (!('name' in before && 'name' in after)) {
    describe(rootName, before, after);
  }
  for (const [name, type] of now) {
    const former = old.get(name);
    if (former === undefined) lines.push(`+ ${name}`);
    else describe(name, former, type);
  }
  for (const name of old.keys()) if (!now.has(name)) lines.push(`- ${name}`);
  return lines;
}
