import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '@kgen/runtime';
import { memoryLog } from '@kgen/runtime/memory';
import { importSavepoint, savepoint, writeSavepoint } from '@kgen/runtime/savepoints';
import { countJob, countOrder, orders } from '../test/task/count-job.ts';
import type { SavepointResult } from './savepoint.ts';

const keys = Number(process.argv[2]);
const log = memoryLog({ topics: { orders: 4, names: 4, totals: 4 } });
const job = countJob({ orders: countOrder }, 1000);

function* someOrders(): Generator<ReturnType<typeof orders.serializeValue>> {
  for (let i = 0; i < keys; i++) {
    yield orders.serializeValue({ customer: `user${String((i * 7919) % keys).padStart(8, '0')}`, amount: i });
  }
}

async function measured<T>(work: () => Promise<T>): Promise<{ value: T; seconds: number; cpuSeconds: number }> {
  const cpu = process.cpuUsage();
  const start = performance.now();
  const value = await work();
  const { user, system } = process.cpuUsage(cpu);
  return { value, seconds: (performance.now() - start) / 1000, cpuSeconds: (user + system) / 1e6 };
}

log.produce(someOrders());
await run(job, { log, until: 'latest', logger: false });
const folder = mkdtempSync(join(tmpdir(), 'kgen-bench-'));
const file = join(folder, 'savepoint.avro');
(globalThis as { gc?: () => void }).gc?.();
const before = process.memoryUsage().rss;
let most = before;
const watch = setInterval(() => {
  most = Math.max(most, process.memoryUsage().rss);
}, 20);
const write = await measured(() => writeSavepoint(job, { log, file, logger: false }));
clearInterval(watch);
most = Math.max(most, process.memoryUsage().rss);
const start = await measured(() => importSavepoint(job, { log, group: 'other', from: savepoint(file), logger: false }));
const { bytes } = write.value;
rmSync(folder, { recursive: true, force: true });
const result: SavepointResult = {
  keys,
  bytes,
  write: { seconds: write.seconds, cpuSeconds: write.cpuSeconds },
  start: { seconds: start.seconds, cpuSeconds: start.cpuSeconds },
  megabytes: (most - before) / 1e6,
};
console.log(JSON.stringify(result));
