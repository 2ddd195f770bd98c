import { LogError } from '../../log/port.ts';
import type { Task } from '../task.ts';
import { type OpenWorld, openTasks } from './open-tasks.ts';
import type { TableReader } from './table-reader.ts';

/** Of `fresh` tasks the positions are to be committed first: they have no checkpoint yet, or lost what it says. */
type Result = { readonly fresh: readonly Task[] } | { readonly error: unknown };

/**
 * Newly assigned tasks that are made ready beside the loop, which goes on with others meanwhile. Nothing of them is running:
 * those that the group asks back are dropped at once, and what becomes of them here does not count.
 */
export class Opening {
  /** Tables that all tasks of the instance share. */
  readonly globals: readonly TableReader[];
  /** What came of it; undefined while it is under way. */
  result: Result | undefined;
  readonly #tasks: Map<number, Task>;
  readonly #size: number;

  /** `ended` is called when there is a result, also where nobody wants it any more. */
  constructor(world: OpenWorld, tasks: readonly Task[], globals: readonly TableReader[], ended: () => void) {
    this.globals = globals;
    this.#tasks = new Map(tasks.map((task) => [task.number, task]));
    this.#size = tasks.length;
    const alive = (): void => {
      world.alive();
      if (this.isCalledOff) throw new LogError('retriable', 'the tasks were given up before they were ready');
    };
    void openTasks({ ...world, alive }, tasks, globals)
      .then(
        (fresh) => {
          this.result = { fresh };
        },
        (error: unknown) => {
          this.result = { error };
        },
      )
      .then(ended);
  }

  /** Those that were not dropped. */
  tasks(): readonly Task[] {
    return [...this.#tasks.values()];
  }

  /** Where all are dropped, it is called off. */
  drop(numbers: readonly number[]): void {
    for (const number of numbers) this.#tasks.delete(number);
  }

  callOff(): void {
    this.#tasks.clear();
  }

  get isCalledOff(): boolean {
    return this.#tasks.size === 0;
  }

  /** True where nothing was dropped: others may have gone on with what was, so that it cannot be opened here any more. */
  get isWhole(): boolean {
    return this.#tasks.size === this.#size;
  }
}
