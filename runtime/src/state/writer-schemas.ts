/**
 * Schemas other than the present ones, of which values lie in a task's state. Values keep the bytes they were written
 * with, and are resolved when they are read. A changelog holds the text of each schema it refers to.
 */
export class WriterSchemas {
  readonly #numbers = new Map<bigint, number>();
  readonly #texts: (string | undefined)[] = [undefined];
  readonly #fingerprints: bigint[] = [0n];
  /** By fingerprint and state: what the fingerprint leaves out is that state's. */
  readonly #ofStates = new Map<string, string>();

  /** The number of a fingerprint, from 1. Its text may be learnt later: compaction does not keep the order. */
  number(fingerprint: bigint): number {
    let number = this.#numbers.get(fingerprint);
    if (number === undefined) {
      number = this.#texts.push(undefined) - 1;
      this.#fingerprints.push(fingerprint);
      this.#numbers.set(fingerprint, number);
    }
    return number;
  }

  learn(fingerprint: bigint, state: string, text: string): void {
    this.#texts[this.number(fingerprint)] = text;
    this.#ofStates.set(`${fingerprint} ${state}`, text);
  }

  text(number: number): string {
    const text = this.#texts[number];
    if (text === undefined) throw new Error(`schema ${number} has no text`);
    return text;
  }

  /** As a state wrote it: states may share a fingerprint, which leaves logical types out. Those of an earlier version had no names. */
  textFor(number: number, state: string): string {
    return this.find(this.fingerprint(number), state) ?? this.text(number);
  }

  fingerprint(number: number): bigint {
    return this.#fingerprints[number] ?? 0n;
  }

  /** The schema of a fingerprint that values of a state were written with, where the changelog holds it. */
  find(fingerprint: bigint, state: string): string | undefined {
    return this.#ofStates.get(`${fingerprint} ${state}`);
  }

  /** Fingerprints that values refer to, and whose schema is missing. */
  missing(): bigint[] {
    return this.#fingerprints.filter((_, number) => number > 0 && this.#texts[number] === undefined);
  }
}
