import { partsOf } from '../schema/nesting.ts';
import type { AvroType } from '../schema/type.ts';
import type { ReadPlan, RecordPlan } from './plan.ts';

/** Sets `recursive` on the record plans inside a plan that has just been made. */
export function markRecursive(root: ReadPlan): void {
  for (const plan of membersOfCycles(root, partsOfPlan)) {
    if (plan.op === 'record') open(plan).recursive = true;
  }
}

/** The plan was made by this package a moment ago, and nobody else holds it. */
function open(plan: RecordPlan): { recursive: boolean } {
  return plan;
}

/** Records among the types inside a type, itself included, that can contain themselves. */
export function recursiveRecords(type: AvroType): ReadonlySet<AvroType> {
  return new Set([...membersOfCycles(type, partsOf)].filter(({ kind }) => kind === 'record'));
}

/** The plans directly inside a plan. */
export function partsOfPlan(plan: ReadPlan): readonly ReadPlan[] {
  switch (plan.op) {
    case 'record':
      return plan.steps.flatMap((step) => (step.do === 'read' ? [step.plan] : []));
    case 'array':
      return [plan.items];
    case 'map':
      return [plan.values];
    case 'writer-union':
      return plan.branches;
    case 'reader-union':
      return [plan.plan];
    default:
      return [];
  }
}

interface Visit<N> {
  readonly node: N;
  readonly parts: readonly N[];
  readonly index: number;
  next: number;
  low: number;
}

/** All nodes on a cycle: members of strongly connected components (Tarjan) of more than one node. Without recursion. */
function membersOfCycles<N extends object>(root: N, parts: (node: N) => readonly N[]): Set<N> {
  const members = new Set<N>();
  const indices = new Map<N, number>();
  const path: Visit<N>[] = [];
  const component: N[] = [];
  const pending = new Set<N>();
  const enter = (node: N): void => {
    const index = indices.size;
    indices.set(node, index);
    component.push(node);
    pending.add(node);
    path.push({ node, parts: parts(node), index, next: 0, low: index });
  };
  enter(root);
  for (let visit = path.at(-1); visit !== undefined; visit = path.at(-1)) {
    const part = visit.parts[visit.next++];
    if (part !== undefined) {
      const index = indices.get(part);
      if (index === undefined) enter(part);
      else if (pending.has(part)) visit.low = Math.min(visit.low, index);
      continue;
    }
    path.pop();
    const parent = path.at(-1);
    if (parent !== undefined) parent.low = Math.min(parent.low, visit.low);
    if (visit.low !== visit.index) continue;
    const nodes = component.splice(component.lastIndexOf(visit.node));
    for (const node of nodes) pending.delete(node);
    // A record whose field is itself: a cycle of one node.
    if (nodes.length > 1 || visit.parts.includes(visit.node)) for (const node of nodes) members.add(node);
  }
  return members;
}
