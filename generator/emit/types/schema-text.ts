import {
  type AvroType,
  LOGICAL_DEFAULTS,
  type LogicalMapping,
  type LogicalName,
  type NamedType,
  partsOf,
  type TypeMapping,
} from '@kgen/runtime/schema';
import { stringLiteral } from '../string-literal.ts';
import { memberName } from './literal.ts';

const WIDTH = 112;
/** Nobody reads more, and tools that walk a sum one call for each `+` would run out of stack. */
const MOST_PIECES = 1000;

/** JSON as a string literal; in pieces, joined by `+`, where it is long. */
export function jsonLines(json: string): readonly string[] {
  const whole = stringLiteral(json);
  if (whole.length <= WIDTH) return [whole];
  const pieces = piecesOf(json).map(stringLiteral);
  if (pieces.length > MOST_PIECES) return [whole];
  return pieces.map((piece, index) => (index === pieces.length - 1 ? piece : `${piece} +`));
}

/** Breaks JSON before objects of an array, where a person would; anywhere, where that does not help. */
function piecesOf(json: string): readonly string[] {
  const pieces: string[] = [];
  let start = 0;
  let candidate = 0;
  let inString = false;
  for (let i = 0; i < json.length; i++) {
    const character = json[i];
    if (inString) {
      if (character === '\\') i++;
      else if (character === '"') inString = false;
    } else if (character === '"') {
      inString = true;
    } else if (character === '{' && i > start) {
      if (json[i - 1] === ',' || json[i - 1] === '[') candidate = i;
    } else if (character === ',' && i - start > WIDTH * 0.75) {
      candidate = Math.max(candidate, candidate > start ? candidate : i + 1);
    }
    const tooLong = i - start >= WIDTH - 8;
    const namedField = candidate === i && candidate > start && json.startsWith('{"name":', i);
    if (namedField || (tooLong && candidate > start)) {
      pieces.push(json.slice(start, candidate));
      start = candidate;
    } else if (tooLong && i - start >= WIDTH * 2 && !isLowSurrogate(json, i)) {
      pieces.push(json.slice(start, i));
      start = i;
      candidate = i;
    }
  }
  pieces.push(json.slice(start));
  return pieces.filter((piece) => piece !== '');
}

function isLowSurrogate(text: string, index: number): boolean {
  const unit = text.charCodeAt(index);
  return unit >= 0xdc00 && unit <= 0xdfff;
}

/** The part of the config's `types` that concerns a type's own definition; undefined where all is by default. */
export function mappingOf(type: AvroType, mapping: TypeMapping): TypeMapping | undefined {
  const own = ownTypes(type);
  const logical: { -readonly [L in LogicalName]?: string } = {};
  let long: 'number' | undefined;
  for (const part of own) {
    if (part.kind === 'long' && mapping.long === 'number') long = 'number';
    const name = logicalNameOf(part);
    const as = name === undefined ? undefined : mapping.logical?.[name];
    if (name !== undefined && as !== undefined && as !== LOGICAL_DEFAULTS[name]) logical[name] = as;
  }
  const prefix = type.kind === 'record' ? `${type.name}.` : undefined;
  const fields = Object.entries(mapping.fields ?? {}).filter(
    ([field]) => prefix !== undefined && field.startsWith(prefix) && !field.slice(prefix.length).includes('.'),
  );
  const result: TypeMapping = {
    ...(long === undefined ? {} : { long }),
    ...(Object.keys(logical).length === 0 ? {} : { logical: logical as LogicalMapping }),
    ...(fields.length === 0 ? {} : { fields: Object.fromEntries(fields) }),
  };
  return Object.keys(result).length === 0 ? undefined : result;
}

/** A type mapped to its base has no logical type any more, but keeps its attribute. */
function logicalNameOf(type: AvroType): LogicalName | undefined {
  if (!('as' in type)) return undefined;
  const name = type.logical?.name ?? type.properties?.['logicalType'];
  return typeof name === 'string' && Object.hasOwn(LOGICAL_DEFAULTS, name) ? (name as LogicalName) : undefined;
}

/** A type and what it is made of, but for named types, which have definitions of their own. */
function ownTypes(type: AvroType): readonly AvroType[] {
  const own: AvroType[] = [type];
  for (const part of own) {
    if (part !== type && 'name' in part) continue;
    for (const inner of partsOf(part)) if (!('name' in inner)) own.push(inner);
  }
  return own;
}

/** The named types that a type's own definition refers to, itself left out. */
export function referencesOf(type: AvroType): readonly NamedType[] {
  const named = new Set<NamedType>();
  for (const part of ownTypes(type)) {
    for (const inner of partsOf(part)) if ('name' in inner && inner !== type) named.add(inner);
  }
  return [...named].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** A mapping as an object literal. */
export function mappingText(mapping: object): string {
  const entries = Object.entries(mapping)
    .filter(([, value]) => value !== undefined)
    .map(
      ([name, value]) =>
        `${memberName(name)}: ${typeof value === 'object' ? mappingText(value) : stringLiteral(value)}`,
    );
  return entries.length === 0 ? '{}' : `{ ${entries.join(', ')} }`;
}
