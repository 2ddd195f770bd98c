import { LogError } from '../../log/port.ts';

/**
 * The place of a checkpoint among those that are under way at once (I15): its offsets go out when those of the one before it are
 * in that one's transaction, and its commit when that one is committed. Where one is not, none after it is.
 */
export class Turn {
  #before: Turn | undefined;
  readonly #offsets: PromiseWithResolvers<boolean> = Promise.withResolvers();
  readonly #over: PromiseWithResolvers<boolean> = Promise.withResolvers();

  constructor(before: Turn | undefined) {
    this.#before = before;
  }

  /** Resolves when the offsets may be sent. @throws LogError, `abortable`, where the one before has failed */
  async forOffsets(): Promise<void> {
    const before = this.#before;
    if (before !== undefined && !(await before.#offsets.promise)) throw failed();
  }

  /** Resolves when the transaction may be committed. @throws LogError, `abortable`, where the one before was not */
  async forCommit(): Promise<void> {
    const before = this.#before;
    if (before !== undefined && !(await before.#over.promise)) throw failed();
    // Else each would keep all before it.
    this.#before = undefined;
  }

  /** The offsets are in the transaction. */
  offsetsSent(): void {
    this.#offsets.resolve(true);
  }

  end(committed: boolean): void {
    this.#offsets.resolve(committed);
    this.#over.resolve(committed);
  }
}

function failed(): LogError {
  return new LogError('abortable', 'the checkpoint before this one was not committed');
}
