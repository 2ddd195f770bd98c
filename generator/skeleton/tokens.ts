/** A token of TypeScript, as far as telling apart words, strings, regular expressions and brackets goes. */
export interface Token {
  readonly kind: 'word' | 'string' | 'template' | 'regex' | 'number' | 'punctuation';
  /** As written; of a string, what is between the quotes. */
  readonly text: string;
}

/** Words after which a slash begins a regular expression. */
const BEFORE_EXPRESSION: ReadonlySet<string> = new Set(
  'await case delete do else extends in instanceof new of return throw typeof void yield'.split(' '),
);
const CLOSING: { readonly [opening: string]: string } = { '(': ')', '[': ']', '{': '}' };

const SPACE = /\s+|\/\/[^\n]*|\/\*[\s\S]*?\*\//y;
const HASHBANG = /^#![^\n]*/;
const WORD = /[#@]?[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*/uy;
const NUMBER = /\.?\d[\w.]*/y;
const STRING = /'(?:[^'\\\n\r]|\\[\s\S])*'|"(?:[^"\\\n\r]|\\[\s\S])*"/y;
const REGEX = /\/(?![*/])(?:[^/\\[\n\r]|\\.|\[(?:[^\]\\\n\r]|\\.)*\])+\/\w*/y;

/** The tokens of a file, without comments; undefined where its strings or brackets do not close. */
export function tokenize(text: string): readonly Token[] | undefined {
  const start = HASHBANG.exec(text)?.[0].length ?? 0;
  const tokens: Token[] = [];
  return scan(text, start, tokens) === text.length ? tokens : undefined;
}

/** Scans to the end, or to a closing brace that nothing here opened: returns its position. -1 where text is malformed. */
function scan(text: string, start: number, tokens: Token[]): number {
  const expected: string[] = [];
  let position = start;
  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = position;
    const found = pattern.exec(text)?.[0];
    if (found !== undefined) position += found.length;
    return found;
  };
  while (position < text.length) {
    if (match(SPACE) !== undefined) continue;
    const character = text.charAt(position);
    const word = match(WORD);
    if (word !== undefined) {
      tokens.push({ kind: 'word', text: word });
      continue;
    }
    if (character === "'" || character === '"') {
      const string = match(STRING);
      if (string === undefined) return -1;
      tokens.push({ kind: 'string', text: string.slice(1, -1) });
      continue;
    }
    if (character === '`') {
      const end = skipTemplate(text, position + 1);
      if (end === -1) return -1;
      tokens.push({ kind: 'template', text: text.slice(position, end) });
      position = end;
      continue;
    }
    const number = match(NUMBER);
    if (number !== undefined) {
      tokens.push({ kind: 'number', text: number });
      continue;
    }
    if (character === '/' && beginsExpression(tokens)) {
      const regex = match(REGEX);
      if (regex === undefined) return -1;
      tokens.push({ kind: 'regex', text: regex });
      continue;
    }
    const closing = CLOSING[character];
    if (closing !== undefined) expected.push(closing);
    else if (character === ')' || character === ']' || character === '}') {
      const wanted = expected.pop();
      if (wanted === undefined && character === '}') return position;
      if (wanted !== character) return -1;
    }
    const punctuation = text.startsWith('...', position) ? '...' : text.startsWith('=>', position) ? '=>' : character;
    tokens.push({ kind: 'punctuation', text: punctuation });
    position += punctuation.length;
  }
  return expected.length === 0 ? position : -1;
}

/** The position behind a template literal that starts before `start`. */
function skipTemplate(text: string, start: number): number {
  let position = start;
  while (position < text.length) {
    const character = text.charAt(position);
    if (character === '`') return position + 1;
    if (character === '\\') position += 2;
    else if (character === '$' && text.charAt(position + 1) === '{') {
      const end = scan(text, position + 2, []);
      if (end === -1 || text.charAt(end) !== '}') return -1;
      position = end + 1;
    } else position++;
  }
  return -1;
}

/** True where an operand is expected: a slash there begins a regular expression, elsewhere it divides. */
function beginsExpression(tokens: readonly Token[]): boolean {
  const before = tokens.at(-1);
  if (!isPunctuation(before)) return !isOperand(before);
  if (')]}'.includes(before.text)) return false;
  // Behind an operand these end it: `total! / 2`, `count++ / 2`.
  if (before.text === '!') return !isOperand(tokens.at(-2));
  const doubled = (before.text === '+' || before.text === '-') && tokens.at(-2)?.text === before.text;
  return !(doubled && isOperand(tokens.at(-3)));
}

function isPunctuation(token: Token | undefined): token is Token {
  return token?.kind === 'punctuation';
}

function isOperand(token: Token | undefined): boolean {
  if (token === undefined) return false;
  if (token.kind === 'punctuation') return ')]}'.includes(token.text);
  return token.kind !== 'word' || !BEFORE_EXPRESSION.has(token.text);
}
