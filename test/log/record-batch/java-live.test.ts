import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { random } from '../../../bench/random.ts';
import { javaWitness } from './java.ts';
import { COMPRESSIONS, line, record, stored, type TestRecord } from './support.ts';

const NAMES = ['none', ...COMPRESSIONS] as const;

function records(count: number): readonly TestRecord[] {
  const r = random(11);
  // Text that every compression makes smaller.
  const bytes = (size: number): Uint8Array =>
    new TextEncoder().encode(r.text(size, 'ab').replaceAll('aa', 'abcdefgh').slice(0, size));
  return Array.from({ length: count }, (_, i) =>
    record({
      timestamp: 1_700_000_000_000 + r.int(-1000, 1000) + (i % 50 === 0 ? 86_400_000 * r.int(-3000, 3000) : 0),
      key: r.chance(0.1) ? null : bytes(r.int(0, 30)),
      value: r.chance(0.1) ? null : bytes(i % 100 === 99 ? 40_000 : r.int(0, 300)),
      headers: r.chance(0.8)
        ? []
        : [
            ['trace', bytes(r.int(0, 20))],
            ['naïve €', null],
            ['', bytes(0)],
          ],
    }),
  );
}

const witness = javaWitness();
if ('missing' in witness && process.env['CI'] === 'true') throw new Error(witness.missing);
const reason = 'missing' in witness ? ` (skipped: ${witness.missing})` : '';

test.skipIf('missing' in witness)(
  `Kafka reads the batches that are built here, and their checksums${reason}`,
  () => {
    if ('missing' in witness) return;
    const folder = mkdtempSync(join(tmpdir(), 'kgen-batches-'));
    try {
      const sent = records(500);
      const latest = Math.max(...sent.map(({ timestamp }) => timestamp));
      const files = NAMES.map((compression) => {
        const identity = { producerId: 5_000_000_000, epoch: 9, baseSequence: 2 ** 31 - 3, transactional: true };
        const file = join(folder, `${compression}.bin`);
        writeFileSync(
          file,
          Buffer.concat([
            stored(sent, { compression, offset: 70, ...identity }),
            stored(sent.slice(0, 1), { offset: 570 }),
          ]),
        );
        return file;
      });
      const expected = NAMES.flatMap((compression) => [
        `batch 70 569 500 5000000000 9 2147483645 true false ${latest} CreateTime ${compression}`,
        ...sent.map((each, i) => line({ ...each, offset: 70 + i })),
        `batch 570 570 1 -1 -1 -1 false false ${sent[0]?.timestamp} CreateTime none`,
        ...sent.slice(0, 1).map((each) => line({ ...each, offset: 570 })),
      ]);
      const found = witness(files).trimEnd().split(/\r?\n/);
      expect(found).toHaveLength(expected.length);
      for (const [i, text] of found.entries()) expect(text).toBe(expected[i]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
  60_000,
);
