import type { AvroType, Field, ReadPlan, RecordStep } from '@kgen/runtime/schema';
import type { Helper } from './leaf.ts';
import { fixedSize } from './skip.ts';

type ReadStep = Extract<RecordStep, { readonly do: 'read' }>;

export interface StepPrinter {
  readonly helper: Helper;
  /** The local variable of a field. */
  readonly local: (field: Field) => string;
  readonly expression: (field: Field) => string;
  readonly skip: (types: readonly AvroType[]) => readonly string[];
}

const WIDTH = 118;

/** Steps of a record that are printed alike. */
export type StepGroup =
  | { readonly kind: 'call'; readonly step: ReadStep }
  | { readonly kind: 'skip'; readonly types: readonly AvroType[] }
  | { readonly kind: 'in-place'; readonly steps: readonly RecordStep[] };

/**
 * Decides how a record's steps are printed. Most are calls, which move the reader's position. Numbers that follow each
 * other are read in place instead, with the position in a local variable: a call for each costs twice as much, and
 * there may be hundreds.
 */
export function groupSteps(steps: readonly RecordStep[]): readonly StepGroup[] {
  const groups: StepGroup[] = [];
  for (let i = 0; i < steps.length; ) {
    const run = steps.slice(i, i + inPlaceRun(steps, i));
    const step = steps[i];
    if (worthwhile(run)) {
      groups.push({ kind: 'in-place', steps: run });
      i += run.length;
    } else if (step?.do === 'skip') {
      const types = skipRun(steps, i);
      groups.push({ kind: 'skip', types });
      i += types.length;
    } else {
      if (step !== undefined) groups.push({ kind: 'call', step });
      i++;
    }
  }
  return groups;
}

/** From so many integers on, two and three bytes are read in place too. */
const WIDE = 12;

/** Statements that read a record's fields into local variables. */
export function printGroups(groups: readonly StepGroup[], printer: StepPrinter): readonly string[] {
  const inPlace = groups.flatMap((group) => (group.kind === 'in-place' ? group.steps : []));
  const integers = inPlace.filter((step) => isInteger(kindOf(step)));
  const block = new StepBlock(printer, integers.length >= WIDE);
  for (const group of groups) {
    if (group.kind === 'in-place') block.inPlace(group.steps);
    else if (group.kind === 'skip') block.skip(group.types);
    else block.call(group.step);
  }
  return block.finish();
}

/** What is read in place is longer to look at; a few numbers among strings are not worth it. */
function worthwhile(run: readonly RecordStep[]): boolean {
  return run.length >= 3 || (run.length === 2 && run.every((step) => sizeOf(step) !== undefined));
}

/** How many steps from `start` on can be done in place. */
function inPlaceRun(steps: readonly RecordStep[], start: number): number {
  let end = start;
  for (let step = steps[end]; step !== undefined && isInPlace(step); step = steps[++end]);
  return end - start;
}

function isInPlace(step: RecordStep): boolean {
  return sizeOf(step) !== undefined || kindOf(step) !== undefined;
}

function skipRun(steps: readonly RecordStep[], start: number): readonly AvroType[] {
  const types: AvroType[] = [];
  for (const step of steps.slice(start)) {
    if (step.do !== 'skip') break;
    types.push(step.writer);
  }
  return types;
}

type InPlaceKind = 'int' | 'long' | 'float' | 'double' | 'boolean';

function kindOf(step: RecordStep): InPlaceKind | undefined {
  if (step.do === 'read') return inPlaceKind(step.plan);
  const { kind } = step.writer;
  return kind === 'int' || kind === 'long' || kind === 'boolean' ? kind : undefined;
}

function inPlaceKind(plan: ReadPlan): InPlaceKind | undefined {
  if (plan.op !== 'primitive' || (plan.type.logical !== undefined && plan.type.as !== 'number')) return undefined;
  const { writer, type } = plan;
  if (writer === 'int' && (type.kind === 'int' || type.kind === 'double')) return 'int';
  if ((writer === 'int' || writer === 'long') && type.kind === 'long' && type.as === 'number') return writer;
  if (writer === 'float' || (writer === 'double' && type.kind === 'double')) return writer;
  return writer === 'boolean' ? 'boolean' : undefined;
}

function isInteger(kind: InPlaceKind | undefined): boolean {
  return kind === 'int' || kind === 'long';
}

/** Statements, and where the position is just now: in the reader or in the local variable `p`. */
class StepBlock {
  readonly #printer: StepPrinter;
  readonly #wide: boolean;
  readonly #lines: string[] = [];
  /** True while the position is in `p`. */
  #local = false;
  /** Where the first in-place reading starts among the lines. */
  #start = -1;
  #usesByte = false;
  #usesMore = false;

  constructor(printer: StepPrinter, wide: boolean) {
    this.#printer = printer;
    this.#wide = wide;
  }

  call(step: ReadStep): void {
    this.#toReader();
    this.#lines.push(...assignment(`const ${this.#printer.local(step.field)} =`, this.#printer.expression(step.field)));
  }

  skip(types: readonly AvroType[]): void {
    const lines = this.#printer.skip(types);
    if (lines.length > 0) this.#toReader();
    for (const line of lines) this.#lines.push(line);
  }

  inPlace(steps: readonly RecordStep[]): void {
    this.#toLocal();
    let fixed: RecordStep[] = [];
    for (const step of steps) {
      if (sizeOf(step) !== undefined) {
        fixed.push(step);
        continue;
      }
      this.#fixed(fixed);
      fixed = [];
      this.#varied(step);
    }
    this.#fixed(fixed);
  }

  finish(): readonly string[] {
    this.#toReader();
    if (this.#start < 0) return this.#lines;
    const bytes = [...(this.#usesByte ? ['byte'] : []), ...(this.#usesMore ? ['second', 'third'] : [])];
    const declarations = ['const { view, end } = r;', ...bytes.map((name) => `let ${name} = 0;`)];
    return [...this.#lines.slice(0, this.#start), ...declarations, ...this.#lines.slice(this.#start)];
  }

  #toReader(): void {
    if (this.#local) this.#lines.push('r.position = p;');
    this.#local = false;
  }

  #toLocal(): void {
    if (this.#local) return;
    const first = this.#start < 0;
    if (first) this.#start = this.#lines.length;
    this.#lines.push(first ? 'let p = r.position;' : 'p = r.position;');
    this.#local = true;
  }

  /** Fields of known size, checked at once. */
  #fixed(steps: readonly RecordStep[]): void {
    const total = steps.reduce((sum, step) => sum + (sizeOf(step) ?? 0), 0);
    if (total === 0) return;
    this.#lines.push(`if (end - p < ${total}) throw ${this.#printer.helper('truncated')}(r);`);
    let offset = 0;
    for (const step of steps) {
      const size = sizeOf(step) ?? 0;
      const at = offset === 0 ? 'p' : `p + ${offset}`;
      if (step.do === 'read') {
        this.#lines.push(`const ${this.#printer.local(step.field)} = view.getFloat${size * 8}(${at}, true);`);
      }
      offset += size;
    }
    this.#lines.push(`p += ${total};`);
  }

  #varied(step: RecordStep): void {
    this.#usesByte = true;
    this.#lines.push('byte = p < end ? view.getUint8(p) : 255;');
    const kind = kindOf(step);
    if (kind === 'boolean') {
      this.#lines.push(`if (byte > 1) throw ${this.#printer.helper('notBoolean')}(r, p);`);
      if (step.do === 'read') this.#lines.push(`const ${this.#printer.local(step.field)} = byte === 1;`);
      this.#lines.push('p += 1;');
    } else if (step.do === 'read') {
      this.#integer(this.#printer.local(step.field), kind === 'long' ? 'readLongNumber' : 'readInt');
    } else {
      this.#skipInteger(kind === 'long' ? 'skipLong' : 'skipInt');
    }
  }

  #integer(local: string, read: string): void {
    const { helper } = this.#printer;
    this.#lines.push(
      `let ${local}: number;`,
      'if (byte < 128) {',
      `  ${local} = ${helper('unzigzag')}(byte);`,
      '  p += 1;',
      ...(this.#wide ? this.#moreBytes(local) : []),
      '} else {',
      '  r.position = p;',
      `  ${local} = ${helper(read)}(r);`,
      '  p = r.position;',
      '}',
    );
  }

  #skipInteger(skip: string): void {
    this.#lines.push(
      'if (byte < 128) p += 1;',
      'else if (end - p > 2 && view.getUint8(p + 1) < 128) p += 2;',
      'else if (end - p > 2 && view.getUint8(p + 2) < 128) p += 3;',
      'else {',
      '  r.position = p;',
      `  ${this.#printer.helper(skip)}(r);`,
      '  p = r.position;',
      '}',
    );
  }

  /** An integer of two or three bytes. */
  #moreBytes(local: string): readonly string[] {
    this.#usesMore = true;
    const unzigzag = this.#printer.helper('unzigzag');
    return [
      '} else if (end - p > 2 && (second = view.getUint8(p + 1)) < 128) {',
      `  ${local} = ${unzigzag}((byte & 0x7f) | (second << 7));`,
      '  p += 2;',
      '} else if (end - p > 2 && (third = view.getUint8(p + 2)) < 128) {',
      `  ${local} = ${unzigzag}((byte & 0x7f) | ((second & 0x7f) << 7) | (third << 14));`,
      '  p += 3;',
    ];
  }
}

function sizeOf(step: RecordStep): number | undefined {
  if (step.do === 'skip') return fixedSize(step.writer);
  const kind = inPlaceKind(step.plan);
  return kind === 'double' ? 8 : kind === 'float' ? 4 : undefined;
}

/** `const x = expression;`, on a line of its own where it is long. */
function assignment(head: string, expression: string): readonly string[] {
  const line = `${head} ${expression};`;
  return line.length <= WIDTH ? [line] : [head, `  ${expression};`];
}
