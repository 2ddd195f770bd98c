import { Writer } from '../codec/writer.ts';
import type { CommittedOffset, TopicPartition } from '../log/port.ts';
import { type JobLog, withFields } from '../ops/job-log.ts';
import type { PreImage } from '../state/cell.ts';
import type { TaskMemory } from '../state/cell-memory.ts';
import { ChangelogWriter } from '../state/changelog-writer.ts';
import { KeyIdentity } from '../state/key-identity.ts';
import type { KeyedState } from '../state/keyed-state.ts';
import type { LocalStores } from '../state/local/local-store.ts';
import { Slab } from '../state/slab.ts';
import type { TableState } from '../state/table-state.ts';
import { WriterSchemas } from '../state/writer-schemas.ts';
import type { Clock } from '../time/clock.ts';
import { NO_WATERMARK, TaskWatermark } from '../time/watermarks.ts';
import type { Bags } from './calls/bags.ts';
import { Calls } from './calls/calls.ts';
import { Effects } from './calls/effects.ts';
import { Sequences, TaskOutput } from './calls/output.ts';
import type { Append } from './calls/stage.ts';
import {
  type CheckpointIdentity,
  type CheckpointRecord,
  type InputPosition,
  type KeyEncodings,
  offsetMetadata,
} from './checkpoint/checkpoint-record.ts';
import { Lane, type LaneLoop, type LaneTask } from './lane.ts';
import { fenceOf } from './opening/fence.ts';
import { LocalCopy } from './opening/local-copy.ts';
import { makeState } from './opening/make-state.ts';
import type { TableReader } from './opening/table-reader.ts';
import { keyEncodings } from './plan/key-encodings.ts';
import type { JobPlan } from './plan/plan.ts';
import { Firing } from './timers/firing.ts';
import { KeyedTimers } from './timers/keyed-timers.ts';
import { TimerHandle } from './timers/timer-handle.ts';

/** What tasks of an instance share. */
export interface TaskSurroundings extends LaneLoop {
  readonly plan: JobPlan;
  readonly bags: Bags;
  readonly log: JobLog;
  readonly clock: Clock;
  /** State on this machine; undefined where it is in memory. */
  readonly stores: LocalStores | undefined;
  /** Lets the loop look for what there is to do, where it waits for records. */
  readonly wake: () => void;
}

/** What a checkpoint counts of a task. */
interface Counts {
  readonly records: number;
  readonly timers: number;
  readonly skipped: number;
  readonly deadLetters: number;
}

const NOTHING: Counts = { records: 0, timers: 0, skipped: 0, deadLetters: 0 };

/** Partition p of all inputs of a job, with the state of the keys in it. */
export class Task implements LaneTask {
  readonly number: number;
  readonly bags: Bags;
  readonly log: JobLog;
  readonly identities: KeyIdentity;
  /** In the order of `ctx.state`. */
  readonly states: readonly KeyedState[];
  /** All that the changelog keeps: states, and timers. */
  readonly kept: readonly KeyedState[];
  readonly memory: TaskMemory;
  /** The state on this machine, where it is not in memory. */
  readonly local: LocalCopy | undefined;
  readonly lanes: readonly Lane[];
  readonly effects: Effects = new Effects();
  readonly calls: Calls | undefined;
  readonly keys: KeyEncodings;
  /** In the order of `ctx.tables`. */
  readonly tables: readonly TableReader[];
  readonly watermark: TaskWatermark;
  /** Of topics that it does not read now, and may read again: they stay in its checkpoint records. */
  asleep: readonly InputPosition[] = [];
  /** Undefined where the job declares none. */
  readonly timers: KeyedTimers | undefined;
  readonly firing: Firing | undefined;
  /** Records processed since the last barrier. */
  processed = 0;
  /** Timers fired since then. */
  fired = 0;
  skipped = 0;
  deadLetters = 0;
  moved = false;
  /** What each checkpoint counts that is sealed and not decided, oldest first. */
  readonly #sealed: Counts[] = [];
  /** The last committed checkpoint; -1 before the first. */
  checkpoint = -1;
  /** Id of the changelog that it was restored from. */
  changelogId: string | undefined;
  /** The savepoint that a job without state has begun with. */
  origin: string | undefined;
  readonly #topicIds: ReadonlyMap<string, string>;
  readonly #outputs: readonly TaskOutput[];
  readonly #sequences: Sequences = new Sequences();
  readonly #changelog: ChangelogWriter | undefined;
  /** What is committed instead of offsets, where these are in checkpoint records alone. */
  readonly #fence: TopicPartition | undefined;
  /** Committed, and not swept yet. */
  #settled: { readonly state: KeyedState; readonly clean: readonly PreImage[] }[] = [];

  constructor(number: number, surroundings: TaskSurroundings, tables: readonly TableReader[]) {
    const { plan } = surroundings;
    this.number = number;
    this.bags = surroundings.bags;
    this.log = withFields(surroundings.log, { task: number });
    this.tables = tables;
    this.#topicIds = new Map(plan.streams.flatMap(({ topics }) => topics.map(({ name, id }) => [name, id])));
    this.identities = new KeyIdentity(plan.declaration.key);
    this.memory = { slab: new Slab(), scratch: new Writer(), schemas: new WriterSchemas() };
    const store = plan.changelog === undefined ? undefined : surroundings.stores?.open(number);
    this.local = store === undefined ? undefined : new LocalCopy(store);
    this.keys = keyEncodings(plan.declaration);
    this.states = Object.entries(plan.declaration.state).map(([name, state]) =>
      makeState(name, state, { memory: this.memory, identities: this.identities, store: this.local?.store }),
    );
    const timers = plan.declaration.timers ?? [];
    this.watermark = new TaskWatermark(timers.length > 0 || plan.streams.some(({ watermarkOf }) => watermarkOf));
    if (timers.length > 0) {
      const rules = { clock: surroundings.clock, names: timers };
      const fires = (id: string): boolean => timers.includes(id);
      this.timers = new KeyedTimers(
        this.memory,
        this.identities,
        fires,
        (all, scope) => new TimerHandle(scope, all, rules),
      );
      this.firing = new Firing(this, this.timers, plan.timers, surroundings);
    }
    const { concurrency = 1 } = plan.declaration;
    if (concurrency > 1) this.calls = new Calls(concurrency, surroundings);
    this.kept = this.timers === undefined ? this.states : [...this.states, this.timers];
    this.lanes = plan.streams.flatMap((input) =>
      // A topic may have fewer partitions than there are tasks.
      input.topics
        .filter(({ partitions }) => number < partitions)
        .map((topic) => new Lane(this, input, topic, surroundings)),
    );
    this.#outputs = plan.outputs.map((output) => new TaskOutput(output, number, this.#sequences, surroundings.clock));
    if (plan.changelog !== undefined) {
      const place = { topic: plan.changelog, partition: number };
      this.#changelog = new ChangelogWriter(place, this.memory, this.identities);
      if (!plan.commitOffsets) this.#fence = place;
    }
  }

  /** What the oldest checkpoint counts that is sealed. */
  get sealed(): Counts {
    return this.#sealed[0] ?? NOTHING;
  }

  /** The number of the checkpoint that was sealed last, or else of the last committed one. */
  get sealedCheckpoint(): number {
    return this.checkpoint + this.#sealed.length;
  }

  /** True where something was done that is not committed. */
  get hasUncommitted(): boolean {
    const worked = ({ records, timers, skipped, deadLetters }: Counts): boolean =>
      records + timers + skipped + deadLetters > 0;
    return this.#hasWorked || this.#sealed.some(worked);
  }

  /** How much of state was changed since the last barrier: in values, of which large ones count as several. */
  get changed(): number {
    let changed = 0;
    for (const { memory } of this.kept) changed += memory.changed;
    return changed;
  }

  get hasChangelog(): boolean {
    return this.#changelog !== undefined;
  }

  /** True where there is something to commit since the last barrier. */
  get isDirty(): boolean {
    return this.moved || this.#hasWorked;
  }

  get #hasWorked(): boolean {
    return this.processed + this.fired + this.skipped + this.deadLetters > 0;
  }

  stateAt(index: number): KeyedState {
    return this.states[index] as KeyedState;
  }

  tableAt(index: number): TableState {
    return (this.tables[index] as TableReader).state;
  }

  outputAt(index: number): TaskOutput {
    return this.#outputs[index] as TaskOutput;
  }

  /**
   * The barrier of the next checkpoint: what was done until now is sealed, and has a fate of its own. What handlers do from
   * here on belongs to the one after it. No call may be under way.
   */
  seal(): void {
    const { processed: records, fired: timers, skipped, deadLetters } = this;
    this.#sealed.push({ records, timers, skipped, deadLetters });
    this.#forget();
    for (const lane of this.lanes) lane.seal();
    this.watermark.seal();
    for (const state of this.kept) state.memory.seal();
    this.#sequences.seal();
  }

  /**
   * Writes what the checkpoint changed that was sealed last, the checkpoint record last of all (I13). No handler may run before it is done (I17).
   * Returns how many records that took.
   */
  async writeChangelog(identity: CheckpointIdentity, timestamp: number, append: Append): Promise<number> {
    if (this.#changelog === undefined) return 0;
    const { local } = this;
    local?.seal(identity);
    const both: Append = (record) => {
      local?.add(record);
      return append(record);
    };
    const to = local === undefined ? append : both;
    let records = 1;
    for (const state of this.kept) records += await this.#changelog.writeState(state, timestamp, to);
    await this.#changelog.writeCheckpoint(JSON.stringify(this.#record(identity)), timestamp, to);
    this.#changelog.seal();
    return records;
  }

  /** The offsets of all inputs at the barrier, also of those that did not move (I11). */
  offsets(identity: CheckpointIdentity): CommittedOffset[] {
    if (this.#fence !== undefined) return [fenceOf(this.#fence, identity)];
    return this.lanes.map(({ topic, partition, sealed, leaderEpoch, first }) => {
      const metadata = offsetMetadata(identity, this.#topicIds.get(topic) ?? '', first);
      return { topic, partition, offset: sealed, leaderEpoch, metadata };
    });
  }

  /** The transaction of the oldest checkpoint that is sealed is committed. */
  commit(): void {
    this.checkpoint++;
    this.#sealed.shift();
    for (const lane of this.lanes) lane.commit();
    this.watermark.commit();
    for (const state of this.kept) this.#settled.push({ state, clean: state.memory.commit() });
    this.#sequences.commit();
    this.#changelog?.commit();
    if (this.local === undefined) this.#relax();
  }

  /** I24: what is committed gets to this machine's store. Values go to rest when they are there, and not before. */
  async keep(clock: Clock, alive: () => void): Promise<void> {
    if (this.local === undefined) return;
    await this.local.save(clock.now(), async () => {
      await clock.turn();
      alive();
    });
    this.#relax();
  }

  #forget(): void {
    this.processed = 0;
    this.fired = 0;
    this.skipped = 0;
    this.deadLetters = 0;
    this.moved = false;
  }

  #relax(): void {
    for (const { state, clean } of this.#settled) {
      // Handlers have gone on: what they have overwritten since may have to go back.
      const pinned = state.memory.pinned();
      state.sweep(clean, pinned);
      state.relax(pinned);
    }
    this.#settled = [];
  }

  /** The transaction was aborted: everything is as of the last checkpoint again, with all that was sealed since (I12). */
  rollback(): void {
    this.#forget();
    this.#sealed.length = 0;
    for (const lane of this.lanes) lane.rollback();
    this.watermark.rollback();
    for (const state of this.kept) state.sweep(state.memory.rollback());
    this.#sequences.rollback();
    this.#changelog?.rollback();
    this.local?.rollback();
  }

  #record({ checkpoint, producerId, epoch }: CheckpointIdentity): CheckpointRecord {
    const inputs = this.lanes.map(({ topic, partition, sealed, leaderEpoch, watermark }): InputPosition => {
      const position = { topic, id: this.#topicIds.get(topic) ?? '', partition, offset: sealed, leaderEpoch };
      return { ...position, watermark: known(watermark.value) };
    });
    const all = [...inputs, ...this.asleep.map((position): InputPosition => ({ ...position, asleep: true }))];
    const tables = this.tables.flatMap((table) => table.positions());
    const watermark = known(this.watermark.value);
    const { changelogId: changelog, keys } = this;
    return { version: 1, checkpoint, producerId, epoch, inputs: all, watermark, changelog, keys, tables };
  }
}

/** JSON has no infinity: what is not known is left out. */
function known(watermark: number): number | undefined {
  return watermark === NO_WATERMARK ? undefined : watermark;
}
