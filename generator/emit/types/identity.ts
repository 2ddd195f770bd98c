import type { AvroType, ReadPlan, RecordPlan } from '@kgen/runtime/schema';

/** Tells where a plan is the plain reading of a type: the compiled function of the type's own file does it. */
export class Identities {
  readonly #known = new Map<ReadPlan, boolean>();

  has(plan: ReadPlan, type: AvroType): boolean {
    const known = this.#known.get(plan);
    if (known !== undefined) return known;
    const check = new IdentityCheck();
    const result = check.check(plan, type);
    this.#known.set(plan, result);
    // What a plain reading met on its way is one too; what another met is not known.
    if (result) for (const met of check.met) this.#known.set(met, true);
    return result;
  }
}

class IdentityCheck {
  /** A record met again is what it was taken for: if it is not, the check fails where it was met first. */
  readonly met = new Set<RecordPlan>();

  check(plan: ReadPlan, type: AvroType): boolean {
    switch (plan.op) {
      case 'primitive':
        return plan.writer === type.kind && plan.type === type;
      case 'fixed':
        return plan.type === type;
      case 'enum':
        return plan.type === type && sameList(plan.symbols, type.symbols) && sameList(plan.writerSymbols, type.symbols);
      case 'array':
        return plan.type === type && this.check(plan.items, type.items);
      case 'map':
        return plan.type === type && this.check(plan.values, type.values);
      case 'record':
        return plan.type === type && this.#record(plan);
      case 'writer-union':
        return (
          type.kind === 'union' &&
          plan.branches.length === type.branches.length &&
          plan.branches.every((branch, index) => {
            const own = type.branches[index]?.type;
            return branch.op === 'reader-union' && branch.branch === index && own && this.check(branch.plan, own);
          })
        );
      default:
        return false;
    }
  }

  #record(plan: RecordPlan): boolean {
    if (this.met.has(plan)) return true;
    this.met.add(plan);
    const { fields } = plan.type;
    return (
      plan.steps.length === fields.length &&
      plan.steps.every(
        (step, index) => step.do === 'read' && step.field === fields[index] && this.check(step.plan, step.field.type),
      )
    );
  }
}

function sameList(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((item, index) => item === b[index]);
}
