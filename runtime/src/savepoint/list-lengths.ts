import { JobError } from '../task/job-error.ts';
import type { SavedState } from './saved-state.ts';
import type { SavedEntry } from './state-reader.ts';

interface Items {
  count: number;
  highest: number;
}

/**
 * Whether lists may be as long as a savepoint says: an item stands behind all that precede it, so that none has a higher index
 * than there are items. A job would make room for each item up to the last.
 */
export class ListLengths {
  readonly #names: readonly string[];
  readonly #items: readonly (Items | undefined)[];

  constructor(states: readonly SavedState[]) {
    this.#names = states.map(({ name }) => name);
    this.#items = states.map(({ kind }) => (kind === 'list' ? { count: 0, highest: -1 } : undefined));
  }

  add({ state, member }: SavedEntry): void {
    const items = this.#items[state];
    if (items === undefined) return;
    items.count++;
    items.highest = Math.max(items.highest, member.view.getUint32(0));
  }

  /** All were added. @throws JobError with code `JOB_SAVEPOINT` */
  check(): void {
    this.#items.forEach((items, i) => {
      if (items === undefined || items.highest < items.count) return;
      const what = `list ${this.#names[i]} has an item ${items.highest}, and ${items.count} items in all`;
      throw new JobError('JOB_SAVEPOINT', `the savepoint cannot be used: ${what}. No job has written it like that`);
    });
  }
}
