import type { Json, JsonObject } from '@kgen/runtime/schema';
import { shown } from '../problem.ts';
import { parseJsonValue } from './json-value.ts';
import type { Token } from './token.ts';
import type { TokenStream } from './token-stream.ts';

export interface Annotation {
  readonly name: string;
  readonly value: Json;
  readonly at: Token;
}

/** What annotations stand in front of: it decides which of them mean something to Avro. */
export type Annotated = 'protocol' | 'definition' | 'field' | 'type';

const RESERVED: { readonly [A in Annotated]: ReadonlySet<string> } = {
  protocol: new Set(['protocol', 'types', 'messages', 'doc', 'name']),
  definition: new Set(['type', 'name', 'doc', 'fields', 'symbols', 'size', 'default', 'items', 'values']),
  field: new Set(['type', 'name', 'doc', 'default']),
  type: new Set(['type', 'name', 'namespace', 'doc', 'aliases', 'fields', 'symbols', 'size', 'items', 'values']),
};

/** Any number of `@name(value)`. */
export function parseAnnotations(tokens: TokenStream): readonly Annotation[] {
  const annotations: Annotation[] = [];
  while (tokens.take('symbol', '@')) {
    const at = tokens.name('the name of an annotation behind `@`');
    tokens.expect('(', `after @${shown(at.text)}`, `Give it a value: @${shown(at.text)}("…")`);
    const value = parseJsonValue(tokens);
    tokens.expect(')', `after the value of @${shown(at.text)}`);
    annotations.push({ name: at.text, value, at });
  }
  return annotations;
}

/** Annotations as members of the JSON of what they stand in front of. Those that cannot be are reported and left out. */
export function annotationMembers(
  tokens: TokenStream,
  annotations: readonly Annotation[],
  target: Annotated,
): readonly (readonly [string, Json])[] {
  const members: [string, Json][] = [];
  for (const annotation of annotations) {
    const value = checked(tokens, annotation, target);
    if (value !== undefined) members.push([annotation.name, value]);
  }
  return members;
}

/** Remembers where annotations stand, once the object that they are part of exists. */
export function markAnnotations(tokens: TokenStream, annotations: readonly Annotation[], owner: JsonObject): void {
  for (const { name, at } of annotations) tokens.mark(owner, name, at.start);
}

function checked(tokens: TokenStream, { name, value, at }: Annotation, target: Annotated): Json | undefined {
  if (RESERVED[target].has(name)) {
    tokens.report(`@${name} cannot be an annotation here`, reservedHint(name, target), at);
    return undefined;
  }
  const named = target === 'definition' || target === 'protocol';
  if (name === 'namespace' && named && typeof value !== 'string') {
    tokens.report('@namespace takes a string', 'Write it as @namespace("com.example")', at);
    return undefined;
  }
  if (name === 'aliases' && (target === 'definition' || target === 'field') && !isStrings(value)) {
    tokens.report('@aliases takes an array of strings', 'Write it as @aliases(["OldName"])', at);
    return undefined;
  }
  if (name === 'order' && target === 'field') {
    const order = typeof value === 'string' ? value.toLowerCase() : '';
    if (order === 'ascending' || order === 'descending' || order === 'ignore') return order;
    tokens.report('@order takes "ascending", "descending" or "ignore"', 'Write one of them', at);
    return undefined;
  }
  return value;
}

function isStrings(value: Json): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function reservedHint(name: string, target: Annotated): string {
  if (name === 'doc') return 'Write a doc comment: /** … */';
  if (name === 'aliases' && target === 'type')
    return 'To give a field aliases, write them in front of its name, behind its type';
  if (name === 'default' && target === 'field') return 'Write the default behind the name: = value';
  if (name === 'default') return 'Write the default of an enum behind its symbols: { A, B } = A;';
  return 'Rename it: the declaration itself says this';
}
