import { joinPath } from '../schema/document.ts';
import type { AvroType, RecordType } from '../schema/type.ts';
import { closeness } from './name-match.ts';
import type { ReadPlan, UnresolvablePlan } from './plan.ts';
import { matchFields, Planner } from './plan-read.ts';

/**
 * Every plan by which some part of a writer's data is read, or refused, with the path of that part in the value: `lines[].sku`,
 * where `[]` is any item of a list and `{}` any value of a map. A record that stands at several places is visited at the first of
 * them, so that recursive schemas end.
 */
export function visitReading(writer: AvroType, reader: AvroType, visit: (plan: ReadPlan, path: string) => void): void {
  const planner = new Planner();
  const seen = new Set<ReadPlan>();
  const into = (plan: ReadPlan, path: string): void => {
    const lacking = plan.op === 'unresolvable' ? lackingRecords(plan) : undefined;
    if (plan.op === 'record' || lacking !== undefined) {
      if (seen.has(plan)) return;
      seen.add(plan);
    }
    visit(plan, path);
    switch (plan.op) {
      case 'unresolvable':
        // Fields that are there have something to say as well.
        for (const [{ name, type }, source] of lacking === undefined
          ? []
          : matchFields(lacking.writer, lacking.reader)) {
          into(planner.plan(source.type, type), joinPath(path, name));
        }
        return;
      case 'record':
        for (const step of plan.steps) if (step.do === 'read') into(step.plan, joinPath(path, step.field.name));
        return;
      case 'array':
        into(plan.items, `${path}[]`);
        return;
      case 'map':
        into(plan.values, `${path}{}`);
        return;
      case 'writer-union':
        for (const branch of plan.branches) into(branch, path);
        return;
      case 'reader-union':
        into(plan.plan, path);
        return;
      default:
    }
  };
  into(planner.plan(writer, reader), '');
}

/** Records that belong together, and cannot be resolved since the writer's lacks fields; undefined where something else is wrong. */
export function lackingRecords({
  writer,
  reader,
}: UnresolvablePlan): { readonly writer: RecordType; readonly reader: RecordType } | undefined {
  if (writer.kind !== 'record' || reader.kind !== 'record') return undefined;
  return closeness(writer, reader) === undefined ? undefined : { writer, reader };
}
