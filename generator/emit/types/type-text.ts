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
      return /^[\w$.]+$/.test(items) ? `${items}[]` : `(${items})[]`;
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
