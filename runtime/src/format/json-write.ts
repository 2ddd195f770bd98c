import { AvroEncodeError } from '../codec/errors.ts';
import { bufferOf } from '../codec/primitives/bytes.ts';
import type { AvroType, FixedType, PrimitiveType, UnionType } from '../codec/schema/type.ts';
import { branchOfValue, isTaggedInJson } from './json-union.ts';

/** JSON text of a value that the codec has accepted. */
export function jsonText(type: AvroType, value: unknown): string {
  switch (type.kind) {
    case 'array':
      return `[${(value as readonly unknown[]).map((item) => jsonText(type.items, item)).join(',')}]`;
    case 'map':
      return objectText(Object.entries(value as object).map(([name, entry]) => [name, jsonText(type.values, entry)]));
    case 'record':
      return objectText(
        type.fields.map(({ name, type: field }) => [name, jsonText(field, (value as Record<string, unknown>)[name])]),
      );
    case 'union':
      return unionText(type, value);
    case 'enum':
      return JSON.stringify(value);
    default:
      return scalarText(type, value);
  }
}

function objectText(members: readonly (readonly [string, string])[]): string {
  return `{${members.map(([name, text]) => `${JSON.stringify(name)}:${text}`).join(',')}}`;
}

function scalarText(type: PrimitiveType | FixedType, value: unknown): string {
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) return `"${value}"`;
    return Object.is(value, -0) ? '-0' : String(value);
  }
  if (type.as === 'bytes') return JSON.stringify(base64(value as Uint8Array));
  if (type.as === 'Date') return JSON.stringify(dateText(type, value as Date));
  if (type.as === 'duration') {
    const { months, days, millis } = value as { months: number; days: number; millis: number };
    return JSON.stringify({ months, days, millis });
  }
  return JSON.stringify(value);
}

function base64(bytes: Uint8Array): string {
  return bufferOf(bytes).toString('base64');
}

function dateText(type: PrimitiveType | FixedType, date: Date): string {
  const text = date.toISOString();
  return type.logical?.name === 'date' ? text.slice(0, text.indexOf('T')) : text;
}

function unionText(type: UnionType, value: unknown): string {
  const found = branchOfValue(type, value);
  if (found === undefined) throw new AvroEncodeError('fits no branch of the union', { code: 'branch', path: '' });
  const text = jsonText(found.branch.type, found.inner);
  if (value === null || !isTaggedInJson(type)) return text;
  return `{"branch":${JSON.stringify(found.branch.tag)},"value":${text}}`;
}
