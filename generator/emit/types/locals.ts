/** Words that cannot name a local variable in a module, and globals that generated code means. */
const RESERVED: ReadonlySet<string> = new Set(
  (
    'arguments await break case catch class const continue debugger default delete do else enum eval export extends ' +
    'false finally for function if implements import in instanceof interface let new null package private protected ' +
    'public return static super switch this throw true try typeof var void while with yield undefined NaN Infinity ' +
    'Array BigInt Date Math Object Uint8Array async of'
  ).split(' '),
);

/** What reading in place calls, as the file may have imported it. */
const IN_PLACE =
  /^(?:r|p|byte|second|third|view|end|(?:truncated|unzigzag|notBoolean|readInt|readLongNumber|skipInt|skipLong|enter)\d*)$/;

/** Names the local variables of one function after fields: a name that means something else there gets a `_`. */
export class Locals {
  readonly #taken: Set<string>;

  /** `used`: the code that stands in the function besides; none of the names in it is hidden. */
  constructor(used: readonly string[]) {
    this.#taken = new Set(used.flatMap((code) => code.match(/[\p{ID_Start}$_][\p{ID_Continue}$]*/gu) ?? []));
  }

  name(field: string): string {
    let local = field;
    while (this.#taken.has(local) || RESERVED.has(local) || IN_PLACE.test(local)) local += '_';
    this.#taken.add(local);
    return local;
  }
}
