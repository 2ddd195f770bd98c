import type { Json, JsonObject } from '@kgen/runtime/schema';
import { shown, type TextProblem } from '../problem.ts';
import { annotationMembers } from './annotations.ts';
import { type Lead, parseDefinition, parseLead, parseMessage, startsDefinition } from './declarations.ts';
import { tokenize } from './lexer.ts';
import { isToken, type Token } from './token.ts';
import { found, MAX_PROBLEMS, type Marks, TokenStream } from './token-stream.ts';
import { parseType, typeJson } from './type-reference.ts';

export interface IdlImport {
  readonly kind: 'idl' | 'protocol' | 'schema';
  readonly path: string;
  /** Of the path. */
  readonly offset: number;
}

/** An IDL file as JSON schemas (Avro 1.12, "IDL Language"). */
export interface IdlFile {
  /** Of the protocol, where the file is one. */
  readonly protocol?: string | undefined;
  /** The namespace of names that say none themselves. */
  readonly namespace?: string | undefined;
  readonly imports: readonly IdlImport[];
  /** Records, errors, enums and fixed types, in order, each with its namespace. */
  readonly definitions: readonly JsonObject[];
  /** What the `schema` statement says; names in it are in `namespace`. */
  readonly main?: { readonly json: Json; readonly offset: number } | undefined;
  /** How many messages the protocol has. */
  readonly messages: number;
  readonly marks: Marks;
  readonly problems: readonly TextProblem[];
}

/** The parts of a file that statements add to. */
interface Building {
  protocol?: string;
  namespace?: string | undefined;
  main?: { readonly json: Json; readonly offset: number };
  messages: number;
  readonly imports: IdlImport[];
  readonly definitions: JsonObject[];
}

/** Parses IDL. Goes on after an error, so that one run reports several; what it then returns is what it understood. */
export function parseIdl(text: string): IdlFile {
  const { tokens: all, problems } = tokenize(text);
  const tokens = new TokenStream(all, problems);
  const file: Building = { messages: 0, imports: [], definitions: [] };
  while (tokens.peek().kind !== 'end') {
    tokens.recover(
      () => parseTopLevel(tokens, file),
      (depth) => tokens.skipStatement(depth, true),
    );
  }
  return { ...file, marks: tokens.marks, problems: firstProblems(tokens.problems) };
}

function parseTopLevel(tokens: TokenStream, file: Building): void {
  const lead = parseLead(tokens);
  const at = tokens.peek();
  if (file.protocol !== undefined) {
    tokens.next();
    tokens.fail(
      `Nothing can follow protocol ${shown(file.protocol)}, found ${found(at)}`,
      'Move it into the protocol, or into a file of its own',
      at,
    );
  }
  const empty = file.main === undefined && file.definitions.length === 0 && file.imports.length === 0;
  if (tokens.at('word', 'protocol')) {
    if (!empty || file.namespace !== undefined)
      tokens.report('A protocol is alone in its file', 'Move what is before it into the protocol', at);
    parseProtocol(tokens, file, lead);
  } else if (isStatement(tokens, 'namespace')) {
    noAnnotations(tokens, lead, 'a namespace');
    tokens.next();
    const name = tokens.name('a namespace');
    if (!empty || file.namespace !== undefined)
      tokens.report('`namespace` comes first in a file, and once', 'Move it to the top', at);
    else file.namespace = name.text;
    tokens.endStatement('the namespace');
  } else if (isStatement(tokens, 'schema')) {
    noAnnotations(tokens, lead, 'a schema statement');
    parseMainSchema(tokens, file, empty);
  } else if (tokens.at('word', 'import')) {
    noAnnotations(tokens, lead, 'an import');
    file.imports.push(parseImport(tokens));
  } else if (startsDefinition(tokens)) {
    file.definitions.push(parseDefinition(tokens, lead, file.namespace));
  } else {
    unexpected(
      tokens,
      at,
      'Expected `protocol`, `namespace`, `schema`, `import`, `record`, `error`, `enum` or `fixed`',
    );
  }
}

function parseProtocol(tokens: TokenStream, file: Building, lead: Lead): void {
  tokens.next();
  const name = tokens.name('the name of the protocol');
  const own = annotationMembers(tokens, lead.annotations, 'protocol').find(([key]) => key === 'namespace')?.[1];
  const dot = name.text.lastIndexOf('.');
  file.protocol = name.text.slice(dot + 1);
  file.namespace = dot === -1 ? (typeof own === 'string' ? own : undefined) : name.text.slice(0, dot);
  tokens.expect('{', `after the name of protocol ${shown(name.text)}`);
  while (!tokens.at('symbol', '}') && tokens.peek().kind !== 'end') {
    tokens.recover(
      () => parseInProtocol(tokens, file),
      (depth) => tokens.skipStatement(depth, true),
    );
  }
  tokens.expect('}', `at the end of protocol ${shown(name.text)}`, 'Close it with `}`');
}

function parseInProtocol(tokens: TokenStream, file: Building): void {
  const lead = parseLead(tokens);
  const at = tokens.peek();
  if (tokens.at('word', 'import')) {
    noAnnotations(tokens, lead, 'an import');
    file.imports.push(parseImport(tokens));
  } else if (startsDefinition(tokens)) {
    file.definitions.push(parseDefinition(tokens, lead, file.namespace));
  } else if (at.kind === 'word') {
    parseMessage(tokens);
    file.messages++;
  } else {
    unexpected(tokens, at, 'Expected `import`, `record`, `error`, `enum`, `fixed` or a message');
  }
}

function parseMainSchema(tokens: TokenStream, file: Building, first: boolean): void {
  const keyword = tokens.next();
  const type = parseType(tokens);
  if (file.main) tokens.report('A file has one `schema` statement', 'Remove this one', keyword);
  else if (!first)
    tokens.report('`schema` comes before imports and definitions', 'Move it up, behind `namespace`', keyword);
  file.main ??= { json: typeJson(type, false), offset: type.at.start };
  tokens.endStatement('the schema');
}

function parseImport(tokens: TokenStream): IdlImport {
  tokens.next();
  const kind = tokens.peek();
  if (!isKind(kind.text) || kind.quoted)
    tokens.fail(
      'Expected `idl`, `protocol` or `schema` after `import`',
      'Say what the file is: import idl "file.avdl";',
    );
  tokens.next();
  const path = tokens.peek();
  if (path.kind !== 'string') tokens.fail('Expected a file name', 'Write it in double quotes');
  tokens.next();
  tokens.endStatement('the import');
  return { kind: isKind(kind.text) ? kind.text : 'idl', path: path.text, offset: path.start };
}

function isKind(text: string): text is IdlImport['kind'] {
  return text === 'idl' || text === 'protocol' || text === 'schema';
}

/** `namespace` and `schema` are keywords at the start of a statement only. */
function isStatement(tokens: TokenStream, keyword: string): boolean {
  return tokens.at('word', keyword) && !isToken(tokens.peek(1), 'symbol', ';');
}

function noAnnotations(tokens: TokenStream, lead: Lead, what: string): void {
  const [first] = lead.annotations;
  if (first) tokens.report(`@${shown(first.name)} cannot stand in front of ${what}`, 'Remove it', first.at);
}

/** Takes the token, so that the parser moves on. */
function unexpected(tokens: TokenStream, at: Token, expected: string): never {
  const stray = isToken(at, 'symbol', ';') || isToken(at, 'symbol', '}');
  const hint = stray ? `Remove the \`${at.text}\`` : 'See https://avro.apache.org/docs/1.12.0/idl-language/';
  if (stray) tokens.next();
  return tokens.fail(`${expected}, found ${found(at)}`, hint, at);
}

function firstProblems(problems: readonly TextProblem[]): readonly TextProblem[] {
  const sorted = [...problems].sort((a, b) => a.offset - b.offset);
  return sorted.slice(0, MAX_PROBLEMS);
}
