/**
 * - `word`: an identifier or keyword, dots and dashes included, without its backticks
 * - `string`: decoded
 * - `number`: as written
 * - `symbol`: one of `{ } ( ) [ ] < > : ; , @ = ?`
 * - `end`: the end of the text
 */
export type TokenKind = 'word' | 'string' | 'number' | 'symbol' | 'end';

export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  /** Offsets in the text. */
  readonly start: number;
  readonly end: number;
  /** A word with backticks is never a keyword. */
  readonly quoted: boolean;
  /** Brackets open before this token, of any kind. A closing bracket counts as outside. */
  readonly depth: number;
  /** Text in front of it was no token, and was reported: what the parser finds wrong here follows from that. */
  readonly broken: boolean;
  /** The last doc comment between the previous token and this one, with its indentation stripped. */
  readonly doc?: string | undefined;
}

/** True for a keyword or symbol. */
export function isToken(token: Token, kind: 'word' | 'symbol', text: string): boolean {
  return token.kind === kind && token.text === text && !token.quoted;
}
