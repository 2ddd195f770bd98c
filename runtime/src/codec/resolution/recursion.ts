import { partsOf } from '../schema/nesting.ts';
import type { AvroType, RecordType } from '../schema/type.ts';
import type { ReadPlan, RecordPlan } from './plan.ts';

/** Sets `recursive` on record plans that can contain themselves. */
export class RecursionMarker {
  readonly #cycles = new Cycles<ReadPlan>(partsOfPlan);

  /** Marks the plans inside a plan that has just been made, but for those met before. */
  mark(root: ReadPlan): void {
    for (const plan of this.#cycles.in(root)) {
      if (plan.op === 'record') open(plan).recursive = true;
    }
  }
}

/** The plan was made by this package a moment ago, and nobody else holds it. */
function open(plan: RecordPlan): { recursive: boolean } {
  return plan;
}

/** Tells which records can contain themselves. Each type is looked into once, when it is first asked for. */
export class RecursiveRecords {
  readonly #cycles = new Cycles<AvroType>(partsOf);
  readonly #recursive = new Set<AvroType>();

  has(record: RecordType): boolean {
    for (const type of this.#cycles.in(record)) this.#recursive.add(type);
    return this.#recursive.has(record);
  }
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

/** Finds nodes on a cycle: members of strongly connected components (Tarjan) of more than one node. Without recursion. */
class Cycles<N extends object> {
  readonly #parts: (node: N) => readonly N[];
  /** Nodes met before, with all that can be reached from them: no other cycle leads through these. */
  readonly #met = new Set<N>();

  constructor(parts: (node: N) => readonly N[]) {
    this.#parts = parts;
  }

  /** Those that can be reached from a node, itself included, and were not met before. */
  in(root: N): readonly N[] {
    const members: N[] = [];
    if (this.#met.has(root)) return members;
    const indices = new Map<N, number>();
    const path: Visit<N>[] = [];
    const component: N[] = [];
    const pending = new Set<N>();
    const enter = (node: N): void => {
      const index = indices.size;
      indices.set(node, index);
      this.#met.add(node);
      component.push(node);
      pending.add(node);
      path.push({ node, parts: this.#parts(node), index, next: 0, low: index });
    };
    enter(root);
    for (let visit = path.at(-1); visit !== undefined; visit = path.at(-1)) {
      const part = visit.parts[visit.next++];
      if (part !== undefined) {
        const index = indices.get(part);
        if (index !== undefined && pending.has(part)) visit.low = Math.min(visit.low, index);
        else if (!this.#met.has(part)) enter(part);
        continue;
      }
      path.pop();
      const parent = path.at(-1);
      if (parent !== undefined) parent.low = Math.min(parent.low, visit.low);
      if (visit.low !== visit.index) continue;
      const nodes = component.splice(component.lastIndexOf(visit.node));
      for (const node of nodes) pending.delete(node);
      // A record whose field is itself: a cycle of one node.
      if (nodes.length > 1 || visit.parts.includes(visit.node)) for (const node of nodes) members.push(node);
    }
    return members;
  }
}
