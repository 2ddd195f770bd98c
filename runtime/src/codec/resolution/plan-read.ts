import { AvroSchemaError } from '../errors.ts';
import type {
  AvroType,
  Branch,
  EnumType,
  Field,
  FixedType,
  PrimitiveName,
  PrimitiveType,
  RecordType,
  UnionType,
} from '../schema/type.ts';
import { branchName } from '../schema/union.ts';
import { MinimumSizes } from './item-size.ts';
import { closeness } from './name-match.ts';
import type { EnumPlan, ReadPlan, RecordPlan, RecordStep, UnresolvablePlan } from './plan.ts';
import { obstacles, readsSomething } from './readability.ts';
import { RecursionMarker } from './recursion.ts';

/**
 * How data of `writer` become values of `reader`: Avro 1.12, "Schema Resolution", and Java where that leaves room.
 * Where only some data can be read, the plan refuses the others as they come.
 * @throws AvroSchemaError with code `resolution` where no data can be read; it lists all that stand in the way, by path in the value
 */
export function planRead(writer: AvroType, reader: AvroType): ReadPlan {
  const plan = new Planner().plan(writer, reader);
  // A schema without any values (an empty union) has a plan for itself all the same.
  if (writer !== reader && !readsSomething(plan)) throw new AvroSchemaError('resolution', obstacles(plan));
  new RecursionMarker().mark(plan);
  return plan;
}

/** The plain reading of types, each planned once however many hold it. */
export class PlainPlans {
  readonly #planner = new Planner();
  readonly #marker = new RecursionMarker();

  of(type: AvroType): ReadPlan {
    const plan = this.#planner.plan(type, type);
    this.#marker.mark(plan);
    return plan;
  }
}

/** A record plan that is still being made. */
type OpenRecordPlan = {
  -readonly [K in keyof RecordPlan]: K extends 'steps' ? RecordStep[] : K extends 'defaults' ? Field[] : RecordPlan[K];
};

/** What a primitive may be promoted to. Numbers in the order in which Java's union readers try them: by branch. */
const PROMOTIONS: { readonly [K in PrimitiveName]?: readonly PrimitiveName[] } = {
  int: ['long', 'float', 'double'],
  long: ['float', 'double'],
  float: ['double'],
  string: ['bytes'],
  bytes: ['string'],
};

/** Plans reading; what is planned once stays, so that recursive schemas end. */
export class Planner {
  /** A pair of records is planned once: recursive schemas end here. */
  readonly #records = new Map<RecordType, Map<RecordType, RecordPlan | UnresolvablePlan>>();
  readonly #sizes = new MinimumSizes();

  plan(writer: AvroType, reader: AvroType): ReadPlan {
    if (writer.kind === 'union') {
      const branches: ReadPlan[] = [];
      for (const branch of writer.branches) branches.push(this.plan(branch.type, reader));
      return { op: 'writer-union', branches };
    }
    if (reader.kind === 'union') return this.#readerUnion(writer, reader);
    switch (reader.kind) {
      case 'record':
        return writer.kind === 'record' ? this.#record(writer, reader) : mismatch(writer, reader);
      case 'enum':
        return writer.kind === 'enum' ? enumPlan(writer, reader) : mismatch(writer, reader);
      case 'fixed':
        return writer.kind === 'fixed' ? fixedPlan(writer, reader) : mismatch(writer, reader);
      case 'array': {
        if (writer.kind !== 'array') return mismatch(writer, reader);
        const items = this.plan(writer.items, reader.items);
        return { op: 'array', type: reader, items, minimumItemSize: this.#sizes.of(writer.items) };
      }
      case 'map': {
        if (writer.kind !== 'map') return mismatch(writer, reader);
        // An entry has at least its key's length.
        const minimumItemSize = 1 + this.#sizes.of(writer.values);
        return { op: 'map', type: reader, values: this.plan(writer.values, reader.values), minimumItemSize };
      }
      default:
        return primitivePlan(writer, reader);
    }
  }

  #record(writer: RecordType, reader: RecordType): ReadPlan {
    if (closeness(writer, reader) === undefined) return namesDiffer(writer, reader);
    const known = this.#records.get(writer)?.get(reader);
    if (known !== undefined) return known;
    const sources = matchFields(writer, reader);
    const missing = reader.fields.filter((field) => !sources.has(field) && field.default === undefined);
    if (missing.length > 0) {
      const plan = unresolvable(writer, reader, missingReason(writer, missing));
      this.#remember(writer, reader, plan);
      return plan;
    }
    const steps: RecordStep[] = [];
    const defaults = reader.fields.filter((field) => !sources.has(field));
    const plan: OpenRecordPlan = { op: 'record', type: reader, steps, defaults, recursive: false };
    this.#remember(writer, reader, plan);
    const targets = new Map([...sources].map(([field, source]) => [source, field]));
    for (const source of writer.fields) {
      const field = targets.get(source);
      steps.push(
        field === undefined
          ? { do: 'skip', name: source.name, writer: source.type }
          : { do: 'read', field, plan: this.plan(source.type, field.type) },
      );
    }
    return plan;
  }

  #remember(writer: RecordType, reader: RecordType, plan: RecordPlan | UnresolvablePlan): void {
    const plans = this.#records.get(writer) ?? new Map<RecordType, RecordPlan | UnresolvablePlan>();
    plans.set(reader, plan);
    this.#records.set(writer, plans);
  }

  #readerUnion(writer: Exclude<AvroType, UnionType>, reader: UnionType): ReadPlan {
    const branch = this.#chooseBranch(writer, reader.branches);
    const type = reader.branches[branch]?.type;
    if (type === undefined) return unresolvable(writer, reader, `no branch of the union holds ${described(writer)}`);
    const plan = this.plan(writer, type);
    return plan.op === 'unresolvable' ? plan : { op: 'reader-union', type: reader, branch, plan };
  }

  /**
   * The same type first: of named types the closest name, among equals one that can be read. Then the first to which
   * the writer's type is promoted. -1 where there is none.
   */
  #chooseBranch(writer: Exclude<AvroType, UnionType>, branches: readonly Branch[]): number {
    if ('name' in writer) {
      const ranked: { index: number; rank: number }[] = [];
      for (const [index, { type }] of branches.entries()) {
        const near = 'name' in type ? closeness(writer, type) : undefined;
        if (near !== undefined) ranked.push({ index, rank: near });
      }
      // Stable: branches equally close stay in their order.
      ranked.sort((a, b) => a.rank - b.rank);
      const exact = ranked.find(({ rank }) => rank === 0);
      if (exact !== undefined) return exact.index;
      // Looking into branches plans all that is below them: only where there is a choice.
      const readable = ranked.length > 1 && ranked.find(({ index }) => this.#canRead(writer, branches[index]));
      return (readable || ranked[0])?.index ?? -1;
    }
    const same = branches.findIndex(({ type }) => type.kind === writer.kind);
    if (same >= 0 || !isPrimitive(writer)) return same;
    const promotions = PROMOTIONS[writer.kind] ?? [];
    return branches.findIndex(({ type }) => isPrimitive(type) && promotions.includes(type.kind));
  }

  #canRead(writer: AvroType, branch: Branch | undefined): boolean {
    return branch !== undefined && readsSomething(this.plan(writer, branch.type));
  }
}

/** The writer's field for each field of the reader that has one: by its name, else by the first of its aliases that fits. */
export function matchFields(writer: RecordType, reader: RecordType): ReadonlyMap<Field, Field> {
  const byName = new Map(writer.fields.map((field) => [field.name, field]));
  const matches = new Map<Field, Field>();
  const taken = new Set<Field>();
  for (const field of reader.fields) {
    const source = byName.get(field.name);
    if (source === undefined) continue;
    matches.set(field, source);
    taken.add(source);
  }
  for (const field of reader.fields) {
    if (matches.has(field)) continue;
    for (const alias of field.aliases) {
      const source = byName.get(alias);
      if (source === undefined || taken.has(source)) continue;
      matches.set(field, source);
      taken.add(source);
      break;
    }
  }
  return matches;
}

function missingReason(writer: RecordType, missing: readonly Field[]): string {
  const names = missing.map((field) => `"${field.name}"`).join(', ');
  return missing.length === 1
    ? `the field ${names} is not in the writer's ${writer.name} and has no default`
    : `the fields ${names} are not in the writer's ${writer.name} and have no defaults`;
}

function primitivePlan(writer: AvroType, reader: PrimitiveType): ReadPlan {
  if (!isPrimitive(writer)) return mismatch(writer, reader);
  if (writer.kind !== reader.kind && !PROMOTIONS[writer.kind]?.includes(reader.kind)) return mismatch(writer, reader);
  return (
    scaleMismatch(writer, reader) ?? { op: 'primitive', writer: writer.kind, type: reader, written: writer.logical }
  );
}

function fixedPlan(writer: FixedType, reader: FixedType): ReadPlan {
  if (closeness(writer, reader) === undefined) return namesDiffer(writer, reader);
  if (writer.size !== reader.size) {
    return unresolvable(
      writer,
      reader,
      `the writer's ${writer.name} has ${writer.size} bytes, the reader's ${reader.size}`,
    );
  }
  return scaleMismatch(writer, reader) ?? { op: 'fixed', type: reader, written: writer.logical };
}

/**
 * Decimals of different scale do not match (Avro 1.12, "Decimal"): the same bytes would mean another number.
 * A different precision only matters for data with more digits than the reader's, which are refused one by one.
 */
function scaleMismatch(writer: PrimitiveType | FixedType, reader: PrimitiveType | FixedType): ReadPlan | undefined {
  if (writer.logical?.name !== 'decimal' || reader.logical?.name !== 'decimal') return undefined;
  if (writer.logical.scale === reader.logical.scale) return undefined;
  const reason = `the writer's decimal has scale ${writer.logical.scale}, the reader's ${reader.logical.scale}`;
  return unresolvable(writer, reader, reason);
}

function enumPlan(writer: EnumType, reader: EnumType): EnumPlan | UnresolvablePlan {
  if (closeness(writer, reader) === undefined) return namesDiffer(writer, reader);
  const known = new Set(reader.symbols);
  const symbols = writer.symbols.map((symbol) => (known.has(symbol) ? symbol : reader.default));
  return { op: 'enum', type: reader, symbols, writerSymbols: writer.symbols };
}

function isPrimitive(type: AvroType): type is PrimitiveType {
  return 'as' in type && !('name' in type);
}

function unresolvable(writer: AvroType, reader: AvroType, reason: string): UnresolvablePlan {
  return { op: 'unresolvable', writer, reader, reason };
}

function mismatch(writer: AvroType, reader: AvroType): UnresolvablePlan {
  return unresolvable(writer, reader, `the writer has ${described(writer)}, the reader ${described(reader)}`);
}

function namesDiffer(writer: AvroType, reader: AvroType): UnresolvablePlan {
  const reason = `the writer's ${described(writer)} has another name than the reader's ${described(reader)}`;
  return unresolvable(writer, reader, reason);
}

/** `int`, `record us.bts.Flight`. */
function described(type: AvroType): string {
  return 'name' in type ? `${type.kind} ${branchName(type)}` : type.kind;
}
