/** Words that cannot name a local variable in a module, and globals that generated code means. */
const RESERVED: ReadonlySet<string> = new Set(
  (
    'arguments await break case catch class const continue debugger default delete do else enum eval export extends ' +
    'false finally for function if implements import in instanceof interface let new null package private protected ' +
    'public return static super switch this throw true try typeof var void while with yield undefined NaN Infinity ' +
    'Array BigInt Date Math Object Uint8Array async of'
  ).split(' '),
);

/** What functions of the runtime and of other files are called: a local of such a name would hide one. */
const FUNCTIONS =
  /^(?:read|write|skip|date|time|timestampText|localTimestampText|decimal|unscaled|uuid|duration|text|truncated|unzigzag|enter|leave|begin|own|member|set|is|no)[A-Z_\d]|^(?:truncated|unzigzag|enter|descend|unresolvable|skip|symbols)\d*$/;

/** Names the local variables of one function after fields: a name that means something else there gets a `_`. */
export class Locals {
  readonly #taken: Set<string>;

  /** `used`: names that the function uses otherwise. */
  constructor(used: readonly string[]) {
    this.#taken = new Set(used);
  }

  name(field: string): string {
    // Whatever is put behind `isCorrect`, it still begins as a function's name does.
    let local = FUNCTIONS.test(field) ? `_${field}` : field;
    while (this.#taken.has(local) || RESERVED.has(local)) local += '_';
    this.#taken.add(local);
    return local;
  }
}
