import type { SchemaProblem } from '../errors.ts';
import { joinPath } from '../schema/document.ts';
import type { AvroType, RecordType } from '../schema/type.ts';
import { closeness } from './name-match.ts';
import type { EnumPlan, UnresolvablePlan } from './plan.ts';
import { matchFields } from './plan-read.ts';
import { lackingRecords, visitReading } from './visit-reading.ts';

/** What two schemas disagree on. */
export type IncompatibilityKind =
  /** The reader's record has a field that the writer's has not, without a default. */
  | 'field'
  /** The writer's enum has symbols that the reader's has not, and the reader's has no default. */
  | 'symbols'
  /** A type that is not promoted to the reader's. */
  | 'type'
  /** Another name, and no alias. */
  | 'name'
  /** A type that no branch of the reader's union holds. */
  | 'branch'
  /** A fixed of another size. */
  | 'size'
  /** A decimal of another scale: the same bytes mean another number. */
  | 'scale';

/**
 * A place where some data of a writer cannot be read. Its path is one in the value: `lines[].sku`, where `[]` is any item
 * of a list and `{}` any value of a map. The hint is for whoever may change the reader's schema.
 */
export interface Incompatibility extends SchemaProblem {
  readonly kind: IncompatibilityKind;
}

/**
 * Every place where some data of `writer` cannot be read as `reader`, as Java's SchemaCompatibility judges; none where
 * all data can. Bytes that become text count as readable, though they may be no UTF-8.
 *
 * A record that stands at several places is told about at the first of them. Where a reader's union has several branches
 * for a type, the one counts that reading takes.
 */
export function incompatibilities(writer: AvroType, reader: AvroType): readonly Incompatibility[] {
  const found: Incompatibility[] = [];
  visitReading(writer, reader, (plan, path) => {
    if (plan.op === 'enum') found.push(...missingSymbols(plan, path));
    if (plan.op !== 'unresolvable') return;
    const lacking = lackingRecords(plan);
    if (lacking === undefined) found.push(unresolvable(plan, path));
    else found.push(...missingFields(lacking.writer, lacking.reader, path));
  });
  return found;
}

function missingFields(writer: RecordType, reader: RecordType, path: string): readonly Incompatibility[] {
  const sources = matchFields(writer, reader);
  const missing = reader.fields.filter((field) => !sources.has(field) && field.default === undefined);
  return missing.map(({ name }) => ({
    kind: 'field',
    path: joinPath(path, name),
    reason: `the field is not in the writer's ${writer.name}, and has no default`,
    hint: 'Give it a default, or the alias of the field that it was',
  }));
}

function missingSymbols({ type, symbols, writerSymbols }: EnumPlan, path: string): readonly Incompatibility[] {
  const missing = writerSymbols.filter((_, index) => symbols[index] === undefined);
  if (missing.length === 0) return [];
  const reason = `the reader's ${type.name} has no ${missing.join(', ')}, and no default`;
  return [{ kind: 'symbols', path, reason, hint: `Keep ${missing.join(', ')}, or give the enum a default` }];
}

function unresolvable({ writer, reader, reason }: UnresolvablePlan, path: string): Incompatibility {
  const kind = kindOf(writer, reader);
  return { kind, path, reason, hint: HINTS[kind] };
}

function kindOf(writer: AvroType, reader: AvroType): keyof typeof HINTS {
  if (reader.kind === 'union') return 'branch';
  if (writer.kind !== reader.kind) return 'type';
  if ('name' in writer && 'name' in reader && closeness(writer, reader) === undefined) return 'name';
  return writer.kind === 'fixed' && reader.kind === 'fixed' && writer.size !== reader.size ? 'size' : 'scale';
}

const HINTS: { readonly [K in Exclude<IncompatibilityKind, 'field' | 'symbols'>]: string } = {
  type: 'Keep the type; or add a field of the new type, with a default, beside it',
  name: "Give it the writer's name as an alias",
  branch: 'Keep the branch in the union',
  size: 'Keep the size; or add a field of a new type beside it',
  scale: 'Keep the scale; or add a field of a new type beside it',
};
