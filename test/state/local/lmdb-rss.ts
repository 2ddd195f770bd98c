// A million keys of one task through a store in LMDB, with no log around it; then says how much memory of its own it takes, in MB.
import { readFileSync } from 'node:fs';
import { Writer } from '@kgen/runtime';
import { utf8 } from '@kgen/runtime/codegen/v1';
import { ChangelogWriter } from '../../../runtime/src/state/changelog-writer.ts';
import { KeyIdentity } from '../../../runtime/src/state/key-identity.ts';
import { lmdbStores } from '../../../runtime/src/state/local/lmdb-store.ts';
import { Slab } from '../../../runtime/src/state/slab.ts';
import { UndoLog } from '../../../runtime/src/state/undo.ts';
import { KeyedValues } from '../../../runtime/src/state/value-state.ts';
import { WriterSchemas } from '../../../runtime/src/state/writer-schemas.ts';
import { LocalCopy } from '../../../runtime/src/task/opening/local-copy.ts';
import { makeState } from '../../../runtime/src/task/opening/make-state.ts';
import { Count } from '../../task/codecs.ts';

const [folder = '', count = '0', perCheckpoint = '1'] = process.argv.slice(2);
const keys = Number(count);
const stores = await lmdbStores(folder, 'group');
const local = new LocalCopy(stores.open(0));
const memory = { slab: new Slab(), scratch: new Writer(), schemas: new WriterSchemas() };
const identities = new KeyIdentity(utf8);
const state = makeState('total', { kind: 'value', value: Count }, { memory, identities, store: local.store });
if (!(state instanceof KeyedValues)) throw new Error('not a value');
const changelog = new ChangelogWriter({ topic: 'changelog', partition: 0 }, memory, identities);
const undo = new UndoLog();
const facts = { changelog: 'id', start: 0, end: 1e9, committed: undefined, now: 0, tombstones: 1 };
local.open(facts, false);

const handleOf = (i: number) => state.handle({ identity: `user-${i}`, undo, check: () => undefined });
async function checkpoint(number: number): Promise<void> {
  local.seal({ checkpoint: number, producerId: 1, epoch: 0, state: true });
  state.memory.seal();
  await changelog.writeState(state as KeyedValues, 0, (record) => void local.add(record));
  const clean = state.memory.commit();
  changelog.commit();
  await local.save(0, async () => undefined);
  state.sweep(clean);
  state.relax();
}

const AGAIN = 100_000;
for (const [round, last] of [keys, AGAIN].entries()) {
  for (let i = 0; i < last; i++) {
    const handle = handleOf(i);
    const before = handle.get() as Count | undefined;
    handle.set({ count: (before?.count ?? 0) + 1, sum: i });
    undo.apply();
    if ((i + 1) % Number(perCheckpoint) === 0) await checkpoint(round * keys + i);
  }
}
let wrong = 0;
for (let i = 0; i < keys; i += 997) {
  const value = handleOf(i).get() as Count | undefined;
  if (value?.count !== (i < AGAIN ? 2 : 1) || value.sum !== i) wrong++;
}
await stores.close();
(globalThis as { gc?: () => void }).gc?.();
const own = /RssAnon:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
console.log(JSON.stringify({ wrong, megabytes: Number(own) / 1024, slab: memory.slab.bytes / 2 ** 20 }));
