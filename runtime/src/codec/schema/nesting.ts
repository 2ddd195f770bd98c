import type { DocumentProblem, SchemaDocument } from './document.ts';
import type { AvroType } from './type.ts';

/**
 * How deep types may nest when names are followed. Canonical forms and plans are built by recursion over the graph;
 * this keeps them far from the end of the stack.
 */
export const MAX_GRAPH_DEPTH = 1500;

/** The types directly inside a type. */
export function partsOf(type: AvroType): readonly AvroType[] {
  switch (type.kind) {
    case 'record':
      return type.fields.map((field) => field.type);
    case 'array':
      return [type.items];
    case 'map':
      return [type.values];
    case 'union':
      return type.branches.map((branch) => branch.type);
    default:
      return [];
  }
}

/** Reports documents whose types, with names followed, nest too deep. Without recursion. */
export function nestingProblems(documents: readonly SchemaDocument[], roots: readonly AvroType[]): DocumentProblem[] {
  const heights = new Map<AvroType, number>();
  const problems: DocumentProblem[] = [];
  for (const [index, root] of roots.entries()) {
    const document = documents[index];
    if (document === undefined || heightOf(root, heights) <= MAX_GRAPH_DEPTH) continue;
    problems.push({
      source: document.source,
      path: document.path ?? '',
      reason: `types nest more than ${MAX_GRAPH_DEPTH} levels deep, names followed`,
      hint: 'Flatten the types',
    });
  }
  return problems;
}

/** The longest way down from a type that meets no type on it twice, as a depth-first search finds it. */
function heightOf(root: AvroType, heights: Map<AvroType, number>): number {
  const stack: { type: AvroType; parts: readonly AvroType[]; next: number; height: number }[] = [];
  const open = new Set<AvroType>();
  const enter = (type: AvroType): void => {
    open.add(type);
    stack.push({ type, parts: partsOf(type), next: 0, height: 1 });
  };
  if (!heights.has(root)) enter(root);
  for (let frame = stack.at(-1); frame !== undefined; frame = stack.at(-1)) {
    const part = frame.parts[frame.next];
    if (part === undefined) {
      heights.set(frame.type, frame.height);
      open.delete(frame.type);
      stack.pop();
      continue;
    }
    const known = heights.get(part);
    if (known !== undefined) frame.height = Math.max(frame.height, known + 1);
    if (known !== undefined || open.has(part)) frame.next++;
    else enter(part);
  }
  return heights.get(root) ?? 0;
}
