import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { type RunOptions, run, start } from '@kgen/runtime';
import { type MemoryLog, memoryLog } from '@kgen/runtime/memory';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ChangeBatch } from '../../../runtime/src/state/local/change-batch.ts';
import { lmdbStores } from '../../../runtime/src/state/local/lmdb-store.ts';
import type { LocalStore } from '../../../runtime/src/state/local/local-store.ts';
import { countJob, countOrder, orders } from '../../task/count-job.ts';
import { emittedTotals, expectedTotals, someOrders } from '../../task/model.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kgen-lmdb-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function change(store: LocalStore, changes: readonly (readonly [key: string, value: string | undefined])[]): void {
  const batch = new ChangeBatch();
  for (const [key, value] of changes) {
    const bytes = value === undefined ? undefined : Buffer.from(value);
    batch.put(Buffer.from(key), 0, Buffer.byteLength(key), bytes, 0, bytes?.length ?? 0);
  }
  store.write(batch, 0, batch.count);
}

function get(store: LocalStore, key: string): string | undefined {
  return store.get(Buffer.from(`<${key}>`), 1, 1 + Buffer.byteLength(key))?.toString();
}

function entries(store: LocalStore, prefix: string): string[] {
  return Array.from(store.entries(Buffer.from(prefix)), ({ key, value }) => `${key}=${value}`);
}

describe('a store in LMDB', () => {
  test('that cannot be read says so: it is no failure of whoever asked', async () => {
    const stores = await lmdbStores(folder, 'group');
    const store = stores.open(0);
    await stores.close();
    expect(() => get(store, 'a')).toThrow(
      expect.objectContaining({ code: 'LOG', kind: 'retriable', storeFailed: true }),
    );
  });

  test('has what was written, in the order of the keys, also when it is opened again', async () => {
    const stores = await lmdbStores(folder, 'group');
    const store = stores.open(3);
    change(store, [
      ['b2', 'two'],
      ['a', 'A'],
      ['b1', 'one'],
      ['c', 'C'],
      ['a', 'again'],
      ['c', undefined],
    ]);
    change(store, [['b', 'b']]);
    for (const each of [store, stores.open(3)]) {
      expect(['a', 'b', 'b1', 'c', 'd'].map((key) => get(each, key))).toEqual([
        'again',
        'b',
        'one',
        undefined,
        undefined,
      ]);
      expect(entries(each, 'b')).toEqual(['b=b', 'b1=one', 'b2=two']);
      // What follows is shorter than what is looked for, the owner's own key included.
      expect(entries(each, 'b2')).toEqual(['b2=two']);
      expect(entries(each, 'aa')).toEqual([]);
    }
    await stores.close();
    const again = await lmdbStores(folder, 'group');
    expect(entries(again.open(3), 'b')).toEqual(['b=b', 'b1=one', 'b2=two']);
    expect(get(again.open(4), 'a')).toBe(undefined);
    again.open(3).clear();
    expect(get(again.open(3), 'a')).toBe(undefined);
    await again.close();
  });

  test('refuses keys that are too long, and writes nothing of them', async () => {
    const stores = await lmdbStores(folder, 'group');
    const store = stores.open(0);
    change(store, [['x'.repeat(1978), 'fits']]);
    expect(() =>
      change(store, [
        ['y', 'y'],
        ['x'.repeat(1979), 'not'],
      ]),
    ).toThrow(/1979 bytes.*at most 1978.*'memory'/);
    expect([get(store, 'y'), get(store, 'x'.repeat(1978)), get(store, 'x'.repeat(1979))]).toEqual([
      undefined,
      'fits',
      undefined,
    ]);
    await stores.close();
  });

  test('that another process has opened since takes no more from this one', async () => {
    const stores = await lmdbStores(folder, 'group');
    const store = stores.open(0);
    change(store, [['a', '1']]);
    const writer = new URL('lmdb-writer.ts', import.meta.url).pathname;
    const child = spawn(process.execPath, ['--conditions=kgen-source', writer, folder, '5', '1']);
    for await (const line of createInterface(child.stdout)) if (line === '3') break;
    child.kill('SIGKILL');
    await new Promise((resolve) => child.on('close', resolve));
    expect(() => change(store, [['a', '2']])).toThrow(/another run/);
    expect(() => store.clear()).toThrow(/another run/);
    expect(get(store, 'a')).toBe('1');
    await stores.close();
  });

  test('that cannot be opened says what to look at', async () => {
    writeFileSync(join(folder, 'file'), '');
    const stores = await lmdbStores(join(folder, 'file'), 'group');
    expect(() => stores.open(0)).toThrow(/cannot be opened.*option store/);
  });

  test('has each write whole or not at all when its process is killed', async () => {
    const [keys, size] = [60, 20];
    for (let round = 0; round < 3; round++) {
      const path = join(folder, String(round));
      const writer = new URL('lmdb-writer.ts', import.meta.url).pathname;
      const child = spawn(process.execPath, ['--conditions=kgen-source', writer, path, String(keys), String(size)]);
      let last = -1;
      for await (const line of createInterface(child.stdout)) {
        last = Number(line);
        if (last > 100 + round * 37) child.kill('SIGKILL');
      }
      const stores = await lmdbStores(path, 'group');
      const store = stores.open(0);
      const found = Array.from({ length: keys }, (_, i) => {
        const key = Buffer.alloc(4);
        key.writeUInt32BE(i);
        return store.get(key, 0, 4)?.readUInt32BE(0) ?? -1;
      });
      const newest = Math.max(...found);
      // What it said it had written is there.
      expect(newest).toBeGreaterThanOrEqual(last);
      for (let write = newest; write > newest - keys / size; write--) {
        const start = (write * size) % keys;
        expect(found.slice(start, start + size)).toEqual(Array.from({ length: size }, () => write));
      }
      await stores.close();
    }
  }, 60_000);
});

describe('a job with state in LMDB', () => {
  const job = countJob({ orders: countOrder }, 1);

  function produce(log: MemoryLog, seed: number, count: number): void {
    log.produce(someOrders(count, seed).map((order) => orders.serializeValue(order)));
  }

  test('goes on after a kill in the same process, and after a restart', async () => {
    const log = memoryLog({ topics: { orders: 2, names: 2, totals: 2 } });
    const options: RunOptions = { log, logger: false, instance: 'a', store: { lmdb: folder } };
    produce(log, 1, 2000);
    const killed = start(job, options);
    while (killed.metrics().checkpoints < 3) await new Promise((resolve) => setTimeout(resolve, 2));
    killed.kill();
    await expect(killed.result).rejects.toMatchObject({ code: 'JOB_KILLED' });
    await run(job, { ...options, until: 'latest' });
    produce(log, 2, 10);
    await run(job, { ...options, until: 'latest' });
    produce(log, 3, 10);
    const { metrics } = await run(job, { ...options, until: 'latest' });
    expect(metrics.restoredRecords).toBeLessThan(metrics.records * 10);
    expect(emittedTotals(log)).toEqual(expectedTotals(log));
  });
});

test.runIf(process.platform === 'linux')(
  'a million keys of a task in LMDB take little memory of the process',
  async () => {
    const script = new URL('lmdb-rss.ts', import.meta.url).pathname;
    const args = ['--conditions=kgen-source', '--expose-gc', script, folder, '1000000', '50000'];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    const { wrong, megabytes, slab } = JSON.parse(stdout) as { wrong: number; megabytes: number; slab: number };
    expect(wrong).toBe(0);
    expect(slab).toBeLessThan(20);
    // In memory they would take more than 60 MB beside what any process takes.
    expect(megabytes).toBeLessThan(350);
  },
  180_000,
);
