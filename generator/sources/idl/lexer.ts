import { shown, type TextProblem } from '../problem.ts';
import { docText } from './doc-comment.ts';
import type { Token, TokenKind } from './token.ts';

const SPACE = /[ \t\n\r\f]+/y;
const LINE_COMMENT = /\/\/[^\n\r]*/y;
const PART = '[\\p{XID_Start}_]\\p{XID_Continue}*';
const WORD = new RegExp(`(?:\`${PART}\`|${PART})(?:[.-](?:\`${PART}\`|${PART}))*`, 'uy');
/** Anything that looks like one; what it means, and whether it means anything, is `numberValue`'s. */
const NUMBER = /[+-]?(?:(?:NaN|Infinity)(?!\p{XID_Continue})|\.?[0-9][\w.]*(?:(?<=[eEpP])[+-][\w.]*)*)/uy;
/** Unrolled: an alternation per character would exhaust the engine's stack on a long string. */
const STRING = /"[^"\\\n\r]*(?:\\[^\n\r][^"\\\n\r]*)*"/y;
const SINGLE_QUOTED = /'[^'\n\r]*'/y;
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
  const lexer = new Lexer(text);
  lexer.run();
  return lexer;
}

class Lexer {
  readonly tokens: Token[] = [];
  readonly problems: TextProblem[] = [];
  readonly #text: string;
  readonly #open: string[] = [];
  #at = 0;
  #doc: string | undefined;
  #broken = false;

  constructor(text: string) {
    this.#text = text;
  }

  run(): void {
    while (this.#at < this.#text.length && this.#text[this.#at] !== SUBSTITUTE) {
      const skipped = this.#match(SPACE) ?? this.#match(LINE_COMMENT);
      if (skipped === undefined) this.#piece();
      else this.#at += skipped.length;
    }
    this.#push('end', 0, '');
  }

  #piece(): void {
    const c = this.#text[this.#at] ?? '';
    if (this.#text.startsWith('/*', this.#at)) this.#comment();
    else if (SYMBOLS.includes(c)) this.#push('symbol', 1, c);
    else if (c === '"') this.#string();
    else if (c === "'") this.#singleQuotes();
    else this.#numberOrWord();
  }

  #numberOrWord(): void {
    const number = this.#match(NUMBER);
    const word = number ?? this.#match(WORD);
    if (word === undefined) this.#stray();
    else if (number !== undefined) this.#push('number', number.length, number);
    else this.#push('word', word.length, word.replaceAll('`', ''), word.includes('`'));
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    return pattern.exec(this.#text)?.[0];
  }

  #push(kind: TokenKind, length: number, text: string, quoted = false): void {
    const start = this.#at;
    this.#at += length;
    if (kind === 'symbol') closeBracket(this.#open, text);
    const depth = this.#open.length;
    this.tokens.push({ kind, text, start, end: this.#at, quoted, depth, broken: this.#broken, doc: this.#doc });
    if (kind === 'symbol' && '{(['.includes(text)) this.#open.push(text);
    this.#doc = undefined;
    this.#broken = false;
  }

  #report(reason: string, hint: string, offset = this.#at): void {
    this.problems.push({ offset, reason, hint });
  }

  #comment(): void {
    const end = this.#text.indexOf('*/', this.#at + 2);
    if (end === -1) {
      this.#report('Comment without an end', 'Close it with `*/`');
      this.#broken = true;
      this.#at = this.#text.length;
      return;
    }
    const isDoc = this.#text[this.#at + 2] === '*' && end > this.#at + 2;
    if (isDoc) this.#doc = docText(this.#text.slice(this.#at + 3, end));
    this.#at = end + 2;
  }

  #string(): void {
    const literal = this.#match(STRING);
    if (literal === undefined) {
      this.#report('String without an end', 'Close it with `"` on the same line');
      const rest = this.#match(REST_OF_LINE) ?? '"';
      this.#push('string', rest.length, rest.slice(1));
      // The string may have swallowed what ends the statement.
      this.#broken = true;
      return;
    }
    const bad = badEscape(literal);
    if (bad !== undefined) {
      const hint = 'Write a backslash as `\\\\`; the others are \\n \\r \\t \\b \\f \\" and \\uXXXX';
      this.#report(`\`${shown(bad.text)}\` is not an escape`, hint, this.#at + bad.index);
    }
    this.#push('string', literal.length, decoded(literal.slice(1, -1)));
  }

  #singleQuotes(): void {
    this.#report('Single quotes hold no string', 'Write double quotes');
    const literal = this.#match(SINGLE_QUOTED) ?? "'";
    this.#push('string', literal.length, literal.slice(1, -1));
  }

  #stray(): void {
    const c = String.fromCodePoint(this.#text.codePointAt(this.#at) ?? 0);
    const hint =
      c === '`' ? 'Backticks hold one identifier: `name`' : c.trim() === '' ? 'Write an ordinary space' : 'Remove it';
    this.#report(c === '`' ? 'Unexpected backtick' : `Unexpected character \`${shown(c)}\``, hint);
    this.#broken = true;
    this.#at += c.length;
  }
}

/**
 * Drops from the open brackets what a symbol closes, and what was forgotten: a semicolon stands in no parentheses, and a
 * brace closes all that was opened in it. Nothing but a brace closes a brace.
 */
function closeBracket(open: string[], symbol: string): void {
  if (symbol === ';') {
    while (open.length > 0 && open.at(-1) !== '{') open.pop();
    return;
  }
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
