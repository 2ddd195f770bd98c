import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { LatestIndex } from '../../runtime/src/savepoint/latest-index.ts';
import { Spool } from '../../runtime/src/savepoint/spool.ts';

const folder = mkdtempSync(join(tmpdir(), 'kgen-spool-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('the last record of each key is known, whatever was deleted in between', () => {
  const index = new LatestIndex();
  const last = new Map<string, number>();
  let records = 0;
  for (let i = 0; i < 50_000; i++) {
    const key = `k${(Math.imul(i, 2_654_435_761) >>> 7) % 7000}`;
    if (i % 11 === 0) {
      index.delete(Buffer.from(key));
      last.delete(key);
    } else {
      index.add(Buffer.from(key));
      last.set(key, records++);
    }
  }
  expect(index.records).toBe(records);
  const latest = new Set(last.values());
  for (let i = 0; i < records; i++) expect(index.isOutdated(i)).toBe(!latest.has(i));
});

test('a spool gives the last records back, in their order, of any size', async () => {
  const change = fc.record({
    key: fc.integer({ min: 0, max: 20 }),
    size: fc.option(fc.oneof(fc.nat(200), fc.constant(700_000), fc.constant(2_500_000)), { nil: undefined }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(change, { maxLength: 40 }), async (changes) => {
      const spool = await Spool.make(join(folder, 'spool'));
      const expected = new Map<string, string>();
      for (const [i, { key, size }] of changes.entries()) {
        const name = `key ${key}`;
        expected.delete(name);
        const value = size === undefined ? undefined : `${i} `.padEnd(size, 'x');
        if (value !== undefined) expected.set(name, value);
        const bytes = Buffer.from(`..${name}${value ?? ''}`);
        const keyEnd = 2 + name.length;
        const valueStart = value === undefined ? -1 : keyEnd;
        await spool.add({ timestamp: 0, bytes, keyStart: 2, keyEnd, valueStart, valueEnd: bytes.length });
      }
      const found: [string, string][] = [];
      for await (const records of spool.latest()) {
        while (records.next()) {
          const { bytes, keyStart, keyEnd, valueStart, valueEnd } = records;
          found.push([bytes.toString('utf8', keyStart, keyEnd), bytes.toString('utf8', valueStart, valueEnd)]);
        }
      }
      expect(found).toEqual([...expected]);
      await spool.close();
      expect(readdirSync(folder)).toEqual([]);
    }),
    { numRuns: 25 },
  );
});
