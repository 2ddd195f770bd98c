/** A value that goes back with an abort: as of each barrier whose checkpoint is not decided yet, and as of the last committed one. */
export class AtBarriers<T> {
  #committed: T;
  /** Oldest first. */
  readonly #sealed: T[] = [];

  constructor(start: T) {
    this.#committed = start;
  }

  /** As of the last barrier. */
  get last(): T {
    return this.#sealed.at(-1) ?? this.#committed;
  }

  /** As of the last committed checkpoint. */
  get committed(): T {
    return this.#committed;
  }

  restore(value: T): void {
    this.#committed = value;
    this.#sealed.length = 0;
  }

  seal(value: T): void {
    this.#sealed.push(value);
  }

  /** The oldest checkpoint that is sealed is committed. */
  commit(): void {
    this.#committed = this.#sealed.shift() ?? this.#committed;
  }

  /** No checkpoint that is sealed will be committed. Gives what it is again. */
  rollback(): T {
    this.#sealed.length = 0;
    return this.#committed;
  }
}
