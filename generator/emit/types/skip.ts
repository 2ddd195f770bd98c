import {
  type AvroType,
  MinimumSizes,
  type RecordType,
  RecursiveRecords,
  simpleName,
  type UnionType,
} from '@kgen/runtime/schema';
import { RUNTIME } from '../packages.ts';
import type { Printer } from '../printer.ts';
import { upperFirst } from './context.ts';
import type { Helper } from './leaf.ts';

/** Prints how values of a writer's types are stepped over. Records become functions of the file. */
export class SkipEmitter {
  readonly #printer: Printer;
  readonly #helper: Helper;
  readonly #functions = new Map<RecordType, string>();
  readonly #pending: RecordType[] = [];
  readonly #recursive = new RecursiveRecords();
  readonly #sizes = new MinimumSizes();

  constructor(printer: Printer, helper: Helper) {
    this.#printer = printer;
    this.#helper = helper;
  }

  /** Statements that step over values of these types, one after the other. */
  statements(types: readonly AvroType[]): readonly string[] {
    return this.#statements(types, 0);
  }

  /** Prints the functions that were asked for. */
  printFunctions(): void {
    for (let type = this.#pending.shift(); type !== undefined; type = this.#pending.shift()) this.#printFunction(type);
  }

  #statements(types: readonly AvroType[], level: number): readonly string[] {
    const lines: string[] = [];
    let fixed = 0;
    const flush = (): void => {
      if (fixed > 0) lines.push(`${this.#helper('skip')}(r, ${fixed});`);
      fixed = 0;
    };
    for (const type of types) {
      const size = fixedSize(type);
      if (size !== undefined) {
        fixed += size;
        continue;
      }
      flush();
      lines.push(...this.#skip(type, level));
    }
    flush();
    return lines;
  }

  #skip(type: AvroType, level: number): readonly string[] {
    const call = (name: string, ...parameters: readonly string[]): readonly string[] => [
      `${this.#helper(name)}(${['r', ...parameters].join(', ')});`,
    ];
    switch (type.kind) {
      case 'boolean':
        return call('readBoolean');
      case 'int':
        return call('skipInt');
      case 'long':
        return call('skipLong');
      case 'bytes':
      case 'string':
        return call('skipBytes');
      case 'enum':
        return call('readEnumIndex', `${type.symbols.length}`);
      case 'array':
        return this.#blocks(this.#sizes.of(type.items), [type.items], level);
      case 'map':
        return this.#blocks(1 + this.#sizes.of(type.values), [STRING, type.values], level);
      case 'union':
        return this.#union(type, level);
      case 'record':
        return [`${this.#function(type)}(r);`];
      default:
        return [];
    }
  }

  #blocks(minimumItemSize: number, items: readonly AvroType[], level: number): readonly string[] {
    const suffix = level === 0 ? '' : `${level + 1}`;
    const [count, i] = [`count${suffix}`, `i${suffix}`];
    const next = `${this.#helper('skipSizedBlocks')}(r, ${minimumItemSize})`;
    const body = this.#statements(items, level + 1);
    return [
      `for (let ${count} = ${next}; ${count} > 0; ${count} = ${next}) {`,
      `  for (let ${i} = 0; ${i} < ${count}; ${i}++) {`,
      ...body.map((line) => `    ${line}`),
      '  }',
      '}',
    ];
  }

  #union({ branches }: UnionType, level: number): readonly string[] {
    const index = `${this.#helper('readUnionIndex')}(r, ${branches.length})`;
    const parts = branches.map(({ type }) => this.#statements([type], level));
    if (parts.every((part) => part.length === 0)) return [`${index};`];
    return [
      `switch (${index}) {`,
      ...parts.flatMap((part, n) => [`  case ${n}: {`, ...part.map((line) => `    ${line}`), '    break;', '  }']),
      '}',
    ];
  }

  #function(type: RecordType): string {
    let name = this.#functions.get(type);
    if (name === undefined) {
      name = this.#printer.declare(`skip${upperFirst(simpleName(type.name))}`);
      this.#functions.set(type, name);
      this.#pending.push(type);
    }
    return name;
  }

  #printFunction(type: RecordType): void {
    const { body } = this.#printer;
    const name = this.#function(type);
    const fields = this.statements(type.fields.map((field) => field.type));
    const lines = this.#recursive.has(type) ? [`${this.#helper('enter')}(r);`, ...fields, 'r.depth--;'] : fields;
    body.blankLineIfLastNot();
    // A record of nothing reads nothing.
    const parameter = lines.length === 0 ? '_r' : 'r';
    body.writeLine(
      `function ${name}(${parameter}: ${this.#printer.useType({ from: RUNTIME, name: 'Reader' })}): void {`,
    );
    for (const line of lines) body.writeLine(`  ${line}`);
    body.writeLine('}');
  }
}

const STRING: AvroType = { kind: 'string', as: 'string' };

/** The size of a type whose values all take the same number of bytes, whatever they hold. */
export function fixedSize(type: AvroType): number | undefined {
  switch (type.kind) {
    case 'null':
      return 0;
    case 'float':
      return 4;
    case 'double':
      return 8;
    case 'fixed':
      return type.size;
    default:
      return undefined;
  }
}
