import { shown, type TextProblem } from '../problem.ts';
import { docText } from './doc-comment.ts';
import type { Token, TokenKind } from './token.ts';

const SPACE = /[ \t\n\r\f]+/y;
const LINE_COMMENT = /\/\/[^\n\r]*/y;
const PART = '[\\p{XID_Start}_]\\p{XID_Continue}*';
const WORD = new RegExp(`(?:\`${PART}\`|${PART})(?:[.-](?:\`${PART}\`|${PART}))*`, 'uy');
/** Anything that looks like one; what it means, and whether it means anything, is `numberValue`'s. */
const NUMBER = /[+-]?(?:(?:NaN|Infinity)(?!\p{XID_Continue})|(?:\.?[0-9](?:[0-9a-zA-Z_.]|(?<=[eEpP])[+-])*))/uy;
/** Unrolled: an alternation per character would exhaust the engine's stack on a long string. */
const STRING = /"[^"\\\n\r]*(?:\\[^\n\r][^"\\\n\r]*)*"/y;
const REST_OF_LINE = /[^\n\r]*/y;
const ESCAPE = /\\(?:u+([0-9a-fA-F]{4})|([0-3][0-7]{2}|[0-7]{1,2})|([\s\S]))/g;
const SYMBOLS = '{}()[]<>:;,@=?';
const ESCAPED: { readonly [letter: string]: string } = {
  n: '\n',
  r: '\r',
  b: '\b',
  f: '\f',
  t: '\t',
  '\\': '\\',
  '"': '"',
  "'": "'",
  '/': '/',
};
/** Old systems ended texts with it; the grammar of Avro 1.12 allows it and ignores what follows. */
const SUBSTITUTE = '\u001a';

/** Cuts IDL into tokens; the last one is always `end`. What is not a token is reported and left out. */
export function tokenize(text: string): {
  readonly tokens: readonly Token[];
  readonly problems: readonly TextProblem[];
} {
  const tokens: Token[] = [];
  const problems: TextProblem[] = [];
  let at = 0;
  const open: string[] = [];
  let doc: string | undefined;

  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    return pattern.exec(text)?.[0];
  };
  const push = (kind: TokenKind, length: number, value: string, quoted = false): void => {
    if (kind === 'symbol') close(open, value);
    tokens.push({ kind, text: value, start: at, end: at + length, quoted, depth: open.length, doc });
    if (kind === 'symbol' && '{(['.includes(value)) open.push(value);
    doc = undefined;
    at += length;
  };
  const report = (reason: string, hint: string, length: number): void => {
    problems.push({ offset: at, reason, hint });
    at += length;
  };
  const comment = (): void => {
    const close = text.indexOf('*/', at + 2);
    if (close === -1) {
      report('Comment without an end', 'Close it with `*/`', text.length - at);
      return;
    }
    if (text[at + 2] === '*' && close > at + 2) doc = docText(text.slice(at + 3, close));
    at = close + 2;
  };
  const string = (): void => {
    const literal = match(STRING);
    if (literal === undefined) {
      report('String without an end', 'Close it with `"` on the same line', (match(REST_OF_LINE) ?? '"').length);
      return;
    }
    const bad = badEscape(literal);
    if (bad !== undefined) {
      problems.push({
        offset: at + bad.index,
        reason: `\`${shown(bad.text)}\` is not an escape`,
        hint: 'Write a backslash as `\\\\`; the others are \\n \\r \\t \\b \\f \\" and \\uXXXX',
      });
    }
    push('string', literal.length, decoded(literal.slice(1, -1)));
  };

  const stray = (): void => {
    const c = String.fromCodePoint(text.codePointAt(at) ?? 0);
    const hint =
      c === "'"
        ? 'Strings take double quotes'
        : c === '`'
          ? 'Backticks hold one identifier: `name`'
          : c.trim() === ''
            ? 'Write an ordinary space'
            : 'Remove it';
    report(`Unexpected character \`${shown(c)}\``, hint, c.length);
  };

  while (at < text.length && text[at] !== SUBSTITUTE) {
    const skipped = match(SPACE) ?? match(LINE_COMMENT);
    if (skipped !== undefined) {
      at += skipped.length;
      continue;
    }
    const c = text[at] ?? '';
    if (text.startsWith('/*', at)) comment();
    else if (SYMBOLS.includes(c)) push('symbol', 1, c);
    else if (c === '"') string();
    else {
      const number = match(NUMBER);
      const word = number === undefined ? match(WORD) : undefined;
      if (number !== undefined) push('number', number.length, number);
      else if (word !== undefined) push('word', word.length, word.replaceAll('`', ''), word.includes('`'));
      else stray();
    }
  }
  push('end', 0, '');
  return { tokens, problems };
}

/** Drops from the open brackets what a symbol closes. A brace also closes what was forgotten inside it, and only a brace closes a brace. */
function close(open: string[], symbol: string): void {
  const opening = symbol === '}' ? '{' : symbol === ')' ? '(' : symbol === ']' ? '[' : undefined;
  if (opening === undefined) return;
  const at = open.lastIndexOf(opening);
  if (at !== -1 && (opening === '{' || !open.includes('{', at))) open.length = at;
}

function badEscape(literal: string): { readonly index: number; readonly text: string } | undefined {
  for (const { 0: text, 3: letter, index } of literal.matchAll(ESCAPE)) {
    if (letter !== undefined && !Object.hasOwn(ESCAPED, letter)) return { index, text };
  }
  return undefined;
}

function decoded(text: string): string {
  return text.replace(ESCAPE, (all, hex?: string, octal?: string, letter?: string) => {
    if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
    if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8));
    return Object.hasOwn(ESCAPED, letter ?? '') ? (ESCAPED[letter ?? ''] ?? all) : all;
  });
}
