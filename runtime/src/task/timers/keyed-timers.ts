import type { Writer } from '../../codec/writer.ts';
import { Cell, NOWHERE, type PreImage } from '../../state/cell.ts';
import { CellMemory, type TaskMemory } from '../../state/cell-memory.ts';
import type { ChangelogPlace } from '../../state/changelog-place.ts';
import type { Identity, KeyIdentity } from '../../state/key-identity.ts';
import type { KeyedState } from '../../state/keyed-state.ts';
import type { CallScope } from '../../state/scope.ts';
import { type Queued, TimeQueue } from '../../time/time-queue.ts';
import { type TimerSetting, timerSetting } from './timer-codec.ts';

/** One timer of one key: a cell of state that also stands in a queue while it is set. */
export class TimerCell extends Cell implements Queued {
  readonly identity: Identity;
  readonly id: string;
  place = -1;

  constructor(identity: Identity, id: string) {
    super();
    this.identity = identity;
    this.id = id;
  }
}

/** The same order in every run, whatever it was that set them. */
function isBefore(a: TimerCell, b: TimerCell): boolean {
  return a.id < b.id || (a.id === b.id && a.identity < b.identity);
}

/**
 * The timers of one task, over all keys. They are state like any other: encoded, in the changelog, taken back with the call
 * or the transaction that changed them (I12, I17). Whatever changes a cell comes through `place`, and keeps the queues in step.
 */
class TimerMemory extends CellMemory {
  readonly byEventTime: TimeQueue<TimerCell> = new TimeQueue(isBefore);
  readonly byClock: TimeQueue<TimerCell> = new TimeQueue(isBefore);
  /** Ids of timers that a changelog holds, and nobody fires any more. */
  readonly unknown: Set<string> = new Set();
  /** True while a changelog is read: a timer may be replaced there, and schemas come in any order. */
  restoring = false;
  readonly #fires: (id: string) => boolean;

  constructor(task: TaskMemory, fires: (id: string) => boolean) {
    super('timers', timerSetting, task);
    this.#fires = fires;
  }

  override place(cell: Cell, address: number, length: number, schema: number): void {
    super.place(cell, address, length, schema);
    if (!(cell instanceof TimerCell)) return;
    if (address === NOWHERE) this.#queueOf(cell)?.remove(cell);
    else if (!this.restoring) this.enqueue(cell);
  }

  enqueue(cell: TimerCell): void {
    if (!this.#fires(cell.id)) {
      this.unknown.add(cell.id);
      return;
    }
    const { time, eventTime } = this.read(cell) as TimerSetting;
    const [queue, other] = eventTime ? [this.byEventTime, this.byClock] : [this.byClock, this.byEventTime];
    if (cell.place >= 0 && other.has(cell)) other.remove(cell);
    queue.put(cell, time);
  }

  #queueOf(cell: TimerCell): TimeQueue<TimerCell> | undefined {
    if (cell.place < 0) return undefined;
    return this.byEventTime.has(cell) ? this.byEventTime : this.byClock;
  }
}

/** Timers by id and key: setting one again replaces it. */
export class KeyedTimers implements KeyedState {
  readonly kind = 'timer';
  /** States are named by identifiers: no other has this name. */
  readonly name = '';
  readonly memory: TimerMemory;
  readonly #identities: KeyIdentity;
  readonly #handle: (scope: CallScope) => object;
  readonly #cells = new Map<string, Map<Identity, TimerCell>>();

  /** Timers of ids that do not fire stay where they are: a later version of the job may know them again. */
  constructor(
    task: TaskMemory,
    identities: KeyIdentity,
    fires: (id: string) => boolean,
    handle: (timers: KeyedTimers, scope: CallScope) => object,
  ) {
    this.memory = new TimerMemory(task, fires);
    this.#identities = identities;
    this.#handle = (scope) => handle(this, scope);
  }

  handle(scope: CallScope): object {
    return this.#handle(scope);
  }

  /** The first that is due, by the watermark or by the clock; event time goes first. */
  due(watermark: number, now: number): TimerCell | undefined {
    const { byEventTime, byClock } = this.memory;
    if (byEventTime.nextTime <= watermark) return byEventTime.first;
    return byClock.nextTime <= now ? byClock.first : undefined;
  }

  setting(identity: Identity, id: string): TimerSetting | undefined {
    const cell = this.#cells.get(id)?.get(identity);
    return cell === undefined ? undefined : (this.memory.read(cell) as TimerSetting | undefined);
  }

  set(scope: CallScope, id: string, setting: TimerSetting): void {
    const size = this.memory.encode(setting);
    this.memory.write(this.#cell(scope.identity, id), scope.identity, 0, size, scope.undo);
  }

  clear(scope: CallScope, id: string): void {
    const cell = this.#cells.get(id)?.get(scope.identity);
    if (cell !== undefined) this.memory.clear(cell, scope.identity, scope.undo);
  }

  writeMember(writer: Writer, cell: Cell): void {
    if (!(cell instanceof TimerCell)) return;
    writer.ensure(Buffer.byteLength(cell.id));
    writer.position += writer.bytes.write(cell.id, writer.position);
  }

  restore({ bytes, reader, keyFrom, keyTo, memberTo, valueFrom, valueTo, schema }: ChangelogPlace): void {
    this.memory.restoring = true;
    reader.reset(keyFrom, keyTo);
    const identity = this.#identities.read(reader);
    const cell = this.#cell(identity, bytes.toString('utf8', keyTo, memberTo));
    if (valueFrom >= 0) this.memory.restore(cell, bytes, valueFrom, valueTo, schema);
    else this.memory.restoreTombstone(cell);
  }

  restored(): void {
    for (const [id, cells] of this.#cells) {
      for (const [identity, cell] of cells) {
        if (cell.address === NOWHERE) cells.delete(identity);
        else this.memory.enqueue(cell);
      }
      if (cells.size === 0) this.#cells.delete(id);
    }
    this.memory.restoring = false;
  }

  relax(): void {}

  sweep(clean: readonly PreImage[], pinned?: ReadonlySet<Cell>): void {
    for (const { cell, identity } of clean) {
      if (cell.address !== NOWHERE || !(cell instanceof TimerCell)) continue;
      if (cell.before !== undefined || pinned?.has(cell) === true) continue;
      const cells = this.#cells.get(cell.id);
      cells?.delete(identity);
      if (cells?.size === 0) this.#cells.delete(cell.id);
    }
  }

  #cell(identity: Identity, id: string): TimerCell {
    let cells = this.#cells.get(id);
    if (cells === undefined) {
      cells = new Map();
      this.#cells.set(id, cells);
    }
    let cell = cells.get(identity);
    if (cell === undefined) {
      cell = new TimerCell(identity, id);
      cells.set(identity, cell);
    }
    return cell;
  }
}
