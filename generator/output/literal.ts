/** Texts and objects of texts: the only literals that kgen reads back from the code it wrote. */
export type Literal = string | { readonly [key: string]: Literal };

const TOKEN =
  /\s+|\/\*[\s\S]*?\*\/|\/\/[^\n]*|'(?:[^'\\\n]|\\[\s\S])*'|"(?:[^"\\\n]|\\[\s\S])*"|[\p{ID_Start}$_][\p{ID_Continue}$]*|[{}:,+]/uy;

/**
 * The literal behind `name:` where it stands first in a source: a text (also several joined by `+`), or an object of
 * literals. Undefined for anything else. Quotes, line breaks and trailing commas may be a formatter's.
 */
export function readProperty(source: string, name: string): Literal | undefined {
  const start = new RegExp(`(?<![\\w$'".])${name}:\\s*(?=['"{])`).exec(source);
  if (start === null) return undefined;
  const tokens = tokensFrom(source, start.index + start[0].length);
  try {
    return readLiteral(tokens);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

interface Tokens {
  /** The next token without taking it; empty at the end, or where something else than a literal begins. */
  peek(): string;
  take(): string;
}

function tokensFrom(source: string, position: number): Tokens {
  let at = position;
  let next: string | undefined;
  const read = (): string => {
    for (;;) {
      TOKEN.lastIndex = at;
      const token = TOKEN.exec(source)?.[0] ?? '';
      at += token.length;
      if (!/^(\s|\/[/*])/.test(token)) return token;
    }
  };
  return {
    peek: () => {
      next ??= read();
      return next;
    },
    take: () => {
      const token = next ?? read();
      next = undefined;
      return token;
    },
  };
}

function readLiteral(tokens: Tokens): Literal {
  const first = tokens.take();
  if (first === '{') return readObject(tokens);
  let text = unquote(first);
  while (tokens.peek() === '+') {
    tokens.take();
    text += unquote(tokens.take());
  }
  return text;
}

function readObject(tokens: Tokens): Literal {
  const entries: [string, Literal][] = [];
  while (tokens.peek() !== '}') {
    const key = tokens.take();
    if (tokens.take() !== ':') throw new SyntaxError('expected `:`');
    entries.push([/^['"]/.test(key) ? unquote(key) : key, readLiteral(tokens)]);
    if (tokens.peek() === ',') tokens.take();
  }
  tokens.take();
  return Object.fromEntries(entries);
}

const ESCAPES: { readonly [letter: string]: string } = {
  n: '\n',
  r: '\r',
  t: '\t',
  b: '\b',
  f: '\f',
  v: '\v',
  '0': '\0',
};

function unquote(token: string): string {
  if (!/^['"]/.test(token)) throw new SyntaxError('expected a text');
  return token
    .slice(1, -1)
    .replaceAll(/\\(?:u\{([0-9a-f]+)\}|u([0-9a-f]{4})|x([0-9a-f]{2})|([\s\S]))/gi, (_, point, unit, byte, letter) => {
      const code = point ?? unit ?? byte;
      if (code !== undefined) return String.fromCodePoint(Number.parseInt(code, 16));
      return letter === '\n' ? '' : (ESCAPES[letter] ?? letter);
    });
}
