/** What a process is about, as its requests tell: protocols break in windows, and faults are to hit all of them. */
export const PHASES = [
  /** Not yet a member. */
  'start',
  /** It has new tasks, and asks for dead owners and offsets. */
  'opening tasks',
  'restoring state',
  'reading tables',
  /** As the three above, and records of other tasks are handled meanwhile. */
  'opening tasks while others go on',
  /** As the four above, and it waits for the next generation as well. */
  'opening tasks while it rejoins',
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
  /** Whatever becomes of the first, the others are to follow it (I15). */
  'several checkpoints under way',
] as const;

export type Phase = (typeof PHASES)[number];

/** Follows one process through its phases. */
export class PhaseTracker {
  #member = false;
  #rejoining = false;
  #ending: 'commit' | 'abort' | undefined;
  #transaction: 'none' | 'written' | 'offsets' = 'none';
  /** Tasks that it was given, and gets no records of yet. */
  readonly #opening = new Set<number>();
  /** Tasks that it gets records of. */
  readonly #running = new Set<number>();
  readonly #reading = { changelog: 0, table: 0 };

  /** Checkpoints that are sealed and not ended. */
  #sealed = 0;

  now(): Phase {
    if (this.#sealed > 1) return 'several checkpoints under way';
    if (this.#ending !== undefined) return `EndTxn(${this.#ending}) unanswered`;
    if (this.#transaction === 'offsets') return 'after TxnOffsetCommit, before EndTxn';
    if (this.#opening.size > 0) return this.#howItOpens();
    if (this.#rejoining) return 'rejoining';
    if (this.#transaction === 'written') return 'after Produce, before TxnOffsetCommit';
    return this.#member ? 'between transactions' : 'start';
  }

  #howItOpens(): Phase {
    if (this.#rejoining) return 'opening tasks while it rejoins';
    if (this.#running.size > 0) return 'opening tasks while others go on';
    if (this.#reading.changelog > 0) return 'restoring state';
    return this.#reading.table > 0 ? 'reading tables' : 'opening tasks';
  }

  /** True where tasks are asked back that are being opened. */
  revoked(tasks: readonly number[]): boolean {
    this.#rejoining = true;
    return tasks.filter((task) => this.#opening.delete(task)).length > 0;
  }

  assigned(tasks: readonly number[]): void {
    this.#member = true;
    this.#rejoining = false;
    for (const task of tasks) this.#opening.add(task);
  }

  /** Records of the task are asked for. */
  opened(task: number): void {
    this.#opening.delete(task);
    this.#running.add(task);
  }

  /** No more. */
  closed(task: number): void {
    this.#running.delete(task);
  }

  reading(what: 'changelog' | 'table', change: 1 | -1): void {
    this.#reading[what] += change;
  }

  appended(): void {
    if (this.#transaction === 'none') this.#transaction = 'written';
  }

  sealed(): void {
    this.#sealed++;
  }

  unsealed(): void {
    this.#sealed--;
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
    this.#sealed = 0;
    this.#member = false;
    this.#opening.clear();
    this.#running.clear();
    this.#rejoining = false;
  }
}
