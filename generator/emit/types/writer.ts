import {
  type ArrayType,
  type AvroType,
  type Branch,
  type Field,
  isInherited,
  isMistakable,
  type MapType,
  type PrimitiveType,
  type RecordType,
  simpleName,
  type UnionType,
  type ValueKind,
  valueKind,
} from '@kgen/runtime/schema';
import { CODEGEN, RUNTIME } from '../packages.ts';
import type { Printer } from '../printer.ts';
import { stringLiteral } from '../string-literal.ts';
import { type EmitContext, upperFirst, writerName } from './context.ts';
import { type Helper, numberSize, putLeaf, writeLeaf } from './leaf.ts';
import { typeText, unionLines } from './type-text.ts';

export interface EmitWriterOptions {
  /** What the function is called; the file declares it. */
  readonly name: string;
  readonly exported?: boolean | undefined;
  readonly doc?: string | undefined;
}

/** Prints a function that writes values of a type, and the functions of the file that it calls. */
export function emitWriter(printer: Printer, type: AvroType, options: EmitWriterOptions, context: EmitContext): void {
  new WriterEmitter(printer, context).print(type, options);
}

const WIDTH = 120;
/** Fewer numbers than this are written one by one. */
const FEWEST_TOGETHER = 3;
/** Longer types of items are not repeated where they are written. */
const LONGEST_ITEM = 40;
const DECLARE: readonly string[] = ['let { view, position: p } = w;'];

interface Part {
  readonly name: string;
  readonly type: AvroType;
}

/** Statements that write at `w`. What would nest becomes a function of its own. */
class WriterEmitter {
  readonly #printer: Printer;
  readonly #context: EmitContext;
  readonly #helper: Helper;
  readonly #functions = new Map<AvroType, string>();
  readonly #pending: Part[] = [];

  constructor(printer: Printer, context: EmitContext) {
    this.#printer = printer;
    this.#context = context;
    this.#helper = (name) => printer.use({ from: CODEGEN, name });
  }

  print(type: AvroType, { name, exported, doc }: EmitWriterOptions): void {
    if (doc !== undefined) this.#printer.body.writeLine(`/** ${doc} */`);
    this.#printFunction(`${exported === true ? 'export ' : ''}function ${name}`, type, name);
    for (let part = this.#pending.shift(); part !== undefined; part = this.#pending.shift()) {
      this.#printer.body.blankLine();
      this.#printFunction(`function ${part.name}`, part.type, part.name);
    }
  }

  #printFunction(head: string, type: AvroType, name: string): void {
    const { body } = this.#printer;
    const lines = this.#body(type, name.replace(/^write/, ''));
    const writer = this.#printer.useType({ from: RUNTIME, name: 'Writer' });
    // A record of nothing writes nothing.
    const w = lines.some((line) => /\bw\b/.test(line)) ? 'w' : '_w';
    const value = lines.some((line) => /\bvalue\b/.test(line)) ? 'value' : '_value';
    const text = typeText(type, this.#printer, this.#context);
    const line = `${head}(${w}: ${writer}, ${value}: ${text}): void {`;
    if (line.length <= WIDTH) body.writeLine(line);
    else {
      body.writeLine(`${head}(`);
      body.writeLine(`  ${w}: ${writer},`);
      for (const part of unionLines(`  ${value}:`, text, ',')) body.writeLine(part);
      body.writeLine('): void {');
    }
    for (const line of lines) body.writeLine(`  ${line}`);
    body.writeLine('}');
  }

  #body(type: AvroType, hint: string): readonly string[] {
    switch (type.kind) {
      case 'record':
        return this.#record(type);
      case 'array':
        return this.#array(type, hint);
      case 'map':
        return this.#map(type, hint);
      case 'union':
        return type.tagged ? this.#taggedUnion(type, hint) : this.#plainUnion(type, 'value', hint);
      case 'enum':
        throw new Error(`The file of ${type.name} writes it`);
      default:
        return [writeLeaf(type, 'value', this.#helper)];
    }
  }

  /** Statements that write an expression, which is cheap to repeat. */
  #statements(type: AvroType, value: string, hint: string): readonly string[] {
    switch (type.kind) {
      case 'record':
      case 'enum': {
        const file = this.#context.files.get(type);
        if (file === undefined) throw new Error(`No file for ${type.name}`);
        return [`${this.#printer.use({ from: file.path, name: writerName(file) })}(w, ${value});`];
      }
      case 'array':
      case 'map':
        return [`${this.#function(type, hint)}(w, ${value});`];
      case 'union':
        return isNullable(type) ? this.#plainUnion(type, value, hint) : [`${this.#function(type, hint)}(w, ${value});`];
      default:
        return [writeLeaf(type, value, this.#helper)];
    }
  }

  #function(type: AvroType, hint: string): string {
    let name = this.#functions.get(type);
    if (name === undefined) {
      name = this.#printer.declare(`write${upperFirst(hint)}`);
      this.#functions.set(type, name);
      this.#pending.push({ name, type });
    }
    return name;
  }

  #record(type: RecordType): readonly string[] {
    const fields = this.#fields(type.fields);
    // Else nothing but its fields is looked at.
    const check = isMistakable(type) ? [`${this.#helper('checkRecord')}(value);`] : [];
    if (!this.#context.recursive.has(type)) return [...check, ...fields];
    return [...check, `${this.#helper('descend')}(w);`, ...fields, 'w.depth--;'];
  }

  /** Numbers that follow each other get room once, and are written with the position in a local variable. */
  #fields(fields: readonly Field[]): readonly string[] {
    const lines: string[] = [];
    let declared = false;
    for (let i = 0; i < fields.length; ) {
      const run = numberRun(fields.slice(i));
      if (run.length < FEWEST_TOGETHER) {
        const field = fields[i++];
        if (field === undefined) break;
        lines.push(...this.#statements(field.type, this.#member(field.name), upperFirst(field.name)));
        continue;
      }
      const room = run.reduce((sum, field) => sum + (numberSize(field.type) ?? 0), 0);
      lines.push(`w.ensure(${room});`, ...(declared ? ['view = w.view;', 'p = w.position;'] : DECLARE));
      for (const { name, type } of run) lines.push(`p = ${putLeaf(type, this.#member(name), this.#helper)};`);
      lines.push('w.position = p;');
      declared = true;
      i += run.length;
    }
    return lines;
  }

  /** A field of `value`. Objects inherit a `constructor`; only their own one is a field. */
  #member(name: string): string {
    return isInherited(name) ? `${this.#helper('ownField')}(value, ${stringLiteral(name)})` : `value.${name}`;
  }

  #array({ items }: ArrayType, hint: string): readonly string[] {
    return [
      `const count = ${this.#helper('beginArray')}(w, value);`,
      ...this.#items(items, hint),
      `${this.#helper('writeBlockEnd')}(w);`,
    ];
  }

  #items(type: AvroType, hint: string): readonly string[] {
    const size = numberSize(type);
    const itemHint = `${hint}Item`;
    // By index, as it is checked: what iterating gives may be something else, and more or less than was counted.
    const head = 'for (let i = 0; i < count; i++)';
    const text = typeText(type, this.#printer, this.#context);
    const item = `value[i] as ${text.length <= LONGEST_ITEM ? text : '(typeof value)[number]'}`;
    // A long takes ten bytes at most, and mostly few: room for all of them would be far too much.
    if (size === undefined || !isPrimitive(type) || type.kind === 'long') {
      if (isNullable(type)) return block(head, [`const item = ${item};`, ...this.#statements(type, 'item', itemHint)]);
      return loop(head, this.#statements(type, item, itemHint));
    }
    return [
      `w.ensure(count * ${size});`,
      ...DECLARE,
      `${head} p = ${putLeaf(type, item, this.#helper)};`,
      'w.position = p;',
    ];
  }

  #map({ values }: MapType, hint: string): readonly string[] {
    return [
      ...block(`for (const key of ${this.#helper('beginMap')}(w, value))`, [
        `${this.#helper('writeString')}(w, key);`,
        ...(isNullable(values)
          ? [
              `const entry = ${this.#helper('memberOf')}(value, key);`,
              ...this.#statements(values, 'entry', `${hint}Value`),
            ]
          : this.#statements(values, `${this.#helper('memberOf')}(value, key)`, `${hint}Value`)),
      ]),
      `${this.#helper('writeBlockEnd')}(w);`,
    ];
  }

  #plainUnion({ branches }: UnionType, value: string, hint: string): readonly string[] {
    const sorted = branches.map((branch, index) => ({ branch, index, kind: kindOf(branch) }));
    sorted.sort((a, b) => KIND_ORDER.indexOf(a.kind) - KIND_ORDER.indexOf(b.kind));
    const last = sorted.length - 1;
    const lines: string[] = [];
    for (const [n, { branch, index, kind }] of sorted.entries()) {
      const name = sorted.length === 2 ? hint : branchHint(branch, hint);
      const write = branch.type.kind === 'null' ? [] : this.#statements(branch.type, value, name);
      const body = [`${this.#helper('writeIndex')}(w, ${index});`, ...write];
      // Whatever else it is, writing the last branch refuses what it is not; but for null, which takes no writing.
      if (n === last && kind !== 'null') return last === 0 ? body : [...lines, ...block('} else', body)];
      lines.push(...block(`${n === 0 ? '' : '} else '}if (${this.#test(kind, value)})`, body).slice(0, -1));
    }
    const refuse = `throw ${this.#helper('noBranch')}(${value});`;
    return lines.length === 0 ? [refuse] : [...lines, ...block('} else', [refuse])];
  }

  #test(kind: ValueKind, value: string): string {
    switch (kind) {
      case 'null':
        return `${value} === null`;
      case 'array':
        return `Array.isArray(${value})`;
      case 'bytes':
        return `${this.#helper('isBytes')}(${value})`;
      case 'Date':
        return `${this.#helper('isDate')}(${value})`;
      default:
        return `typeof ${value} === '${kind}'`;
    }
  }

  #taggedUnion({ branches }: UnionType, hint: string): readonly string[] {
    const nullIndex = branches.findIndex(({ type }) => type.kind === 'null');
    const cases = branches.flatMap((branch, index) => {
      if (branch.type.kind === 'null') return [];
      return [
        `  case ${stringLiteral(branch.tag)}:`,
        `    ${this.#helper('writeIndex')}(w, ${index});`,
        ...this.#statements(branch.type, 'value.value', branchHint(branch, hint)).map((line) => `    ${line}`),
        '    break;',
      ];
    });
    const refuse = [`  default:`, `    throw ${this.#helper('noBranch')}(value);`];
    const choose = ['switch (value.branch) {', ...cases, ...refuse, '}'];
    if (nullIndex < 0) return choose;
    const writeNull = `${this.#helper('writeIndex')}(w, ${nullIndex});`;
    return [...block('if (value === null)', [writeNull]).slice(0, -1), ...block('} else', choose)];
  }
}

/** What is told apart first; an object is whatever is left. */
const KIND_ORDER: readonly ValueKind[] = [
  'null',
  'boolean',
  'number',
  'bigint',
  'string',
  'bytes',
  'Date',
  'array',
  'object',
];

function kindOf({ type }: Branch): ValueKind {
  return type.kind === 'union' ? 'object' : valueKind(type);
}

/** Null and one other, without tags: written where it stands. */
function isNullable(type: AvroType): type is UnionType {
  return (
    type.kind === 'union' &&
    !type.tagged &&
    type.branches.length === 2 &&
    type.branches.some((branch) => branch.type.kind === 'null')
  );
}

function branchHint({ tag }: Branch, hint: string): string {
  return `${hint}${upperFirst(simpleName(tag))}`;
}

/** A loop in one line where its body is one short statement. */
function loop(head: string, body: readonly string[]): readonly string[] {
  const line = `${head} ${body[0]}`;
  return body.length === 1 && line.length <= WIDTH - 2 && !body[0]?.startsWith('if') ? [line] : block(head, body);
}

function isPrimitive(type: AvroType): type is PrimitiveType {
  return 'as' in type && !('name' in type);
}

function block(head: string, body: readonly string[]): readonly string[] {
  return [`${head} {`, ...body.map((line) => `  ${line}`), '}'];
}

type NumberField = Field & { readonly type: PrimitiveType };

/** The numbers at the start of these fields. */
function numberRun(fields: readonly Field[]): readonly NumberField[] {
  const end = fields.findIndex((field) => !isNumber(field));
  return fields.slice(0, end < 0 ? fields.length : end).filter(isNumber);
}

function isNumber(field: Field): field is NumberField {
  return numberSize(field.type) !== undefined;
}
