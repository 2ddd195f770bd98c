import { setMember } from '../own-member.ts';
import { type PathSegment, pathText } from '../path.ts';
import { readBlockCount } from '../primitives/block.ts';
import { decodeFailure } from '../primitives/failure.ts';
import { readString } from '../primitives/text.ts';
import { readEnumIndex, readUnionIndex } from '../primitives/varint.ts';
import type { Reader } from '../reader.ts';
import { defaultValue } from '../schema/defaults.ts';
import { leafReading, type Read } from './leaf.ts';
import type { ArrayPlan, EnumPlan, MapPlan, ReaderUnionPlan, ReadPlan, RecordPlan, RecordStep } from './plan.ts';
import { enter, Skipper } from './skip.ts';

/**
 * A function that reads as a plan says, made of one closure for each part of the plan. What it throws has no path, and
 * an offset in the reader's chunk.
 */
export function interpret(plan: ReadPlan): Read {
  return new Interpreter(undefined).reading(plan);
}

/** As `interpret`, slower: `trace` tells after a failure where it was. For one reading at a time. */
export function interpretTraced(plan: ReadPlan): { readonly read: Read; readonly trace: Trace } {
  const trace = new Trace();
  return { read: new Interpreter(trace).reading(plan), trace };
}

/** Where a reading is just now. */
export class Trace {
  readonly segments: PathSegment[] = [];
  /** Where the innermost value starts, in bytes from the start of the reader's chunk. */
  offset = 0;

  get path(): string {
    return pathText(this.segments);
  }
}

type Members = { [name: string]: unknown };

class Interpreter {
  readonly #trace: Trace | undefined;
  readonly #records = new Map<RecordPlan, Read>();
  readonly #skipper = new Skipper();

  constructor(trace: Trace | undefined) {
    this.#trace = trace;
  }

  reading(plan: ReadPlan): Read {
    switch (plan.op) {
      case 'primitive':
      case 'fixed':
        return this.#placed(leafReading(plan));
      case 'enum':
        return this.#placed(enumReading(plan));
      case 'unresolvable': {
        const { reason } = plan;
        return this.#placed((r) => {
          throw decodeFailure(r, 'unresolvable', reason);
        });
      }
      case 'array':
        return this.#array(plan);
      case 'map':
        return this.#map(plan);
      case 'record':
        return this.#record(plan);
      case 'writer-union': {
        const branches: Read[] = [];
        for (const branch of plan.branches) branches.push(this.reading(branch));
        const index = this.#placed((r) => readUnionIndex(r, branches.length)) as (r: Reader) => number;
        // The index is below the number of branches, else it would have thrown.
        return (r) => branches[index(r)]?.(r);
      }
      case 'reader-union':
        return this.#readerUnion(plan);
    }
  }

  /** Notes where a value without parts starts. */
  #placed(read: Read): Read {
    const trace = this.#trace;
    if (trace === undefined) return read;
    return (r) => {
      trace.offset = r.position;
      return read(r);
    };
  }

  /** Notes the way to a part. After a failure the way stays noted. */
  #within(segment: PathSegment, read: Read): Read {
    const segments = this.#trace?.segments;
    if (segments === undefined) return read;
    return (r) => {
      segments.push(segment);
      const value = read(r);
      segments.pop();
      return value;
    };
  }

  #readerUnion({ type, branch, plan }: ReaderUnionPlan): Read {
    const chosen = type.branches[branch];
    if (!type.tagged || chosen === undefined || chosen.type.kind === 'null') return this.reading(plan);
    const { tag } = chosen;
    const read = this.#within('value', this.reading(plan));
    return (r) => ({ branch: tag, value: read(r) });
  }

  #array({ items, minimumItemSize }: ArrayPlan): Read {
    const item = this.reading(items);
    const segments = this.#trace?.segments;
    const blockCount = this.#placed((r) => readBlockCount(r, minimumItemSize)) as (r: Reader) => number;
    return (r) => {
      const result: unknown[] = [];
      for (let count = blockCount(r); count > 0; count = blockCount(r)) {
        for (let i = 0; i < count; i++) {
          segments?.push(result.length);
          result.push(item(r));
          segments?.pop();
        }
      }
      return result;
    };
  }

  #map({ values, minimumItemSize }: MapPlan): Read {
    const value = this.reading(values);
    const segments = this.#trace?.segments;
    const blockCount = this.#placed((r) => readBlockCount(r, minimumItemSize)) as (r: Reader) => number;
    const readKey = this.#placed(readString) as (r: Reader) => string;
    return (r) => {
      const result: Members = {};
      for (let count = blockCount(r); count > 0; count = blockCount(r)) {
        for (let i = 0; i < count; i++) {
          const key = readKey(r);
          segments?.push({ key });
          setMember(result, key, value(r));
          segments?.pop();
        }
      }
      return result;
    };
  }

  #record(plan: RecordPlan): Read {
    const known = this.#records.get(plan);
    if (known !== undefined) return known;
    const steps: ((r: Reader, record: Members) => void)[] = [];
    const begin = recordStart(plan);
    const made: Read = plan.recursive
      ? (r) => {
          enter(r);
          const record = begin();
          for (const step of steps) step(r, record);
          r.depth--;
          return record;
        }
      : (r) => {
          const record = begin();
          for (const step of steps) step(r, record);
          return record;
        };
    this.#records.set(plan, made);
    for (const step of plan.steps) steps.push(this.#step(step));
    return made;
  }

  #step(step: RecordStep): (r: Reader, record: Members) => void {
    if (step.do === 'skip') return this.#within(step.name, this.#placed(this.#skipper.skipping(step.writer)));
    const { name } = step.field;
    const read = this.#within(name, this.reading(step.plan));
    if (name === '__proto__') return (r, record) => setMember(record, name, read(r));
    return (r, record) => {
      record[name] = read(r);
    };
  }
}

/** Makes the empty record: its members in the reader's order, and those that the writer lacks with their defaults. */
function recordStart({ type, steps, defaults }: RecordPlan): () => Members {
  const read = steps.flatMap((step) => (step.do === 'read' ? [step.field] : []));
  if (defaults.length === 0 && read.every((field, index) => field === type.fields[index])) return () => ({});
  const missing = new Set(defaults);
  return () => {
    const record: Members = {};
    for (const field of type.fields)
      setMember(record, field.name, missing.has(field) ? defaultValue(field) : undefined);
    return record;
  };
}

function enumReading({ symbols, writerSymbols }: EnumPlan): Read {
  return (r) => {
    const start = r.position;
    const index = readEnumIndex(r, writerSymbols.length);
    const symbol = symbols[index];
    if (symbol !== undefined) return symbol;
    r.position = start;
    throw decodeFailure(r, 'enum-symbol', `the symbol ${writerSymbols[index]} is unknown, and there is no default`);
  };
}
