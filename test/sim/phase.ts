/** What a process is about, as its requests tell: protocols break in windows, and faults are to hit all of them. */
export const PHASES = [
  /** Not yet a member. */
  'start',
  /** It has new tasks, and asks for dead owners and offsets. */
  'opening tasks',
  'restoring state',
  'reading tables',
  /** It has given tasks up, and waits for the next generation (I4). */
  'rejoining',
  /** It reads and handles records, and has written nothing since the last transaction. */
  'between transactions',
  /** Records are written, and no offsets yet. */
  'after Produce, before TxnOffsetCommit',
  'after TxnOffsetCommit, before EndTxn',
  /** Applied or not: only its answer would say (I5). */
  'EndTxn(commit) unanswered',
  'EndTxn(abort) unanswered',
] as const;

export type Phase = (typeof PHASES)[number];

/** Follows one process through its phases. */
export class PhaseTracker {
  #member = false;
  #opening = false;
  #rejoining = false;
  #ending: 'commit' | 'abort' | undefined;
  #transaction: 'none' | 'written' | 'offsets' = 'none';
  readonly #reading = { changelog: 0, table: 0 };

  now(): Phase {
    if (this.#ending !== undefined) return `EndTxn(${this.#ending}) unanswered`;
    if (this.#transaction === 'offsets') return 'after TxnOffsetCommit, before EndTxn';
    if (this.#reading.changelog > 0) return 'restoring state';
    if (this.#reading.table > 0) return 'reading tables';
    if (this.#opening) return 'opening tasks';
    if (this.#rejoining) return 'rejoining';
    if (this.#transaction === 'written') return 'after Produce, before TxnOffsetCommit';
    return this.#member ? 'between transactions' : 'start';
  }

  revoked(): void {
    this.#rejoining = true;
  }

  assigned(tasks: readonly number[]): void {
    this.#member = true;
    this.#rejoining = false;
    if (tasks.length > 0) this.#opening = true;
  }

  /** Records of the tasks' inputs are asked for. */
  opened(): void {
    this.#opening = false;
  }

  reading(what: 'changelog' | 'table', change: 1 | -1): void {
    this.#reading[what] += change;
  }

  appended(): void {
    if (this.#transaction === 'none') this.#transaction = 'written';
  }

  offsetsSent(): void {
    this.#transaction = 'offsets';
  }

  ending(how: 'commit' | 'abort'): void {
    this.#ending = how;
  }

  ended(): void {
    this.#ending = undefined;
    this.#transaction = 'none';
  }

  /** Another incarnation begins, with another producer and another membership. */
  restarted(): void {
    this.ended();
    this.#member = false;
    this.#opening = false;
    this.#rejoining = false;
  }
}
