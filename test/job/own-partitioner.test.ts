import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, expect, test } from 'vitest';

// A partitioner of the user's own, from the config through generated code to the records of a job.

const ROOT = join(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'kgen-partitioner-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const FILES: { readonly [path: string]: string } = {
  'package.json': '{ "type": "module" }',
  'schemas/shop.avdl': `@namespace("shop")
protocol Shop {
  record Order { string id; string region; int amount; }
}
`,
  'kgen.config.ts': `export default {
  schemas: ['schemas/*.avdl'],
  out: 'src/generated',
  importExtension: '.ts',
  topics: {
    orders: { key: 'utf8', value: 'shop.Order', keyFrom: 'id' },
    shipments: {
      key: 'utf8',
      value: 'shop.Order',
      keyFrom: 'id',
      partitioner: { import: 'byRegion', from: './src/by-region.ts' },
    },
  },
  jobs: { ship: { inputs: { orders: {} }, outputs: ['shipments'] } },
};
`,
  'src/by-region.ts': `import type { PartitionInput } from '@kgen/runtime';
import type { Order } from './generated/index.ts';

const REGIONS = ['north', 'east', 'south', 'west'];

/** Each region has a partition of its own; what is of no region goes to the last one. */
export function byRegion({ value, partitions }: PartitionInput<Order>): number {
  const region = REGIONS.indexOf(value?.region ?? '');
  return region < 0 ? partitions - 1 : region;
}
`,
  'src/main.ts': `import { drive } from '@kgen/runtime/testing';
import { ship } from './generated/jobs/ship.ts';

const job = ship({
  orders(order, ctx) {
    ctx.emit.shipments(order);
  },
});
const driver = await drive(job, { partitions: 5 });
const regions = ['west', 'north', 'south', 'east', 'nowhere', 'north'];
for (const [i, region] of regions.entries()) await driver.send.orders({ id: String(i), region, amount: i });
await driver.crash();
await driver.restart();
console.log(JSON.stringify(driver.read.shipments().map(({ partition, value }) => [partition, value?.region])));
const none = ship({
  orders(order, ctx) {
    ctx.emit.shipments({ ...order, region: 'nowhere' });
  },
});
const narrow = await drive(none, { partitions: 3 });
await narrow.send.orders({ id: '1', region: 'west', amount: 1 });
console.log(narrow.read.shipments()[0]?.partition);
const bad = await drive(job, { partitions: 2 });
console.log(String(await bad.send.orders({ id: '1', region: 'west', amount: 1 }).catch((error) => error)));
`,
};

test('a partitioner of one’s own decides where the records of a job go', () => {
  for (const [path, text] of Object.entries(FILES)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'), 'junction');
  const node = (...args: readonly string[]): string =>
    execFileSync(process.execPath, ['--conditions=kgen-source', ...args], {
      cwd: folder,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  node(join(ROOT, 'generator/cli.ts'), 'generate');
  const [placed = '', narrow, bad] = node('src/main.ts').split('\n');
  expect(JSON.parse(placed)).toEqual([
    [0, 'north'],
    [0, 'north'],
    [1, 'east'],
    [2, 'south'],
    [3, 'west'],
    [4, 'nowhere'],
  ]);
  expect(narrow).toBe('2');
  expect(bad).toContain('the partitioner chose 3; it must return an integer from 0 to 1');
});
