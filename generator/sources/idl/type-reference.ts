import type { Json, JsonObject } from '@kgen/runtime/schema';
import { shown } from '../problem.ts';
import { type Annotation, annotationMembers, markAnnotations, parseAnnotations } from './annotations.ts';
import { integerValue } from './json-value.ts';
import type { Token } from './token.ts';
import { found, jsonObject, type TokenStream } from './token-stream.ts';

/** A type as it is used. `type?` is kept apart: where its null stands is decided by a field's default. */
export interface TypeReference {
  readonly json: Json;
  readonly optional: boolean;
  readonly at: Token;
}

const PRIMITIVES = new Set(['null', 'boolean', 'int', 'long', 'float', 'double', 'bytes', 'string']);

const LOGICAL: { readonly [keyword: string]: { readonly type: string; readonly logicalType: string } } = {
  date: { type: 'int', logicalType: 'date' },
  time_ms: { type: 'int', logicalType: 'time-millis' },
  timestamp_ms: { type: 'long', logicalType: 'timestamp-millis' },
  local_timestamp_ms: { type: 'long', logicalType: 'local-timestamp-millis' },
  uuid: { type: 'string', logicalType: 'uuid' },
};

/** A type with its annotations: `@java-class("java.math.BigDecimal") string`. */
export function parseType(tokens: TokenStream): TypeReference {
  return parsePlainType(tokens, parseAnnotations(tokens));
}

/** A type behind annotations that were read already; a message has none of its own. */
export function parsePlainType(tokens: TokenStream, annotations: readonly Annotation[]): TypeReference {
  return tokens.nested(() => {
    const at = tokens.peek();
    if (at.kind !== 'word')
      tokens.fail('Expected a type', 'Name a type: int, string, array<int>, or one that is defined');
    if (!at.quoted) {
      if (at.text === 'array') return { json: parseContainer(tokens, annotations, 'items'), optional: false, at };
      if (at.text === 'map') return { json: parseContainer(tokens, annotations, 'values'), optional: false, at };
      // JSON has no place for the properties of a union, so they are dropped, as Java's tool does.
      if (at.text === 'union') return { json: parseUnion(tokens), optional: false, at };
    }
    const json = parseSimpleType(tokens, annotations);
    return { json, optional: tokens.take('symbol', '?') !== undefined, at };
  });
}

/** The schema that a type stands for: the null of `type?` comes first, unless the default is of the other branch. */
export function typeJson(type: TypeReference, nullLast: boolean): Json {
  if (!type.optional) return type.json;
  return nullLast ? [type.json, 'null'] : ['null', type.json];
}

function parseContainer(tokens: TokenStream, annotations: readonly Annotation[], content: 'items' | 'values'): Json {
  const keyword = tokens.next().text;
  tokens.expect('<', `after \`${keyword}\``, `Say what it holds: ${keyword}<string>`);
  const inner = parseType(tokens);
  tokens.expect('>', `after the type in ${keyword}<…>`);
  noQuestionMark(tokens, `${keyword}<…>`);
  const json = annotated(tokens, annotations, [
    ['type', keyword],
    [content, typeJson(inner, false)],
  ]);
  tokens.mark(json, content, inner.at.start);
  return json;
}

function parseUnion(tokens: TokenStream): Json {
  tokens.next();
  tokens.expect('{', 'after `union`', 'List the types: union { null, string }');
  const branches: Json[] = [];
  do {
    const branch = parseType(tokens);
    if (branch.optional) tokens.report('A union cannot hold another', 'Make `null` one of its types', branch.at);
    tokens.mark(branches, branches.length, branch.at.start);
    branches.push(branch.json);
  } while (tokens.take('symbol', ','));
  tokens.expect('}', 'or `,` after a type of the union', 'Close the union with `}`');
  noQuestionMark(tokens, 'union { … }');
  return branches;
}

function noQuestionMark(tokens: TokenStream, what: string): void {
  if (!tokens.at('symbol', '?')) return;
  const hint = what.startsWith('union') ? 'Make `null` one of its types' : `Write union { null, ${what} }`;
  tokens.report(`\`?\` cannot follow ${what}`, hint, tokens.next());
}

function parseSimpleType(tokens: TokenStream, annotations: readonly Annotation[]): Json {
  const word = tokens.next();
  if (!word.quoted) {
    if (PRIMITIVES.has(word.text)) {
      return annotations.length === 0 ? word.text : annotated(tokens, annotations, [['type', word.text]]);
    }
    if (word.text === 'decimal') return parseDecimal(tokens, annotations);
    const logical = Object.hasOwn(LOGICAL, word.text) ? LOGICAL[word.text] : undefined;
    if (logical) return annotated(tokens, annotations, Object.entries(logical));
    if (word.text === 'void') tokens.fail('`void` is not a type of data', 'Write `null`', word);
  } else if (PRIMITIVES.has(word.text)) {
    tokens.fail(`No type can be named \`${word.text}\``, 'Drop the backticks to use the primitive type', word);
  }
  if (annotations[0]) {
    tokens.report(
      `A reference to a type takes no annotations, found @${shown(annotations[0].name)} in front of \`${shown(word.text)}\``,
      'Write it where the type is defined, or, for the field, behind the type',
      annotations[0].at,
    );
  }
  return word.text;
}

function parseDecimal(tokens: TokenStream, annotations: readonly Annotation[]): Json {
  tokens.expect('(', 'after `decimal`', 'Give precision and scale: decimal(9, 2)');
  const precision = parseInteger(tokens, 'the precision');
  const scale = tokens.take('symbol', ',') ? parseInteger(tokens, 'the scale') : 0;
  tokens.expect(')', 'after the scale of `decimal`');
  return annotated(tokens, annotations, [
    ['type', 'bytes'],
    ['logicalType', 'decimal'],
    ['precision', precision],
    ['scale', scale],
  ]);
}

/** An integer literal, such as the size of a fixed. */
export function parseInteger(tokens: TokenStream, what: string): number | bigint {
  const token = tokens.next();
  const value = token.kind === 'number' ? integerValue(token.text) : undefined;
  if (value !== undefined) return value;
  return tokens.fail(`Expected ${what}, found ${found(token)}`, 'Write an integer', token);
}

function annotated(
  tokens: TokenStream,
  annotations: readonly Annotation[],
  members: readonly (readonly [string, Json])[],
): JsonObject {
  const json = jsonObject([...members, ...annotationMembers(tokens, annotations, 'type')]);
  markAnnotations(tokens, annotations, json);
  return json;
}
