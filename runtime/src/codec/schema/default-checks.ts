import { typedDefault } from './defaults.ts';
import type { DocumentProblem } from './document.ts';
import { joinPath } from './document.ts';
import type { PlacedField } from './resolver.ts';
import type { Field } from './type.ts';

/** Values that one default may expand to, fields pulled in included: nested records multiply. */
const MAX_DEFAULT_SIZE = 100_000;

/** Checks all defaults against their types, and that none contains itself. */
export function checkDefaults(fields: readonly PlacedField[]): DocumentProblem[] {
  const problems: DocumentProblem[] = [];
  const graph = new Map<Field, { readonly size: number; readonly pulls: readonly Field[] }>();
  for (const { field, definition, path } of fields) {
    if (field.default === undefined) continue;
    const result = typedDefault(field);
    if ('reason' in result) {
      problems.push({
        source: definition.document.source,
        path: joinPath(path, result.path === '' ? 'default' : joinPath('default', result.path)),
        reason: `the default does not fit its type: ${result.reason}`,
        hint: 'Correct the default or the type',
      });
    } else {
      graph.set(field, result);
    }
  }
  const sizes = new Map<Field, number>();
  for (const { field, definition, path } of fields) {
    if (!graph.has(field)) continue;
    const size = expandedSize(field, graph, sizes);
    if (size <= MAX_DEFAULT_SIZE) continue;
    problems.push({
      source: definition.document.source,
      path: joinPath(path, 'default'),
      reason:
        size === Number.POSITIVE_INFINITY
          ? 'the default contains itself'
          : `the default expands to more than ${MAX_DEFAULT_SIZE} values`,
      hint: 'Give a default that names the fields inside, or use null',
    });
  }
  return problems;
}

/** Infinite where following fields left out leads back to a field. Without recursion: chains may be long. */
function expandedSize(
  root: Field,
  graph: ReadonlyMap<Field, { readonly size: number; readonly pulls: readonly Field[] }>,
  sizes: Map<Field, number>,
): number {
  const open = new Set<Field>();
  const stack: Field[] = [root];
  for (let field = stack.at(-1); field !== undefined; field = stack.at(-1)) {
    const own = graph.get(field);
    if (sizes.has(field) || own === undefined) {
      stack.pop();
      continue;
    }
    if (!open.has(field)) {
      open.add(field);
      stack.push(...own.pulls.filter((pulled) => !sizes.has(pulled) && !open.has(pulled)));
      if (stack.at(-1) !== field) continue;
    }
    stack.pop();
    open.delete(field);
    let size = own.size;
    // A field still open is an ancestor: the default leads back to it.
    for (const pulled of own.pulls) size += open.has(pulled) || pulled === field ? Infinity : (sizes.get(pulled) ?? 0);
    sizes.set(field, size);
  }
  return sizes.get(root) ?? 0;
}
