import type { SchemaProblem } from '../errors.ts';
import { joinPath } from '../schema/document.ts';
import type { ReadPlan } from './plan.ts';

/**
 * True where a plan can read some data: every field of a record, one branch of a union, one symbol of an enum.
 * Arrays and maps may be empty.
 */
export function readsSomething(plan: ReadPlan): boolean {
  return !unreadablePlans(plan).has(plan);
}

/** What must be readable for a plan to read anything. Unions need one of these, records all. */
function needs(plan: ReadPlan): readonly ReadPlan[] {
  switch (plan.op) {
    case 'record':
      return plan.steps.flatMap((step) => (step.do === 'read' ? [step.plan] : []));
    case 'writer-union':
      return plan.branches;
    case 'reader-union':
      return [plan.plan];
    default:
      return [];
  }
}

/** Among a plan and what it needs, those that read no data at all. */
function unreadablePlans(root: ReadPlan): ReadonlySet<ReadPlan> {
  const plans = new Set<ReadPlan>([root]);
  for (const plan of plans) for (const needed of needs(plan)) plans.add(needed);
  const unreadable = new Set<ReadPlan>();
  // Cycles: all count as readable until something shows the opposite.
  for (let before = -1; before !== unreadable.size; ) {
    before = unreadable.size;
    // Parts were met after what holds them, so the way back settles most at once.
    for (const plan of [...plans].reverse()) {
      if (!unreadable.has(plan) && readsNothing(plan, unreadable)) unreadable.add(plan);
    }
  }
  return unreadable;
}

function readsNothing(plan: ReadPlan, unreadable: ReadonlySet<ReadPlan>): boolean {
  switch (plan.op) {
    case 'unresolvable':
      return true;
    case 'enum':
      return plan.symbols.every((symbol) => symbol === undefined);
    case 'writer-union':
      return plan.branches.every((branch) => unreadable.has(branch));
    default:
      return needs(plan).some((needed) => unreadable.has(needed));
  }
}

const HINT = "Give the field a default, add an alias, or read with a schema that holds the writer's data";

/** Everything that keeps a plan from reading anything, by path in the value. */
export function obstacles(root: ReadPlan): SchemaProblem[] {
  const unreadable = unreadablePlans(root);
  const problems: SchemaProblem[] = [];
  const seen = new Set<ReadPlan>();
  const visit = (plan: ReadPlan, path: string): void => {
    if (!unreadable.has(plan) || (seen.has(plan) && plan.op === 'record')) return;
    seen.add(plan);
    switch (plan.op) {
      case 'unresolvable':
        problems.push({ path, reason: plan.reason, hint: HINT });
        return;
      case 'enum':
        problems.push({
          path,
          reason: `${plan.type.name} has none of the writer's symbols, nor a default`,
          hint: HINT,
        });
        return;
      case 'record':
        for (const step of plan.steps) if (step.do === 'read') visit(step.plan, joinPath(path, step.field.name));
        return;
      case 'writer-union':
        if (plan.branches.length === 0)
          problems.push({ path, reason: "the writer's union has no branches", hint: HINT });
        for (const branch of plan.branches) visit(branch, path);
        return;
      case 'reader-union':
        visit(plan.plan, path);
        return;
      default:
    }
  };
  visit(root, '');
  return problems;
}
