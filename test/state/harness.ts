import { type Codec, type ListState, type MapState, type ValueState, Writer } from '@kgen/runtime';
import { utf8 } from '@kgen/runtime/codegen/v1';
import { type MemoryLog, memoryLog } from '@kgen/runtime/memory';
import { CellMemory, type TaskMemory } from '../../runtime/src/state/cell-memory.ts';
import { ChangelogReader } from '../../runtime/src/state/changelog-reader.ts';
import { ChangelogWriter } from '../../runtime/src/state/changelog-writer.ts';
import { type Identity, KeyIdentity } from '../../runtime/src/state/key-identity.ts';
import type { KeyedState } from '../../runtime/src/state/keyed-state.ts';
import { KeyedLists } from '../../runtime/src/state/list-state.ts';
import { LocalMembers } from '../../runtime/src/state/local/local-members.ts';
import { LocalValues } from '../../runtime/src/state/local/local-values.ts';
import type { StoreFacts } from '../../runtime/src/state/local/store-record.ts';
import { KeyedMaps } from '../../runtime/src/state/map-state.ts';
import { PackedValues } from '../../runtime/src/state/packed-values.ts';
import { Slab } from '../../runtime/src/state/slab.ts';
import { UndoLog } from '../../runtime/src/state/undo.ts';
import { KeyedValues } from '../../runtime/src/state/value-state.ts';
import { WriterSchemas } from '../../runtime/src/state/writer-schemas.ts';
import { LocalCopy } from '../../runtime/src/task/opening/local-copy.ts';
import { Count, Int, Text } from '../task/codecs.ts';
import type { FakeDisk } from './local/fake-stores.ts';

/** The state of one task, without the task. */
export interface TestState {
  readonly memory: TaskMemory;
  readonly states: readonly KeyedState[];
  readonly undo: UndoLog;
  value(key: Identity): ValueState<Count>;
  list(key: Identity): ListState<string>;
  map(key: Identity): MapState<number, string>;
  /** Ends a handler call. */
  apply(): void;
  revert(): void;
  /** The barrier of a checkpoint: writes it to the log. */
  seal(): Promise<void>;
  /** Commits the sealed checkpoint, there and here. */
  commit(): Promise<void>;
  /** Both at once. */
  checkpoint(): Promise<void>;
  /** Aborts what is not committed, there and here. */
  abort(): Promise<void>;
  restore(): Promise<ChangelogReader>;
}

export const CHANGELOG = 'changelog';

/** The log knows every checkpoint: stores are judged elsewhere. */
const FACTS: StoreFacts = {
  changelog: CHANGELOG,
  start: 0,
  end: Number.MAX_SAFE_INTEGER,
  committed: { checkpoint: Number.MAX_SAFE_INTEGER, producerId: 1, epoch: 0 },
  now: 0,
  tombstones: 1,
};

export function changelogLog(): MemoryLog {
  return memoryLog({ topics: { [CHANGELOG]: 1 } });
}

/** So many checkpoints may be sealed at once. */
export const MOST_SEALED = 3;

export interface TestKinds {
  readonly value?: typeof Count;
  /** Where values rest; default: memory. */
  readonly disk?: FakeDisk | undefined;
}

export async function testState(log: MemoryLog, kinds: TestKinds = {}): Promise<TestState> {
  const memory: TaskMemory = { slab: new Slab(), scratch: new Writer(), schemas: new WriterSchemas() };
  const identities = new KeyIdentity(utf8);
  const local = kinds.disk && new LocalCopy((await kinds.disk.open(CHANGELOG)).open(0));
  const valueCodec = kinds.value ?? Count;
  const { slab, schemas } = memory;
  const stored = (codec: Codec<unknown>) => ({ slab, schemas, fingerprint: codec.fingerprint });
  const members = (kind: 'list' | 'map') =>
    local && new LocalMembers(kind, kind, local.store, identities, stored(Text));
  const values = new KeyedValues(
    'value',
    new CellMemory('value', valueCodec, memory),
    local ? new LocalValues('value', local.store, identities, stored(valueCodec)) : new PackedValues(slab, identities),
    // So that values go to rest all the time.
    1,
  );
  const lists = new KeyedLists('list', new CellMemory('list', Text, memory), identities, members('list'), 1);
  const maps = new KeyedMaps('map', new CellMemory('map', Text, memory), Int, identities, members('map'), 1);
  const states: KeyedState[] = [values, lists, maps];
  const undo = new UndoLog();
  let checkpoints = 0;
  const writer = new ChangelogWriter({ topic: CHANGELOG, partition: 0 }, memory, identities);
  // One for each checkpoint that is sealed, in turn.
  const producers = await Promise.all(Array.from({ length: MOST_SEALED }, (_, i) => log.producer(`task/${i}`)));
  const producerOf = (checkpoint: number) => producers[checkpoint % MOST_SEALED] as (typeof producers)[number];
  let committed = 0;
  const scope = (identity: Identity) => ({ identity, undo, check: () => undefined });
  const seal = async (): Promise<void> => {
    const producer = producerOf(checkpoints++);
    local?.seal({ checkpoint: checkpoints, producerId: 1, epoch: 0, state: true });
    for (const state of states) {
      state.memory.seal();
      await writer.writeState(state, 0, (record) => {
        local?.add(record);
        return producer.append(record);
      });
    }
    producer.seal();
    writer.seal();
  };
  const commit = async (): Promise<void> => {
    await producerOf(committed++).commit();
    const clean = states.map((state) => state.memory.commit());
    writer.commit();
    await local?.save(0, async () => undefined);
    states.forEach((state, i) => {
      const pinned = state.memory.pinned();
      state.sweep(clean[i] ?? [], pinned);
      state.relax(pinned);
    });
  };
  return {
    memory,
    states,
    undo,
    value: (key) => values.handle(scope(key)) as ValueState<Count>,
    list: (key) => lists.handle(scope(key)) as ListState<string>,
    map: (key) => maps.handle(scope(key)) as MapState<number, string>,
    apply: () => undo.apply(),
    revert: () => undo.revert(),
    seal,
    commit,
    async checkpoint() {
      await seal();
      await commit();
    },
    async abort() {
      for (const producer of producers) await producer.abort();
      checkpoints = committed;
      for (const state of states) state.sweep(state.memory.rollback());
      writer.rollback();
      local?.rollback();
    },
    async restore() {
      const wiped = local?.open(FACTS, false) !== undefined;
      if (!wiped) local?.learnSchemas(schemas);
      const reader = new ChangelogReader(states, schemas, local && ((record) => local.restore(record)));
      const source = log.source();
      source.assign([{ topic: CHANGELOG, partition: 0, offset: local?.position ?? 0 }]);
      for (;;) {
        const fetched = await source.poll(0);
        if (fetched.length === 0) break;
        for (const part of fetched) reader.read(part.records);
      }
      source.close();
      reader.finish();
      local?.restored({ checkpoint: checkpoints, producerId: 1, epoch: 0, state: true }, local.position, 0);
      return reader;
    },
  };
}

/** Everything that keys `keys` hold. */
export function contents(state: TestState, keys: readonly string[]): unknown {
  return keys.map((key) => {
    const map = state.map(key);
    const list = state.list(key);
    return [key, state.value(key).get(), list.get(), list.length, [...map.entries()], map.size];
  });
}
