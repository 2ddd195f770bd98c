import { Writer } from '../codec/writer.ts';
import type { CommittedOffset } from '../log/port.ts';
import { type JobLog, withFields } from '../ops/job-log.ts';
import { CellMemory, type TaskMemory } from '../state/cell-memory.ts';
import { ChangelogWriter } from '../state/changelog-writer.ts';
import { KeyIdentity } from '../state/key-identity.ts';
import type { KeyedState } from '../state/keyed-state.ts';
import { KeyedLists } from '../state/list-state.ts';
import { logicalTypes } from '../state/logical-types.ts';
import { KeyedMaps } from '../state/map-state.ts';
import { PackedValues } from '../state/packed-values.ts';
import { Slab } from '../state/slab.ts';
import type { TableState } from '../state/table-state.ts';
import { KeyedValues } from '../state/value-state.ts';
import { WriterSchemas } from '../state/writer-schemas.ts';
import type { Bags } from './bags.ts';
import {
  type CheckpointIdentity,
  type CheckpointPosition,
  type CheckpointRecord,
  type KeyEncodings,
  offsetMetadata,
} from './checkpoint-record.ts';
import type { JobDeclaration, StateDeclaration } from './declaration.ts';
import { Effects } from './effects.ts';
import { Lane, type LaneLoop, type LaneTask } from './lane.ts';
import { Sequences, TaskOutput } from './output.ts';
import type { JobPlan } from './plan.ts';
import type { Append } from './stage.ts';
import type { TableReader } from './table-reader.ts';

/** What tasks of an instance share. */
export interface TaskSurroundings extends LaneLoop {
  readonly plan: JobPlan;
  readonly bags: Bags;
  readonly log: JobLog;
}

/** Partition p of all inputs of a job, with the state of the keys in it. */
export class Task implements LaneTask {
  readonly number: number;
  readonly bags: Bags;
  readonly log: JobLog;
  readonly identities: KeyIdentity;
  readonly states: readonly KeyedState[];
  readonly memory: TaskMemory;
  readonly lanes: readonly Lane[];
  readonly effects: Effects = new Effects();
  readonly keys: KeyEncodings;
  /** In the order of `ctx.tables`. */
  readonly tables: readonly TableReader[];
  /** Records processed since the last checkpoint. */
  processed = 0;
  /** The last committed checkpoint; -1 before the first. */
  checkpoint = -1;
  readonly #plan: JobPlan;
  readonly #outputs: readonly TaskOutput[];
  readonly #sequences: Sequences = new Sequences();
  readonly #changelog: ChangelogWriter | undefined;

  constructor(number: number, surroundings: TaskSurroundings, tables: readonly TableReader[]) {
    const { plan } = surroundings;
    this.number = number;
    this.bags = surroundings.bags;
    this.log = withFields(surroundings.log, { task: number });
    this.tables = tables;
    this.#plan = plan;
    this.identities = new KeyIdentity(plan.declaration.key);
    this.memory = { slab: new Slab(), scratch: new Writer(), schemas: new WriterSchemas() };
    this.keys = keyEncodings(plan.declaration);
    this.states = Object.entries(plan.declaration.state).map(([name, state]) =>
      makeState(name, state, this.memory, this.identities),
    );
    this.lanes = plan.streams.flatMap((input) =>
      input.topics.map((topic) => new Lane(this, input, topic.name, surroundings)),
    );
    this.#outputs = plan.outputs.map((output) => new TaskOutput(output, number, this.#sequences));
    if (plan.changelog !== undefined) {
      const place = { topic: plan.changelog, partition: number };
      this.#changelog = new ChangelogWriter(place, this.memory, this.identities);
    }
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

  /** Writes what has changed since the last checkpoint, the checkpoint record last (I13). Returns how many records that took. */
  async writeChangelog(identity: CheckpointIdentity, timestamp: number, append: Append): Promise<number> {
    if (this.#changelog === undefined) return 0;
    let records = 1;
    for (const state of this.states) records += await this.#changelog.writeState(state, timestamp, append);
    await this.#changelog.writeCheckpoint(JSON.stringify(this.#record(identity)), timestamp, append);
    return records;
  }

  /** The offsets of all inputs, also of those that did not move (I11). */
  offsets(identity: CheckpointIdentity): CommittedOffset[] {
    const metadata = offsetMetadata(identity);
    return this.lanes.map(({ topic, partition, position }) => ({ topic, partition, offset: position, metadata }));
  }

  /** The transaction that `offsets` and `writeChangelog` went into is committed. */
  commit(checkpoint: number): void {
    this.checkpoint = checkpoint;
    this.processed = 0;
    for (const lane of this.lanes) lane.committed = lane.position;
    for (const state of this.states) {
      state.sweep(state.memory.commit());
      state.relax();
    }
    this.#sequences.commit();
    this.#changelog?.commit();
  }

  /** The transaction was aborted: everything is as of the last checkpoint again (I12). */
  rollback(): void {
    this.processed = 0;
    for (const lane of this.lanes) lane.position = lane.committed;
    for (const state of this.states) state.sweep(state.memory.rollback());
    this.#sequences.rollback();
    this.#changelog?.rollback();
  }

  #record({ checkpoint, producerId, epoch }: CheckpointIdentity): CheckpointRecord {
    const ids = new Map(this.#plan.streams.flatMap(({ topics }) => topics.map(({ name, id }) => [name, id])));
    const inputs = this.lanes.map(({ topic, partition, position }): CheckpointPosition => {
      return { topic, id: ids.get(topic) ?? '', partition, offset: position };
    });
    const tables = this.tables.flatMap((table) => table.positions());
    return { version: 1, checkpoint, producerId, epoch, inputs, keys: this.keys, tables };
  }
}

function keyEncodings({ key, state }: JobDeclaration): KeyEncodings {
  const maps = Object.entries(state).flatMap(([name, declared]) => {
    if (declared.kind !== 'map') return [];
    const { fingerprint, schema } = declared.key;
    return [[name, `${fingerprint.toString(16)} ${logicalTypes(schema)}`.trimEnd()]];
  });
  return { job: key.name, maps: Object.fromEntries(maps) };
}

/** A state as it is declared, in the memory of its task. */
export function makeState(
  name: string,
  state: StateDeclaration,
  task: TaskMemory,
  identities: KeyIdentity,
): KeyedState {
  const memory = new CellMemory(state.value, task);
  switch (state.kind) {
    case 'value':
      return new KeyedValues(name, memory, new PackedValues(task.slab, identities));
    case 'list':
      return new KeyedLists(name, memory, identities);
    case 'map':
      return new KeyedMaps(name, memory, state.key, identities);
  }
}
