import type { Json, JsonObject } from './type.ts';

/** Text that is not JSON. `offset` counts UTF-16 units from 0, `line` and `column` from 1. */
export class JsonError extends Error {
  readonly code = 'json';
  readonly reason: string;
  readonly offset: number;
  readonly line: number;
  readonly column: number;

  constructor(reason: string, text: string, offset: number) {
    const { line, column } = positionOf(text, offset);
    super(`${reason} (line ${line}, column ${column})`);
    this.name = 'JsonError';
    this.reason = reason;
    this.offset = offset;
    this.line = line;
    this.column = column;
  }
}

export interface JsonOptions {
  /** How deep arrays and objects may nest. Default 2,000. */
  readonly maxDepth?: number | undefined;
  /** Filled with the offset of each value, by path: `fields[2].type`; `''` is the root. */
  readonly positions?: Map<string, number> | undefined;
}

const DEFAULT_MAX_DEPTH = 2000;
const BYTE_ORDER_MARK = 0xfeff;

/**
 * Reads JSON without loss: an integer beyond ±(2^53 − 1) becomes a bigint. Objects have no prototype, so that any
 * member name is only a member. A name that appears twice in an object is refused: readers disagree on which one counts.
 * Nesting costs no stack.
 * @throws JsonError
 */
export function parseJson(text: string, options: JsonOptions = {}): Json {
  return new JsonReader(text, options).document();
}

/** Line and column, both from 1, of an offset in UTF-16 units. */
export function positionOf(text: string, offset: number): { line: number; column: number } {
  let line = 1;
  let start = 0;
  for (let at = text.indexOf('\n'); at !== -1 && at < offset; at = text.indexOf('\n', at + 1)) {
    line++;
    start = at + 1;
  }
  return { line, column: offset - start + 1 };
}

/**
 * Finds where the value at a path (as a SchemaProblem has it) starts in a JSON text, in UTF-16 units; the nearest value
 * around it where there is none. The text is read once, when the first is asked for, and the path of each of its values
 * kept: for schemas.
 */
export function jsonLocator(text: string): (path: string) => number | undefined {
  let positions: Map<string, number> | undefined;
  return (path) => {
    positions ??= positionsIn(text);
    for (let at = path; ; at = parentPath(at)) {
      const offset = positions.get(at);
      if (offset !== undefined || at === '') return offset;
    }
  };
}

/** None where it is not JSON. */
function positionsIn(text: string): Map<string, number> {
  const positions = new Map<string, number>();
  try {
    parseJson(text, { positions });
    return positions;
  } catch {
    return new Map();
  }
}

function parentPath(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('.'), path.lastIndexOf('[')));
}

/** A member, and nothing inherited: `json` may come from anywhere. */
export function member(object: JsonObject, name: string): Json | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

export function isJsonObject(json: Json | undefined): json is JsonObject {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}

export function isJsonArray(json: Json | undefined): json is readonly Json[] {
  return Array.isArray(json);
}

type Container =
  | { readonly items: Json[]; readonly path: string }
  | { readonly members: { [name: string]: Json }; readonly path: string; name: string };

const ESCAPES: { readonly [char: string]: string } = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};
const NUMBER = /-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?/y;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SPACE = 0x20;
const HEX4 = /[0-9a-fA-F]{4}/y;

class JsonReader {
  readonly #text: string;
  readonly #maxDepth: number;
  readonly #positions: Map<string, number> | undefined;
  readonly #open: Container[] = [];
  #at = 0;

  constructor(text: string, options: JsonOptions) {
    this.#text = text;
    this.#maxDepth = options.maxDepth ?? DEFAULT_MAX_DEPTH;
    this.#positions = options.positions;
    if (text.charCodeAt(0) === BYTE_ORDER_MARK) this.#at = 1;
  }

  document(): Json {
    for (;;) {
      let value = this.#openOrScalar();
      while (value !== undefined) {
        const container = this.#open.at(-1);
        if (container === undefined) {
          this.#space();
          if (this.#at < this.#text.length) throw this.#error('expected the end of the text');
          return value;
        }
        value = this.#add(container, value);
      }
    }
  }

  /** A value without parts, or undefined after entering an array or object that has some. */
  #openOrScalar(): Json | undefined {
    this.#space();
    const path = this.#positions === undefined ? '' : this.#path();
    this.#positions?.set(path, this.#at);
    switch (this.#text[this.#at]) {
      case '{':
        this.#at++;
        this.#enter();
        if (this.#take('}')) return emptyObject();
        this.#open.push({ members: emptyObject(), path, name: this.#name() });
        return undefined;
      case '[':
        this.#at++;
        this.#enter();
        if (this.#take(']')) return [];
        this.#open.push({ items: [], path });
        return undefined;
      case '"':
        return this.#string();
      case 't':
        return this.#word('true', true);
      case 'f':
        return this.#word('false', false);
      case 'n':
        return this.#word('null', null);
      default:
        return this.#number();
    }
  }

  /** Puts a value where it belongs. Returns the container when that was its last value. */
  #add(container: Container, value: Json): Json | undefined {
    if ('items' in container) {
      container.items.push(value);
      if (this.#take(',')) return undefined;
      if (!this.#take(']')) throw this.#error("expected ',' or ']'");
      this.#open.pop();
      return container.items;
    }
    container.members[container.name] = value;
    if (this.#take(',')) {
      const at = this.#at;
      container.name = this.#name();
      if (container.name in container.members) {
        this.#at = at;
        this.#space();
        throw this.#error(`the name ${JSON.stringify(container.name)} appears twice in one object`);
      }
      return undefined;
    }
    if (!this.#take('}')) throw this.#error("expected ',' or '}'");
    this.#open.pop();
    return container.members;
  }

  #enter(): void {
    if (this.#open.length >= this.#maxDepth) throw this.#error(`nested more than ${this.#maxDepth} levels deep`);
  }

  #name(): string {
    this.#space();
    if (this.#text[this.#at] !== '"') throw this.#error('expected a name in double quotes');
    const name = this.#string();
    if (!this.#take(':')) throw this.#error("expected ':'");
    return name;
  }

  #path(): string {
    const container = this.#open.at(-1);
    if (container === undefined) return '';
    if ('items' in container) return `${container.path}[${container.items.length}]`;
    return container.path === '' ? container.name : `${container.path}.${container.name}`;
  }

  #string(): string {
    let result = '';
    this.#at++;
    for (;;) {
      const start = this.#at;
      let unit = this.#text.charCodeAt(this.#at);
      while (unit !== QUOTE && unit !== BACKSLASH && unit >= SPACE) unit = this.#text.charCodeAt(++this.#at);
      result += this.#text.slice(start, this.#at);
      if (unit === QUOTE) {
        this.#at++;
        return result;
      }
      if (unit !== BACKSLASH) {
        const ended = Number.isNaN(unit);
        throw this.#error(ended ? 'the text ends inside a string' : 'a control character inside a string');
      }
      result += this.#escape();
    }
  }

  #escape(): string {
    const kind = this.#text[this.#at + 1] ?? '';
    if (kind === 'u') {
      HEX4.lastIndex = this.#at + 2;
      const hex = HEX4.exec(this.#text)?.[0];
      if (hex === undefined) throw this.#error("expected four hexadecimal digits after '\\u'");
      this.#at += 6;
      return String.fromCharCode(Number.parseInt(hex, 16));
    }
    const char = Object.hasOwn(ESCAPES, kind) ? ESCAPES[kind] : undefined;
    if (char === undefined) throw this.#error('an escape that JSON does not have');
    this.#at += 2;
    return char;
  }

  #number(): Json {
    NUMBER.lastIndex = this.#at;
    const match = NUMBER.exec(this.#text);
    if (match === null) {
      throw this.#error(this.#at >= this.#text.length ? 'the text ends where a value is expected' : 'expected a value');
    }
    const [text, fraction, exponent] = match;
    const value = Number(text);
    if (!Number.isFinite(value)) throw this.#error('a number beyond all ranges');
    const next = this.#text[this.#at + text.length];
    if (next !== undefined && !/[\s,\]}]/.test(next)) throw this.#error('not a number of JSON');
    this.#at += text.length;
    const integer = fraction === undefined && exponent === undefined;
    return integer && !Number.isSafeInteger(value) ? BigInt(text) : value;
  }

  #word<T extends Json>(word: string, value: T): T {
    if (!this.#text.startsWith(word, this.#at)) throw this.#error('expected a value');
    this.#at += word.length;
    return value;
  }

  #take(char: string): boolean {
    this.#space();
    if (this.#text[this.#at] !== char) return false;
    this.#at++;
    return true;
  }

  #space(): void {
    for (;;) {
      const char = this.#text.charCodeAt(this.#at);
      if (char !== 0x20 && char !== 0x0a && char !== 0x0d && char !== 0x09) return;
      this.#at++;
    }
  }

  #error(reason: string): JsonError {
    return new JsonError(reason, this.#text, Math.min(this.#at, this.#text.length));
  }
}

function emptyObject(): { [name: string]: Json } {
  return Object.create(null) as { [name: string]: Json };
}

/** JSON text of a value, without spaces; bigints as digits, -0 with its sign, member order kept. */
export function writeJson(json: Json): string {
  if (typeof json === 'bigint') return json.toString();
  if (typeof json === 'number') return Object.is(json, -0) ? '-0.0' : JSON.stringify(json);
  if (typeof json !== 'object' || json === null) return JSON.stringify(json);
  if (isJsonArray(json)) return `[${json.map(writeJson).join(',')}]`;
  return `{${Object.keys(json)
    .map((name) => `${JSON.stringify(name)}:${writeJson(json[name] ?? null)}`)
    .join(',')}}`;
}
