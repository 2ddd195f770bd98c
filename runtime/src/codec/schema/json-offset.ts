/** Members by name, items by index. */
export type JsonStep = string | number;

/**
 * Where the value behind these steps starts in a JSON text, in UTF-16 units; the nearest value around it where there is
 * none. The text was read before, so it is JSON. Takes time in proportion to the text, and no memory: it may be hostile.
 */
export function jsonOffset(text: string, steps: readonly JsonStep[]): number {
  const scanner = new Scanner(text);
  let start = scanner.space(text.charCodeAt(0) === BYTE_ORDER_MARK ? 1 : 0);
  for (const step of steps) {
    const inside = typeof step === 'number' ? scanner.item(start, step) : scanner.member(start, step);
    if (inside === undefined) break;
    start = inside;
  }
  return start;
}

const BYTE_ORDER_MARK = 0xfeff;

class Scanner {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** Behind white space. */
  space(at: number): number {
    let position = at;
    while (' \n\r\t'.includes(this.#text[position] ?? '.')) position++;
    return position;
  }

  item(array: number, index: number): number | undefined {
    if (this.#text[array] !== '[') return undefined;
    let at = this.space(array + 1);
    for (let i = 0; this.#text[at] !== ']' && at < this.#text.length; i++) {
      if (i === index) return at;
      at = this.#next(this.#behind(at));
    }
    return undefined;
  }

  member(object: number, name: string): number | undefined {
    if (this.#text[object] !== '{') return undefined;
    let at = this.space(object + 1);
    while (this.#text[at] === '"') {
      const end = this.#behindString(at);
      const value = this.space(this.space(end) + 1);
      if (JSON.parse(this.#text.slice(at, end)) === name) return value;
      at = this.#next(this.#behind(value));
    }
    return undefined;
  }

  /** Behind a comma, if there is one. */
  #next(at: number): number {
    const behind = this.space(at);
    return this.#text[behind] === ',' ? this.space(behind + 1) : behind;
  }

  /** Behind the value that starts here. */
  #behind(start: number): number {
    const text = this.#text;
    let depth = 0;
    for (let at = start; at < text.length; at++) {
      const character = text[at] ?? '';
      if (character === '"') at = this.#behindString(at) - 1;
      else if (character === '{' || character === '[') depth++;
      else if (character === '}' || character === ']') depth--;
      else if (depth > 0 || !',]} \n\r\t'.includes(text[at + 1] ?? ',')) continue;
      if (depth <= 0) return depth < 0 ? at : at + 1;
    }
    return text.length;
  }

  #behindString(start: number): number {
    let at = start + 1;
    for (; at < this.#text.length && this.#text[at] !== '"'; at++) if (this.#text[at] === '\\') at++;
    return at + 1;
  }
}
