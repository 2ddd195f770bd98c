import type { SchemaProblem } from '../errors.ts';
import type { AvroType, LogicalType } from '../schema/type.ts';
import type { FixedPlan, PrimitivePlan } from './plan.ts';
import { visitReading } from './visit-reading.ts';

/** A place where data of a writer can be read, though not, or not all of it, as what it was written as. */
export interface ChangedMeaning extends SchemaProblem {
  /**
   * - `value`: reading gives other values, and no error: microseconds from what were milliseconds.
   * - `range`: reading refuses some: decimals with more digits than there are now, text that is no UUID.
   */
  readonly kind: 'value' | 'range';
}

/**
 * Every place where a logical type of `writer` is another one in `reader`. Resolution takes no notice of them but for a
 * decimal's scale, which is among the incompatibilities. Those that do not fit their base, and unknown ones, mean nothing.
 */
export function changedMeanings(writer: AvroType, reader: AvroType): readonly ChangedMeaning[] {
  const found: ChangedMeaning[] = [];
  visitReading(writer, reader, (plan, path) => {
    if (plan.op !== 'primitive' && plan.op !== 'fixed') return;
    const change = changeOf(plan);
    if (change !== undefined) found.push({ path, ...change });
  });
  return found;
}

function changeOf(plan: PrimitivePlan | FixedPlan): Pick<ChangedMeaning, 'kind' | 'reason' | 'hint'> | undefined {
  const { written } = plan;
  const { kind, logical } = plan.type;
  if (written?.name === 'decimal' && logical?.name === 'decimal') {
    if (logical.precision >= written.precision) return undefined;
    const reason = `the writer's decimal has precision ${written.precision}, the reader's ${logical.precision}`;
    return { kind: 'range', reason, hint: 'Keep the precision' };
  }
  if (written?.name === logical?.name) return undefined;
  const base = plan.op === 'primitive' ? plan.writer : kind;
  if (base === 'string' && kind === 'string') {
    // A UUID is the same text without its logical type.
    if (logical === undefined) return undefined;
    return { kind: 'range', reason: `the writer has any string, the reader ${logical.name}`, hint: KEEP };
  }
  const reason = `the writer has ${named(written, base)}, the reader ${named(logical, kind)}`;
  return { kind: 'value', reason, hint: KEEP };
}

const KEEP = 'Keep the logical type; or add a field of the new type beside it';

function named(logical: LogicalType | undefined, kind: string): string {
  return logical?.name ?? `${kind === 'int' ? 'an' : 'a'} ${kind} without a logical type`;
}
