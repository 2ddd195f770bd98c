import { type BaseValue, conversionOf } from '../conversion.ts';
import { bufferOf } from '../primitives/bytes.ts';
import type { AvroType, FixedType, PrimitiveType, UnionType } from '../schema/type.ts';
import { branchName } from '../schema/union.ts';
import { branchOfKind, fieldOf, type Members } from '../value-kind.ts';

/**
 * Avro's JSON encoding (Avro 1.12, "JSON Encoding") of a value that was validated: longs as digits, non-finite numbers
 * as strings, bytes as characters U+0000 to U+00FF, union branches by their full names.
 */
export function writeAvroJson(type: AvroType, value: unknown): string {
  switch (type.kind) {
    case 'record': {
      let text = '';
      for (const field of type.fields) {
        const member = writeAvroJson(field.type, fieldOf(value as Members, field.name));
        text += `${text === '' ? '' : ','}${JSON.stringify(field.name)}:${member}`;
      }
      return `{${text}}`;
    }
    case 'enum':
      return JSON.stringify(value);
    case 'array': {
      let text = '';
      const items = value as readonly unknown[];
      // By index, as they were checked: what iterating gives may be something else.
      for (let i = 0; i < items.length; i++) text += `${i === 0 ? '' : ','}${writeAvroJson(type.items, items[i])}`;
      return `[${text}]`;
    }
    case 'map': {
      let text = '';
      for (const [key, entry] of Object.entries(value as Members)) {
        text += `${text === '' ? '' : ','}${JSON.stringify(key)}:${writeAvroJson(type.values, entry)}`;
      }
      return `{${text}}`;
    }
    case 'union':
      return writeUnion(type, value);
    default:
      return writeLeaf(type, value);
  }
}

function writeUnion(type: UnionType, value: unknown): string {
  if (value === null) return 'null';
  let inner: unknown = value;
  let branch = branchOfKind(type, value)?.type;
  if (type.tagged) {
    const tagged = value as { readonly branch: string; readonly value: unknown };
    inner = tagged.value;
    branch = type.branches.find(({ tag }) => tag === tagged.branch)?.type;
  }
  if (branch === undefined) throw new TypeError('a value that was not validated');
  return `{${JSON.stringify(branchName(branch))}:${writeAvroJson(branch, inner)}}`;
}

function writeLeaf(type: PrimitiveType | FixedType, value: unknown): string {
  const to = conversionOf(type)?.to as ((value: unknown) => BaseValue) | undefined;
  const base = to === undefined ? (value as BaseValue) : to(value);
  if (typeof base === 'bigint') return base.toString();
  if (typeof base === 'number') return writeNumber(base);
  if (typeof base === 'object' && base !== null) return JSON.stringify(textOfBytes(base));
  return JSON.stringify(base);
}

function writeNumber(value: number): string {
  if (Object.is(value, -0)) return '-0.0';
  return Number.isFinite(value) ? JSON.stringify(value) : `"${value}"`;
}

/** One character U+0000 to U+00FF for each byte. */
function textOfBytes(bytes: Uint8Array): string {
  return bufferOf(bytes).toString('latin1');
}
