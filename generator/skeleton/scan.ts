import { ON_TIMER, timerPath } from './handlers.ts';
import { type Token, tokenize } from './tokens.ts';

/** The handlers a job file gives to its job, as far as a glance at its tokens tells. */
export interface HandlerScan {
  readonly names: readonly string[];
  /** False where more may come from a spread, a computed name, or an `onTimer` that is no object literal. */
  readonly complete: boolean;
}

/**
 * Finds the handlers in a job file without parsing it: `generate` looks at every job file each time,
 * and a parser takes longer to load than all else takes to run. Undefined where the tokens do not show
 * exactly one call of the job's function with an object literal.
 */
export function scanHandlers(text: string, functionName: string): HandlerScan | undefined {
  // Positions are not used: what matters are words and brackets.
  const tokens = tokenize(text.startsWith('\uFEFF') ? text.slice(1) : text);
  if (tokens === undefined) return undefined;
  const [call, ...others] = findCalls(tokens, functionName);
  if (call === undefined || others.length > 0) return undefined;
  let open = call + 1;
  while (is(tokens[open], '(')) open++;
  return is(tokens[open], '{') ? readProperties(tokens, open + 1) : undefined;
}

/** Indexes of the opening parentheses of calls. */
function findCalls(tokens: readonly Token[], functionName: string): readonly number[] {
  const { functions, namespaces } = findImports(tokens, functionName);
  const calls: number[] = [];
  tokens.forEach((token, index) => {
    if (token.kind !== 'word' || !is(tokens[index + 1], '(')) return;
    const before = tokens[index - 1];
    const qualifier = tokens[index - 2];
    if (is(before, '.')) {
      if (token.text === functionName && qualifier?.kind === 'word' && namespaces.has(qualifier.text))
        calls.push(index);
    } else if (functions.has(token.text)) calls.push(index);
  });
  return calls;
}

interface Imports {
  readonly functions: ReadonlySet<string>;
  readonly namespaces: ReadonlySet<string>;
}

function findImports(tokens: readonly Token[], functionName: string): Imports {
  const functions = new Set<string>();
  const namespaces = new Set<string>();
  for (let index = 0; index < tokens.length; index++) {
    if (!isWord(tokens[index], 'import')) continue;
    const end = tokens.findIndex(
      (token, at) => at > index && (token.kind === 'string' || is(token, ';') || is(token, '=')),
    );
    const clause = tokens.slice(index + 1, end === -1 ? undefined : end);
    const [only] = clause;
    if (is(tokens[end], '=') && only !== undefined) namespaces.add(only.text);
    clause.forEach((token, at) => {
      const local = clause[at + 2]?.text ?? '';
      if (token.kind === 'word' && token.text === functionName && !isWord(clause[at - 1], 'as')) {
        functions.add(isWord(clause[at + 1], 'as') ? local : functionName);
      }
      if (is(token, '*') && isWord(clause[at + 1], 'as')) namespaces.add(local);
    });
  }
  return { functions, namespaces };
}

/** The names of an object literal's properties, from behind its brace. */
function readProperties(tokens: readonly Token[], start: number): HandlerScan {
  const names: string[] = [];
  const timers: string[] = [];
  let complete = true;
  let index = start;
  while (index < tokens.length && !is(tokens[index], '}')) {
    while (isModifier(tokens, index)) index++;
    const token = tokens[index];
    const inBrackets = tokens[index + 1];
    if (is(token, '[') && inBrackets?.kind === 'string' && is(tokens[index + 2], ']')) names.push(inBrackets.text);
    else if (token?.kind === 'word' || token?.kind === 'string' || token?.kind === 'number') names.push(token.text);
    else complete = false;
    if (token?.text === ON_TIMER) {
      const literal = is(tokens[index + 1], ':') && is(tokens[index + 2], '{');
      const inner = literal ? readProperties(tokens, index + 3) : undefined;
      timers.push(...(inner?.names.map(timerPath) ?? []));
      complete &&= inner?.complete === true;
    }
    index = skipProperty(tokens, index);
  }
  return { names: [...names, ...timers], complete };
}

/** `async`, `get`, `set` and `*` before a name; `async(…)` is a handler of that name. */
function isModifier(tokens: readonly Token[], index: number): boolean {
  const token = tokens[index];
  if (is(token, '*')) return true;
  if (!isWord(token, 'async') && !isWord(token, 'get') && !isWord(token, 'set')) return false;
  const next = tokens[index + 1];
  return next !== undefined && (next.kind !== 'punctuation' || is(next, '*') || is(next, '['));
}

/** The index behind the property's comma, or of the brace that ends the literal. */
function skipProperty(tokens: readonly Token[], start: number): number {
  let depth = 0;
  for (let index = start; index < tokens.length; index++) {
    const token = tokens[index];
    if (token?.kind !== 'punctuation') continue;
    if ('([{'.includes(token.text)) depth++;
    else if (depth === 0 && token.text === '}') return index;
    else if (')]}'.includes(token.text)) depth--;
    else if (depth === 0 && token.text === ',') return index + 1;
    else if (depth === 0 && token.text === '<') index = skipTypeArguments(tokens, index);
  }
  return tokens.length;
}

/** The index of the `>` of type arguments such as `<A, B>`, or `start` where it is a comparison. */
function skipTypeArguments(tokens: readonly Token[], start: number): number {
  if (tokens[start - 1]?.kind !== 'word') return start;
  let angles = 0;
  let depth = 0;
  for (let index = start; index < tokens.length; index++) {
    const token = tokens[index];
    if (token?.kind !== 'punctuation') continue;
    if ('([{'.includes(token.text)) depth++;
    else if (')]}'.includes(token.text)) {
      depth--;
      if (depth < 0) return start;
    } else if (depth === 0 && (token.text === ':' || token.text === ';' || token.text === '=')) return start;
    else if (token.text === '<') angles++;
    else if (token.text === '>') {
      angles--;
      if (angles === 0) return tokens[index + 1]?.kind === 'punctuation' ? index : start;
    }
  }
  return start;
}

function is(token: Token | undefined, punctuation: string): boolean {
  return token?.kind === 'punctuation' && token.text === punctuation;
}

function isWord(token: Token | undefined, word: string): boolean {
  return token?.kind === 'word' && token.text === word;
}
