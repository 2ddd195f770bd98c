import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PackedTable } from '../../runtime/src/state/packed-table.ts';
import { Slab } from '../../runtime/src/state/slab.ts';

interface Row {
  readonly key: Buffer;
  readonly address: number;
}

/** Behind other bytes, as keys lie in chunks. */
function within(key: Buffer): { bytes: Buffer; start: number; end: number } {
  return { bytes: Buffer.concat([Buffer.from('<<'), key, Buffer.from('>>')]), start: 2, end: 2 + key.length };
}

test('keys are found while others come and go', () => {
  // Few keys, so that they are removed and come again; among them the empty one and ones that begin alike.
  const key = fc.oneof(
    fc.nat({ max: 60 }).map((n) => Buffer.from(`key-${n}`)),
    fc.uint8Array({ maxLength: 3 }).map((bytes) => Buffer.from(bytes)),
  );
  const steps = fc.array(fc.record({ key, remove: fc.boolean() }), { maxLength: 400 });
  fc.assert(
    fc.property(steps, (list) => {
      const table = new PackedTable(new Slab());
      const model = new Map<string, Row>();
      list.forEach(({ key, remove }, i) => {
        const { bytes, start, end } = within(key);
        const known = model.get(key.toString('hex'));
        const found = table.find(bytes, start, end);
        expect(found >= 0).toBe(known !== undefined);
        if (remove) {
          if (found >= 0) table.remove(found);
          model.delete(key.toString('hex'));
          return;
        }
        const row = table.rowOf(bytes, start, end);
        expect(table.address(row)).toBe(known?.address ?? -1);
        table.place(row, i, i + 1, i + 2);
        model.set(key.toString('hex'), { key, address: i });
      });
      expect(table.size).toBe(model.size);
      for (const { key, address } of model.values()) {
        const row = table.find(key, 0, key.length);
        expect([table.address(row), table.length(row), table.schema(row)]).toEqual([address, address + 1, address + 2]);
      }
    }),
    { numRuns: 200 },
  );
});

test('a table that stays small takes no more memory, however many keys come and go', () => {
  const slab = new Slab();
  const table = new PackedTable(slab);
  const bytes = Buffer.alloc(8);
  const cycle = (from: number): void => {
    for (let i = from; i < from + 20_000; i++) {
      bytes.writeUInt32BE(i);
      table.rowOf(bytes, 0, 8);
      bytes.writeUInt32BE(i - 100);
      const old = table.find(bytes, 0, 8);
      if (old >= 0) table.remove(old);
    }
  };
  cycle(1000);
  const before = table.bytes + slab.bytes;
  for (let round = 1; round < 20; round++) cycle(1000 + round * 20_000);
  expect(table.size).toBe(100);
  expect(table.bytes + slab.bytes).toBe(before);
});

test('half a million keys are all found', () => {
  const slab = new Slab();
  const table = new PackedTable(slab);
  const keyOf = (i: number): Buffer => Buffer.from(`user-${i}`);
  for (let i = 0; i < 500_000; i++) table.place(table.rowOf(keyOf(i), 0, keyOf(i).length), i, 0, 0);
  let wrong = 0;
  for (let i = 0; i < 500_000; i++) if (table.address(table.find(keyOf(i), 0, keyOf(i).length)) !== i) wrong++;
  expect(wrong).toBe(0);
  expect(table.find(Buffer.from('user-500000'), 0, 11)).toBe(-1);
  // Beside the keys, which take 16 bytes each in the slab.
  expect(table.bytes / 500_000).toBeLessThan(48);
});
