import {
  type ArrayPlan,
  type AvroType,
  defaultValue,
  type EnumPlan,
  type Field,
  type MapPlan,
  type ReadPlan,
  type RecordPlan,
  type UnionType,
  type WriterUnionPlan,
} from '@kgen/runtime/schema';
import { CODEGEN, RUNTIME } from '../packages.ts';
import type { Printer } from '../printer.ts';
import { stringLiteral } from '../string-literal.ts';
import { type EmitContext, readerName, upperFirst } from './context.ts';
import { Identities } from './identity.ts';
import { type Helper, readLeaf } from './leaf.ts';
import { arrayLines, objectLines, property, valueLiteral } from './literal.ts';
import { Locals } from './locals.ts';
import { groupSteps, printGroups } from './record-steps.ts';
import { SkipEmitter } from './skip.ts';
import { typeText, unionLines } from './type-text.ts';

export interface EmitReaderOptions {
  /** What the function is called; the file declares it. */
  readonly name: string;
  /** The type that the plan reads into. */
  readonly type: AvroType;
  /** The function's type in TypeScript; by default that of `type`. */
  readonly returns?: string | undefined;
  readonly exported?: boolean | undefined;
  readonly doc?: string | undefined;
}

/** Prints a function that reads as a plan says, and the functions of the file that it calls. */
export function emitReader(printer: Printer, plan: ReadPlan, options: EmitReaderOptions, context: EmitContext): void {
  new ReaderEmitter(printer, context, options.exported === true).print(plan, options);
}

/** Items of an array that get memory before they are read. */
const PREALLOCATED = 1000;

interface Part {
  readonly name: string;
  readonly plan: ReadPlan;
  readonly type: AvroType;
}

/** Expressions read at `r`. What takes statements becomes a function of its own. */
class ReaderEmitter {
  readonly #printer: Printer;
  readonly #context: EmitContext;
  /** True where all plans are the plain reading of their types. */
  readonly #plain: boolean;
  readonly #helper: Helper;
  readonly #skips: SkipEmitter;
  readonly #identities = new Identities();
  readonly #functions = new Map<ReadPlan, string>();
  readonly #pending: Part[] = [];
  readonly #constants: string[] = [];

  constructor(printer: Printer, context: EmitContext, plain: boolean) {
    this.#printer = printer;
    this.#context = context;
    this.#plain = plain;
    this.#helper = (name) => printer.use({ from: CODEGEN, name });
    this.#skips = new SkipEmitter(printer, this.#helper);
  }

  print(plan: ReadPlan, options: EmitReaderOptions): void {
    const { name, type, exported, doc } = options;
    const returns = options.returns ?? this.#typeText(type);
    if (plan.op === 'record') this.#functions.set(plan, name);
    if (doc !== undefined) this.#printer.body.writeLine(`/** ${doc} */`);
    this.#printFunction(`${exported === true ? 'export ' : ''}function ${name}`, returns, this.#body(plan, type, name));
    for (let part = this.#pending.shift(); part !== undefined; part = this.#pending.shift()) {
      this.#printer.body.blankLine();
      const lines = this.#body(part.plan, part.type, part.name);
      this.#printFunction(`function ${part.name}`, this.#typeText(part.type), lines);
    }
    this.#skips.printFunctions();
    if (this.#constants.length > 0) this.#printer.body.blankLine();
    for (const line of this.#constants) this.#printer.body.writeLine(line);
  }

  #printFunction(head: string, returns: string, lines: readonly string[]): void {
    const { body } = this.#printer;
    const reader = this.#printer.useType({ from: RUNTIME, name: 'Reader' });
    // A record of nothing reads nothing.
    const parameter = lines.some((line) => /\br\b/.test(line)) ? 'r' : '_r';
    for (const line of unionLines(`${head}(${parameter}: ${reader}):`, returns, ' {')) body.writeLine(line);
    for (const line of lines) body.writeLine(line === '' ? '' : `  ${line}`);
    body.writeLine('}');
  }

  #typeText(type: AvroType): string {
    return typeText(type, this.#printer, this.#context);
  }

  /** Statements of a function that reads by a plan; `name` is what its parts are named after. */
  #body(plan: ReadPlan, type: AvroType, name: string): readonly string[] {
    const hint = name.replace(/^read/, '');
    switch (plan.op) {
      case 'record':
        return this.#record(plan);
      case 'array':
        return this.#array(plan, hint);
      case 'map':
        return this.#map(plan, hint);
      case 'writer-union':
        return this.#union(plan, type, hint);
      case 'enum':
        return [`return ${this.#enum(plan)};`];
      default:
        return [`return ${this.#expression(plan, type, hint)};`];
    }
  }

  /** An expression that reads a value and moves `r` behind it. */
  #expression(plan: ReadPlan, type: AvroType, hint: string): string {
    switch (plan.op) {
      case 'primitive':
      case 'fixed':
        return readLeaf(plan, this.#helper);
      case 'unresolvable':
        return `${this.#helper('unresolvable')}(r, ${stringLiteral(plan.reason)})`;
      case 'reader-union': {
        const branch = plan.type.branches[plan.branch];
        if (branch === undefined) return 'null';
        const value = this.#expression(plan.plan, branch.type, hint);
        if (!plan.type.tagged || branch.type.kind === 'null') return value;
        return `{ branch: ${stringLiteral(branch.tag)}, value: ${value} }`;
      }
      case 'record':
      case 'enum': {
        const file = this.#context.files.get(plan.type);
        if (file !== undefined && (this.#plain || this.#identities.has(plan, plan.type))) {
          return `${this.#printer.use({ from: file.path, name: readerName(file) })}(r)`;
        }
        return plan.op === 'enum' ? this.#enum(plan) : `${this.#function(plan, plan.type, hint)}(r)`;
      }
      case 'writer-union':
        return this.#nullable(plan, type, hint) ?? `${this.#function(plan, type, hint)}(r)`;
      default:
        return `${this.#function(plan, type, hint)}(r)`;
    }
  }

  /** A function of the file that reads by a plan, printed later. */
  #function(plan: ReadPlan, type: AvroType, hint: string): string {
    let name = this.#functions.get(plan);
    if (name === undefined) {
      name = this.#printer.declare(`read${upperFirst(hint)}`);
      this.#functions.set(plan, name);
      this.#pending.push({ name, plan, type });
    }
    return name;
  }

  /** Two branches that need no function: mostly null and something else. */
  #nullable(plan: WriterUnionPlan, type: AvroType, hint: string): string | undefined {
    const [first, second, third] = plan.branches;
    if (first === undefined || second === undefined || third !== undefined) return undefined;
    if (type.kind === 'union' && type.tagged) return undefined;
    const index = `${this.#helper('readUnionIndex')}(r, 2)`;
    return `${index} === 0 ? ${this.#expression(first, type, hint)} : ${this.#expression(second, type, hint)}`;
  }

  #union(plan: WriterUnionPlan, type: AvroType, hint: string): readonly string[] {
    const { branches } = plan;
    const index = `${this.#helper('readUnionIndex')}(r, ${branches.length})`;
    if (branches.length === 0) return [`${index};`, `return ${this.#helper('unresolvable')}(r, 'a union of nothing');`];
    const names = type.kind === 'union' ? branchHints(type, hint) : [];
    return [
      `switch (${index}) {`,
      ...branches.flatMap((branch, n) => [
        n === branches.length - 1 ? '  default:' : `  case ${n}:`,
        `    return ${this.#expression(branch, type, names[n] ?? hint)};`,
      ]),
      '}',
    ];
  }

  #array(plan: ArrayPlan, hint: string): readonly string[] {
    const next = `${this.#helper('readBlockCount')}(r, ${plan.minimumItemSize})`;
    const item = this.#expression(plan.items, plan.type.items, `${hint}Item`);
    // Most writers make one block. Its count is only a claim: memory for more items comes as they do.
    return [
      `let count = ${next};`,
      `const items = new Array<${this.#typeText(plan.type.items)}>(Math.min(count, ${PREALLOCATED}));`,
      `for (let i = 0; i < count; i++) items[i] = ${item};`,
      'while (count > 0) {',
      `  count = ${next};`,
      `  for (let i = 0; i < count; i++) items.push(${item});`,
      '}',
      'return items;',
    ];
  }

  #map(plan: MapPlan, hint: string): readonly string[] {
    const next = `${this.#helper('readBlockCount')}(r, ${plan.minimumItemSize})`;
    const value = this.#expression(plan.values, plan.type.values, `${hint}Value`);
    return [
      `const entries: ${this.#typeText(plan.type)} = {};`,
      `for (let count = ${next}; count > 0; count = ${next}) {`,
      `  for (let i = 0; i < count; i++) ${this.#helper('setMember')}(entries, ${this.#helper('readKey')}(r), ${value});`,
      '}',
      'return entries;',
    ];
  }

  #enum(plan: EnumPlan): string {
    const { type, symbols } = plan;
    const constant = this.#printer.declare('symbols');
    const text = this.#context.files.has(type) ? this.#typeText(type) : 'string';
    const item = symbols.includes(undefined) ? `(${text} | undefined)` : text;
    const items = symbols.map((symbol) => (symbol === undefined ? 'undefined' : stringLiteral(symbol)));
    for (const line of arrayLines(`const ${constant}: readonly ${item}[] = `, items, ';')) this.#constants.push(line);
    return `${this.#helper('readEnum')}(r, ${constant})`;
  }

  #record(plan: RecordPlan): readonly string[] {
    const expressions = new Map<Field, string>();
    const groups = groupSteps(plan.steps);
    for (const group of groups) {
      if (group.kind !== 'call') continue;
      const { field, plan: part } = group.step;
      expressions.set(field, this.#expression(part, field.type, upperFirst(field.name)));
    }
    const defaults = new Map(plan.defaults.map((field) => [field, valueLiteral(defaultValue(field))]));
    const locals = new Locals([...expressions.values(), ...defaults.values()]);
    const values = new Map(plan.type.fields.map((field) => [field, defaults.get(field) ?? locals.name(field.name)]));
    const lines = printGroups(groups, {
      helper: this.#helper,
      local: (field) => values.get(field) ?? '',
      expression: (field) => expressions.get(field) ?? '',
      skip: (types) => this.#skips.statements(types),
    });
    const entries = plan.type.fields.map((field) => property(field.name, values.get(field) ?? ''));
    const result = objectLines('return ', entries, ';');
    return plan.recursive ? [`${this.#helper('enter')}(r);`, ...lines, 'r.depth--;', ...result] : [...lines, ...result];
  }
}

function branchHints({ branches }: UnionType, hint: string): readonly string[] {
  return branches.map(({ tag }) => `${hint}${upperFirst(tag.slice(tag.lastIndexOf('.') + 1))}`);
}
