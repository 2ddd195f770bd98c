import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writer } from '@kgen/runtime';
import { utf8 } from '@kgen/runtime/codegen/v1';
import type { OutgoingRecord } from '../runtime/src/log/port.ts';
import { RecordBatchBuilder } from '../runtime/src/log/record-batch/builder.ts';
import { CompressionCodecs } from '../runtime/src/log/record-batch/compression.ts';
import { fastestCrc32c } from '../runtime/src/log/record-batch/native-crc32c.ts';
import { readBatches } from '../runtime/src/log/record-batch/read-batches.ts';
import { ChangelogReader } from '../runtime/src/state/changelog-reader.ts';
import { ChangelogWriter } from '../runtime/src/state/changelog-writer.ts';
import { KeyIdentity } from '../runtime/src/state/key-identity.ts';
import type { KeyedState } from '../runtime/src/state/keyed-state.ts';
import { lmdbStores } from '../runtime/src/state/local/lmdb-store.ts';
import { Slab } from '../runtime/src/state/slab.ts';
import { UndoLog } from '../runtime/src/state/undo.ts';
import { WriterSchemas } from '../runtime/src/state/writer-schemas.ts';
import { LocalCopy } from '../runtime/src/task/opening/local-copy.ts';
import { makeState } from '../runtime/src/task/opening/make-state.ts';
import { Count } from '../test/task/codecs.ts';
import type { StateResult } from './state.ts';

const PLACE = { topic: 'changelog', partition: 0 };
const FETCH_BYTES = 1024 * 1024;
const NO_PRODUCER = { producerId: -1, epoch: -1, baseSequence: -1, transactional: false };

interface Bench {
  readonly state: KeyedState;
  readonly slab: Slab;
  readonly schemas: WriterSchemas;
  readonly identities: KeyIdentity;
}

function newState(local?: LocalCopy): Bench {
  const memory = { slab: new Slab(), scratch: new Writer(), schemas: new WriterSchemas() };
  const identities = new KeyIdentity(utf8);
  const state = makeState('total', { kind: 'value', value: Count }, { memory, identities, store: local?.store });
  return { state, slab: memory.slab, schemas: memory.schemas, identities };
}

/** What fetches would bring of a changelog in which each key was written so often, a part of the keys at a time. */
async function changelogOf(keys: number, times: number): Promise<readonly Buffer[]> {
  const { state, slab, schemas, identities } = newState();
  const writer = new ChangelogWriter(PLACE, { slab, schemas }, identities);
  const undo = new UndoLog();
  const fetches: Buffer[] = [];
  let batches: Buffer[] = [];
  let bytes = 0;
  const builder = new RecordBatchBuilder({ batchBytes: 256 * 1024, maxBytes: FETCH_BYTES });
  let offset = 0;
  const flush = (): void => {
    if (builder.count === 0) return;
    const batch = Buffer.from(builder.finish(NO_PRODUCER));
    batch.writeBigInt64BE(BigInt(offset));
    offset += builder.count;
    batches.push(batch);
    bytes += batch.length;
    builder.reset();
    if (bytes < FETCH_BYTES) return;
    fetches.push(Buffer.concat(batches));
    batches = [];
    bytes = 0;
  };
  const append = (record: OutgoingRecord): undefined => {
    if (builder.append(record, [])) return;
    flush();
    builder.append(record, []);
  };
  for (let i = 0; i < keys * times; i++) {
    // Scattered, so that neighbours in the changelog are none in the state.
    const identity = `user${String((i * 7919) % keys).padStart(8, '0')}`;
    const handle = state.handle({ identity, undo, check: () => undefined }) as { set(value: Count): void };
    handle.set({ count: 1 + Math.floor(i / keys), sum: i });
    undo.apply();
    if (i % 50_000 !== 49_999 && i !== keys * times - 1) continue;
    state.memory.seal();
    await writer.writeState(state, 1_700_000_000_000 + i, append);
    state.sweep(state.memory.commit());
    state.relax();
    writer.commit();
  }
  flush();
  if (batches.length > 0) fetches.push(Buffer.concat(batches));
  return fetches;
}

function own(): number {
  (globalThis as { gc?: () => void }).gc?.();
  return process.memoryUsage().rss;
}

async function measure(what: string, keys: number): Promise<StateResult> {
  const fetches = await changelogOf(keys, what === 'memory, after ten updates' ? 10 : 1);
  const folder = what === 'lmdb' ? mkdtempSync(join(tmpdir(), 'kgen-bench-')) : undefined;
  const stores = folder === undefined ? undefined : await lmdbStores(folder, 'bench');
  const local = stores && new LocalCopy(stores.open(0));
  local?.open({ changelog: 'id', start: 0, end: 1e12, committed: undefined, now: 0, tombstones: 1 }, false);
  const codecs = new CompressionCodecs();
  const checksum = await fastestCrc32c();
  const { state, slab, schemas } = newState(local);
  const before = own();
  const cpu = process.cpuUsage();
  const start = performance.now();
  const reader = new ChangelogReader([state], schemas, local && ((record) => local.restore(record)));
  let position = 0;
  for (const records of fetches) {
    const fetched = readBatches({ ...PLACE, records, position, aborted: [] }, { codecs, checksum });
    reader.read(fetched.records);
    position = fetched.nextOffset;
  }
  reader.finish();
  local?.restored({ checkpoint: 1, producerId: 1, epoch: 1, state: true }, position, 0);
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  const megabytes = (own() - before) / 2 ** 20;
  await stores?.close();
  const file = folder === undefined ? 0 : statSync(join(folder, 'bench', 'task-0', 'data.mdb')).size;
  if (folder !== undefined) rmSync(folder, { recursive: true });
  const table = (state as { readonly bytes?: number }).bytes ?? 0;
  return {
    what,
    keys,
    changelogRecords: reader.records,
    seconds,
    cpuSeconds: (user + system) / 1e6,
    recordsPerSecond: reader.records / seconds,
    bytesPerKey: (folder === undefined ? slab.bytes + table : file) / keys,
    megabytes,
  };
}

const [what = '', keys = '0'] = process.argv.slice(2);
console.log(JSON.stringify(await measure(what, Number(keys))));
