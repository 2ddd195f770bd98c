import type { Json, JsonObject } from '@kgen/runtime/schema';
import { shown } from '../problem.ts';
import { type Annotation, annotationMembers, markAnnotations, parseAnnotations } from './annotations.ts';
import { parseJsonValue } from './json-value.ts';
import { isToken, type Token } from './token.ts';
import { jsonObject, type TokenStream } from './token-stream.ts';
import { parseInteger, parsePlainType, parseType, typeJson } from './type-reference.ts';

/** What stands in front of a declaration. */
export interface Lead {
  readonly doc?: string | undefined;
  readonly annotations: readonly Annotation[];
}

/** Doc comment and annotations, in this order or the other. */
export function parseLead(tokens: TokenStream): Lead {
  const { doc } = tokens.peek();
  const annotations = parseAnnotations(tokens);
  return { doc: doc ?? tokens.peek().doc, annotations };
}

/** True where a record, error, enum or fixed is defined next. */
export function startsDefinition(tokens: TokenStream): boolean {
  const token = tokens.peek();
  return token.kind === 'word' && !token.quoted && /^(?:record|error|enum|fixed)$/.test(token.text);
}

/**
 * A record, error, enum or fixed, as the JSON a `.avsc` would hold.
 * @param namespace the one it is in, unless it says otherwise itself
 */
export function parseDefinition(tokens: TokenStream, lead: Lead, namespace: string | undefined): JsonObject {
  const keyword = tokens.next();
  const name = tokens.name(`the name of the ${keyword.text}`);
  const members = annotationMembers(tokens, lead.annotations, 'definition');
  const own = members.find(([key]) => key === 'namespace')?.[1];
  const dot = name.text.lastIndexOf('.');
  const space = dot === -1 ? (typeof own === 'string' ? own : namespace) : name.text.slice(0, dot);
  const body: Body =
    keyword.text === 'enum'
      ? parseEnumBody(tokens, name)
      : keyword.text === 'fixed'
        ? parseFixedBody(tokens, name)
        : parseRecordBody(tokens, name, keyword.text);
  const json = jsonObject([
    ['type', keyword.text],
    ['name', name.text.slice(dot + 1)],
    ['namespace', space === '' ? undefined : space],
    ['doc', lead.doc],
    ...body.members,
    ...members.filter(([key]) => key !== 'namespace'),
  ]);
  markAnnotations(tokens, lead.annotations, json);
  for (const key of ['type', 'name']) tokens.mark(json, key, name.start);
  for (const [key, at] of body.marks) tokens.mark(json, key, at.start);
  return json;
}

interface Body {
  readonly members: readonly (readonly [string, Json])[];
  readonly marks: readonly (readonly [string, Token])[];
}

function parseFixedBody(tokens: TokenStream, name: Token): Body {
  tokens.expect(
    '(',
    `after the name of fixed ${shown(name.text)}`,
    `Give its size in bytes: fixed ${shown(name.text)}(16);`,
  );
  const at = tokens.peek();
  const size = parseInteger(tokens, 'the size in bytes');
  tokens.expect(')', 'after the size');
  tokens.endStatement(`fixed ${shown(name.text)}`);
  return { members: [['size', size]], marks: [['size', at]] };
}

function parseEnumBody(tokens: TokenStream, name: Token): Body {
  tokens.expect('{', `after the name of enum ${shown(name.text)}`);
  const symbols: string[] = [];
  if (!tokens.at('symbol', '}')) {
    do {
      // Neither doc comments nor annotations of symbols have a place in a schema.
      parseAnnotations(tokens);
      const symbol = tokens.name(`a symbol of enum ${shown(name.text)}`);
      tokens.mark(symbols, symbols.length, symbol.start);
      symbols.push(symbol.text);
    } while (tokens.take('symbol', ','));
  }
  tokens.expect(
    '}',
    `or \`,\` after a symbol of enum ${shown(name.text)}`,
    'Separate symbols by `,` and close the enum with `}`',
  );
  if (!tokens.take('symbol', '=')) return { members: [['symbols', symbols]], marks: [] };
  const fallback = tokens.name(`the default of enum ${shown(name.text)}`);
  tokens.endStatement(`the default of enum ${shown(name.text)}`);
  return {
    members: [
      ['symbols', symbols],
      ['default', fallback.text],
    ],
    marks: [['default', fallback]],
  };
}

function parseRecordBody(tokens: TokenStream, name: Token, keyword: string): Body {
  tokens.expect('{', `after the name of ${keyword} ${shown(name.text)}`);
  const fields: JsonObject[] = [];
  while (!tokens.at('symbol', '}') && tokens.peek().kind !== 'end') {
    tokens.recover(
      () => parseFields(tokens, fields, `${keyword} ${shown(name.text)}`),
      (depth) => tokens.skipStatement(depth, false),
    );
  }
  tokens.expect('}', `at the end of ${keyword} ${shown(name.text)}`, `Close it with \`}\``);
  return { members: [['fields', fields]], marks: [] };
}

/** One statement in a record: a type and one or more fields of it. */
function parseFields(tokens: TokenStream, fields: JsonObject[], holder: string): void {
  const lead = parseLead(tokens);
  if (startsDefinition(tokens) && isToken(tokens.peek(2), 'symbol', tokens.at('word', 'fixed') ? '(' : '{')) {
    tokens.fail(
      `Definitions cannot stand inside ${holder}`,
      'Move it out; if it is outside, a `}` is missing before it',
    );
  }
  const type = parsePlainType(tokens, lead.annotations);
  do {
    const own = parseLead(tokens);
    const name = tokens.name(`the name of a field of ${holder}`);
    const valueAt = tokens.take('symbol', '=') && tokens.peek();
    const value = valueAt && parseJsonValue(tokens);
    const field = jsonObject([
      ['name', name.text],
      ['type', typeJson(type, value !== undefined && value !== null)],
      ['doc', own.doc ?? lead.doc],
      ['default', value],
      ...annotationMembers(tokens, own.annotations, 'field'),
    ]);
    markAnnotations(tokens, own.annotations, field);
    tokens.mark(field, 'name', name.start);
    tokens.mark(field, 'type', type.at.start);
    if (valueAt) tokens.mark(field, 'default', valueAt.start);
    tokens.mark(fields, fields.length, name.start);
    fields.push(field);
  } while (tokens.take('symbol', ','));
  tokens.endStatement(`field \`${shown(String(fields.at(-1)?.['name']))}\``);
}

/** A message of a protocol. It is checked for syntax; kgen generates nothing from it. */
export function parseMessage(tokens: TokenStream): void {
  if (!tokens.take('word', 'void')) parsePlainType(tokens, []);
  const name = tokens.name('the name of a message');
  tokens.expect('(', `after the name of message ${shown(name.text)}`, 'List its parameters in ( ), none as ()');
  if (!tokens.at('symbol', ')')) {
    do {
      parseType(tokens);
      parseAnnotations(tokens);
      tokens.name(`the name of a parameter of message ${shown(name.text)}`);
      if (tokens.take('symbol', '=')) parseJsonValue(tokens);
    } while (tokens.take('symbol', ','));
  }
  tokens.expect(')', `or \`,\` after a parameter of message ${shown(name.text)}`, 'Close the parameters with `)`');
  if (!tokens.take('word', 'oneway') && tokens.take('word', 'throws')) {
    do tokens.name(`an error that message ${shown(name.text)} throws`);
    while (tokens.take('symbol', ','));
  }
  tokens.endStatement(`message ${shown(name.text)}`);
}
