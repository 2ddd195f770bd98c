import type { Source, SourcePosition, TopicPartition } from '../log/port.ts';
import type { Clock } from '../time/clock.ts';
import type { Lane } from './lane.ts';
import type { TableReader } from './opening/table-reader.ts';
import type { Sabotage } from './sabotage.ts';
import type { Task } from './task.ts';
import { WaitingPortions } from './waiting-portions.ts';

/** How far an instance is. */
export interface Progress {
  /** Where each partition that is read at the moment goes on: of streams and of tables. */
  readonly positions: readonly SourcePosition[];
  /** True where there is something to commit. */
  readonly dirty: boolean;
}

/** The tasks of an instance, and to whom the records of each partition go. */
export class Roster {
  /** What was fetched for them and waits. */
  readonly waiting: WaitingPortions;
  readonly #source: Source;
  readonly #tasks = new Map<number, Task>();
  readonly #lanes = new Map<string, Lane>();
  readonly #tables = new Map<string, TableReader>();
  #timed: readonly Task[] = [];

  constructor(source: Source) {
    this.#source = source;
    this.waiting = new WaitingPortions(source);
  }

  /** Of all tasks, also those that get no records yet. */
  tasks(): readonly Task[] {
    return [...this.#tasks.values()];
  }

  task(number: number): Task | undefined {
    return this.#tasks.get(number);
  }

  /** Tasks that processed something since the last barrier. */
  dirty(): readonly Task[] {
    return this.tasks().filter(({ isDirty }) => isDirty);
  }

  /** Who takes the records of a partition at the moment. */
  target(topic: string, partition: number): Lane | TableReader | undefined {
    const key = keyOf(topic, partition);
    return this.#lanes.get(key) ?? this.#tables.get(key);
  }

  add(task: Task): void {
    this.#tasks.set(task.number, task);
  }

  /** From now on the task gets its records. */
  start(task: Task): void {
    if (task.firing !== undefined) this.#timed = [...this.#timed, task];
    for (const lane of task.lanes) this.#lanes.set(keyOf(lane.topic, lane.partition), lane);
    this.#source.assign(task.lanes.filter(isUnfinished).map(positionOf));
    for (const table of task.tables) if (!table.input.global) this.startTable(table);
  }

  startTable(table: TableReader): void {
    const positions = table.positions();
    for (const { topic, partition } of positions) this.#tables.set(keyOf(topic, partition), table);
    this.#source.assign(positions);
  }

  removeTable(table: TableReader): void {
    const partitions = table.partitions();
    this.waiting.drop(partitions);
    this.#source.unassign(partitions);
    for (const { topic, partition } of partitions) this.#tables.delete(keyOf(topic, partition));
  }

  remove(task: Task): void {
    const tables = task.tables.filter(({ input }) => !input.global).flatMap((table) => table.partitions());
    const partitions: TopicPartition[] = [...task.lanes.map(positionOf), ...tables];
    this.waiting.drop(partitions);
    this.#source.unassign(partitions);
    for (const { topic, partition } of partitions) {
      this.#lanes.delete(keyOf(topic, partition));
      this.#tables.delete(keyOf(topic, partition));
    }
    this.#tasks.delete(task.number);
    this.#timed = this.#timed.filter((timed) => timed !== task);
  }

  /** A sabotage: the task goes on without its first partition (against I23). */
  halve(task: Task): void {
    const [lane] = task.lanes;
    if (lane === undefined) return;
    this.waiting.drop([positionOf(lane)]);
    this.#source.unassign([positionOf(lane)]);
    this.#lanes.delete(keyOf(lane.topic, lane.partition));
  }

  /**
   * Everything is as of the last checkpoint again, of all tasks (I12). Tables stay as they are, and go on where they were:
   * what was fetched for them and not applied yet comes again.
   */
  rollback(sabotage: Sabotage): void {
    const tasks = sabotage.rewindOneTask === true ? this.#uncommitted().slice(0, 1) : this.#tasks.values();
    for (const task of tasks) task.rollback();
    const tables = new Set(this.#tables.values());
    this.waiting.clear();
    this.#source.assign([
      ...[...this.#lanes.values()].filter(isUnfinished).map(positionOf),
      ...Array.from(tables, (table) => table.positions()).flat(),
    ]);
  }

  /** Where each partition goes on that is read at the moment: of streams and of tables. */
  reading(): Progress['positions'] {
    return this.#positions(isUnfinished);
  }

  /** As `reading`, of those that wait for what is undecided. */
  readingCommitted(): Progress['positions'] {
    return this.#positions((lane) => isUnfinished(lane) && lane.input.isolation === 'read_committed');
  }

  #positions(isMeant: (lane: Lane) => boolean): Progress['positions'] {
    const tables = new Set(this.#tables.values());
    const positions = [...this.#lanes.values()].filter(isMeant).map(positionOf);
    return positions.concat(Array.from(tables, (table) => [...table.positions()]).flat());
  }

  progress(): Progress {
    return {
      positions: this.reading(),
      dirty: this.isBusy || this.#uncommitted().length > 0,
    };
  }

  /** Of tasks that get records, those that have timers. */
  timed(): readonly Task[] {
    return this.#timed;
  }

  /** Called between fetches, with the clock's `monotonic`: lanes without records hold nobody back after a while. */
  look(now: number): void {
    for (const task of this.#tasks.values()) task.watermark.look(now);
  }

  /** How long nothing is to be done, in milliseconds, unless records come. */
  quietFor(clock: Clock): number {
    let wait = Number.POSITIVE_INFINITY;
    for (const { watermark, firing } of this.#timed) {
      const timer = firing?.nextAt() ?? Number.POSITIVE_INFINITY;
      wait = Math.min(wait, timer - clock.now(), watermark.lookAt - clock.monotonic());
    }
    return wait;
  }

  /** True where there is something to commit, or will be. */
  get hasWork(): boolean {
    return this.isBusy || this.dirty().length > 0;
  }

  /** True while calls are under way, or have failed. */
  get isBusy(): boolean {
    return this.tasks().some(({ calls }) => calls?.isBusy === true);
  }

  /** @throws what a call under way has failed with */
  check(): void {
    for (const { calls } of this.#tasks.values()) calls?.check();
  }

  /** Resolves when no call is under way. @throws what one of them has failed with */
  async idle(): Promise<void> {
    for (const { calls } of this.tasks()) await calls?.idle();
  }

  /** Calls under way do not count any more; resolves when their handlers have settled. */
  async abandon(): Promise<void> {
    await Promise.all(this.tasks().map(({ calls }) => calls?.abandon()));
  }

  #uncommitted(): readonly Task[] {
    return this.tasks().filter((task) => task.hasUncommitted);
  }

  /** True when every lane has reached its end. */
  isCaughtUp(): boolean {
    for (const lane of this.#lanes.values()) if (isUnfinished(lane)) return false;
    return true;
  }

  /** A lane has come to its end, perhaps over records that count for nobody: that is committed. After a rewind it comes again. */
  finish(lane: Lane): void {
    lane.task.moved = true;
    this.#source.unassign([positionOf(lane)]);
  }
}

function keyOf(topic: string, partition: number): string {
  return `${topic}-${partition}`;
}

function isUnfinished({ position, end }: Lane): boolean {
  return position < end;
}

function positionOf({ topic, topicId, partition, position }: Lane): SourcePosition {
  return { topic, id: topicId, partition, offset: position };
}
