import type { JsonObject } from '@kgen/runtime/schema';
import { shown, TextFailure, type TextProblem } from '../problem.ts';
import { isToken, type Token } from './token.ts';

/** Types and JSON values may nest this deep. */
export const MAX_NESTING = 200;
/** After as many problems, the rest of a file tells a person nothing new. */
export const MAX_PROBLEMS = 20;

/** Where the members of parsed JSON stand in the text, by object or array and key. */
export type Marks = Map<object, Map<string | number, number>>;

/** The tokens of one file while they are parsed, with what was found wrong so far. */
export class TokenStream {
  readonly problems: TextProblem[];
  readonly marks: Marks = new Map();
  readonly #tokens: readonly Token[];
  readonly #end: Token;
  #at = 0;
  #nesting = 0;
  #failures = 0;

  constructor(tokens: readonly Token[], problems: readonly TextProblem[]) {
    const end = tokens.at(-1);
    if (end?.kind !== 'end') throw new TypeError('Tokens have to end with an end');
    this.#tokens = tokens;
    this.#end = end;
    this.problems = [...problems];
  }

  peek(ahead = 0): Token {
    return this.#tokens[this.#at + ahead] ?? this.#end;
  }

  next(): Token {
    const token = this.peek();
    if (this.#at < this.#tokens.length - 1) this.#at++;
    return token;
  }

  /** End of the token before, where something missing should have stood. */
  get previousEnd(): number {
    return this.#tokens[this.#at - 1]?.end ?? 0;
  }

  at(kind: 'word' | 'symbol', text: string): boolean {
    return isToken(this.peek(), kind, text);
  }

  /** Takes the next token if it is this keyword or symbol. */
  take(kind: 'word' | 'symbol', text: string): Token | undefined {
    return this.at(kind, text) ? this.next() : undefined;
  }

  /** Takes a symbol, or fails. `where` completes the sentence: "expected `{` after the record's name". */
  expect(symbol: string, where: string, hint?: string): Token {
    return (
      this.take('symbol', symbol) ??
      this.fail(`Expected \`${symbol}\` ${where}`, hint ?? `Insert \`${symbol}\` before it`)
    );
  }

  /** Takes the semicolon that ends a statement; reports a missing one and goes on without. */
  endStatement(what: string): void {
    if (this.take('symbol', ';')) return;
    const next = this.peek();
    if (!next.broken) {
      this.problems.push({
        offset: this.previousEnd,
        reason: `Expected \`;\` after ${what}, found ${found(next)}`,
        hint: 'End it with `;`',
      });
    }
    const startsStatement = next.kind === 'word' || next.kind === 'end' || '}@'.includes(next.text);
    if (!startsStatement) throw new TextFailure(REPORTED);
  }

  /** Takes any word, keywords too: where the grammar wants a name, nothing else can stand. */
  name(what: string): Token {
    if (this.peek().kind === 'word') return this.next();
    return this.fail(`Expected ${what}`, 'Names are letters, digits and underscores, and start with no digit');
  }

  /** Fails at the next token, which is named, or at a place of the past. */
  fail(reason: string, hint: string, at?: Token): never {
    const { start: offset, broken } = at ?? this.peek();
    if (broken) throw new TextFailure(REPORTED);
    throw new TextFailure({ offset, reason: at ? reason : `${reason}, found ${found(this.peek())}`, hint });
  }

  report(reason: string, hint: string, at: Token): void {
    this.problems.push({ offset: at.start, reason, hint });
  }

  /** Runs a step; where it fails, notes the problem, calls `skip` and returns undefined. */
  recover<T>(step: () => T, skip: (depth: number) => void): T | undefined {
    const { depth } = this.peek();
    const nesting = this.#nesting;
    try {
      return step();
    } catch (failure) {
      if (!(failure instanceof TextFailure)) throw failure;
      if (failure.problem !== REPORTED) this.problems.push(failure.problem);
      this.#nesting = nesting;
      this.#failures++;
      // Enough is enough: the first problems are what a person reads.
      if (this.#failures > MAX_PROBLEMS) this.#at = this.#tokens.length - 1;
      else skip(depth);
      return undefined;
    }
  }

  /**
   * Goes behind the statement that began at `depth`: behind its semicolon, in front of the bracket that closes what holds
   * it, or, where statements may end in a block, behind that.
   */
  skipStatement(depth: number, endsInBlock: boolean): void {
    for (;;) {
      const token = this.peek();
      if (token.kind === 'end' || token.depth < depth) return;
      this.next();
      if (token.depth > depth) continue;
      if (isToken(token, 'symbol', ';') || (endsInBlock && isToken(token, 'symbol', '}'))) return;
    }
  }

  /** Runs a step one level deeper. */
  nested<T>(step: () => T): T {
    if (this.#nesting >= MAX_NESTING) {
      this.fail(`Nesting deeper than ${MAX_NESTING} levels`, 'Give the inner types names, as records', this.peek());
    }
    this.#nesting++;
    const result = step();
    this.#nesting--;
    return result;
  }

  /** Remembers where a member of a JSON value stands. */
  mark(owner: object, key: string | number, offset: number): void {
    const known = this.marks.get(owner);
    if (known) known.set(key, offset);
    else this.marks.set(owner, new Map([[key, offset]]));
  }
}

/** Stands for a problem that is on the list already. */
const REPORTED: TextProblem = { offset: 0, reason: '', hint: '' };

export function found(token: Token): string {
  switch (token.kind) {
    case 'end':
      return 'the end of the file';
    case 'string':
      return `the string "${shown(token.text)}"`;
    case 'number':
    case 'word':
    case 'symbol':
      return `\`${shown(token.text)}\``;
  }
}

/** An object with these members, `__proto__` included, later ones winning; members that are undefined are left out. */
export function jsonObject(members: readonly (readonly [string, JsonObject[string] | undefined])[]): JsonObject {
  return Object.fromEntries(
    members.filter((member): member is [string, JsonObject[string]] => member[1] !== undefined),
  );
}
