import type { AvroType, Branch, UnionType } from '@kgen/runtime/schema';
import { RUNTIME } from '../packages.ts';
import type { Printer } from '../printer.ts';
import { stringLiteral } from '../string-literal.ts';
import type { EmitContext } from './context.ts';

/** A type in TypeScript: `(string | null)[]`. Named types are imported where they have a file. */
export function typeText(type: AvroType, printer: Printer, context: EmitContext): string {
  const file = context.files.get(type);
  if (file !== undefined) return printer.useType({ from: file.path, name: file.identifier });
  return structureText(type, printer, context);
}

/** The same, written out even where the type has a name. */
export function structureText(type: AvroType, printer: Printer, context: EmitContext): string {
  switch (type.kind) {
    case 'record':
      throw new Error(`No file for record ${type.name}`);
    case 'enum':
      return type.symbols.length === 0 ? 'never' : type.symbols.map(stringLiteral).join(' | ');
    case 'array': {
      const items = typeText(type.items, printer, context);
      return /^[\w$.]+(?:\[\])*$/.test(items) ? `${items}[]` : `(${items})[]`;
    }
    case 'map':
      return `Record<string, ${typeText(type.values, printer, context)}>`;
    case 'union':
      return unionText(type, printer, context);
    default:
      if (type.as === 'bytes') return 'Uint8Array';
      return type.as === 'duration' ? printer.useType({ from: RUNTIME, name: 'AvroDuration' }) : type.as;
  }
}

/** Null last, as people write it. */
function unionText({ branches, tagged }: UnionType, printer: Printer, context: EmitContext): string {
  const isNull = ({ type }: Branch): boolean => type.kind === 'null';
  const sorted = [...branches.filter((branch) => !isNull(branch)), ...branches.filter(isNull)];
  const texts = sorted.map(({ tag, type }) => {
    const text = typeText(type, printer, context);
    return tagged && type.kind !== 'null' ? `{ branch: ${stringLiteral(tag)}; value: ${text} }` : text;
  });
  return texts.length === 0 ? 'never' : texts.join(' | ');
}

const WIDTH = 120;

/** A head, a type and an end in one line; where that is too long for a union, each of its members on a line of its own. */
export function unionLines(head: string, type: string, end: string): readonly string[] {
  const line = `${head} ${type}${end}`;
  const members = membersOf(type);
  if (line.length <= WIDTH || members.length === 1) return [line];
  const indent = head.trim() === '' ? '' : head.slice(0, head.length - head.trimStart().length);
  const last = members.length - 1;
  const first = head.trim() === '' ? [] : [head];
  return [...first, ...members.map((member, index) => `${indent}  | ${member}${index === last ? end : ''}`)];
}

/** Splits the text of a union at its outermost bars. */
function membersOf(type: string): readonly string[] {
  const members: string[] = [];
  let depth = 0;
  let start = 0;
  for (let i = 0; i < type.length; i++) {
    const character = type.charAt(i);
    if ('<({['.includes(character)) depth++;
    else if ('>)}]'.includes(character)) depth--;
    else if (depth === 0 && type.startsWith(' | ', i)) {
      members.push(type.slice(start, i));
      start = i + 3;
    }
  }
  return [...members, type.slice(start)];
}
