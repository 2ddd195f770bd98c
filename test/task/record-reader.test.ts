import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { encodeWith } from '@kgen/runtime';
import { utf8 } from '@kgen/runtime/codegen/v1';
import { type MemoryLog, memoryLog } from '@kgen/runtime/memory';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { avro } from '../../runtime/src/format/avro.ts';
import { RecordReader } from '../../runtime/src/task/calls/record-reader.ts';
import { interpretedCodec } from '../support/interpreted-codec.ts';

interface Page {
  readonly title: string;
  readonly nulls: readonly null[];
  readonly text: string;
}

const page = interpretedCodec<Page>({
  type: 'record',
  name: 'Page',
  fields: [
    { name: 'title', type: 'string' },
    { name: 'nulls', type: { type: 'array', items: 'null' } },
    { name: 'text', type: 'string' },
  ],
});
const format = avro(() => page);

type Entry = readonly [key: string, value: Page];

function produce(log: MemoryLog, entries: readonly Entry[]): void {
  log.produce(
    entries.map(([key, value]) => ({ topic: 'pages', key: encodeWith(utf8, key), value: encodeWith(format, value) })),
  );
}

const entry: fc.Arbitrary<Entry> = fc.tuple(
  fc.string({ unit: 'binary', maxLength: 30 }).filter((text) => text.isWellFormed()),
  fc.record({
    title: fc.oneof(fc.string({ maxLength: 60 }), fc.string({ unit: 'grapheme', maxLength: 60 })),
    nulls: fc.constant([]),
    text: fc.string({ maxLength: 3000 }),
  }),
);

test('records are read as they were written, also those that come behind them in the same memory later', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(entry, { minLength: 1, maxLength: 8 }), { maxLength: 6 }), async (rounds) => {
      const log = memoryLog({ topics: { pages: 1 } });
      const source = log.source();
      source.assign([{ topic: 'pages', partition: 0, offset: 0 }]);
      const reader = new RecordReader();
      for (const entries of rounds) {
        produce(log, entries);
        const read: Entry[] = [];
        for (const { records } of await source.poll(0)) {
          while (records.next()) read.push([reader.key(records, utf8), reader.value(records, format)]);
        }
        expect(read).toEqual(entries);
      }
      source.close();
    }),
    { numRuns: 60 },
  );
});

test('what records may claim without bytes for it counts for each anew', async () => {
  const log = memoryLog({ topics: { pages: 1 } });
  const nulls = Array.from({ length: 100_000 }, () => null);
  produce(
    log,
    Array.from({ length: 5 }, (_, i): Entry => [`k${i}`, { title: '', nulls, text: '' }]),
  );
  const source = log.source();
  source.assign([{ topic: 'pages', partition: 0, offset: 0 }]);
  const reader = new RecordReader();
  let count = 0;
  for (const { records } of await source.poll(0)) {
    while (records.next()) count += reader.value(records, format).nulls.length;
  }
  expect(count).toBe(500_000);
  source.close();
});

test('keys that are kept do not keep what was read beside them', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const log = memoryLog({ topics: { pages: 1 } });
  const many = 10_000;
  const value: Page = { title: 'x'.repeat(1500), nulls: [], text: '' };
  produce(
    log,
    Array.from({ length: many }, (_, i): Entry => [`a key of ${i} that is long`.slice(0, 8 + (i % 12)), value]),
  );
  const source = log.source();
  source.assign([{ topic: 'pages', partition: 0, offset: 0 }]);
  const reader = new RecordReader();
  const keys: string[] = [];
  collect();
  const before = process.memoryUsage().heapUsed;
  while (keys.length < many) {
    for (const { records } of await source.poll(0)) {
      while (records.next()) {
        reader.value(records, format);
        keys.push(reader.key(records, utf8));
      }
    }
  }
  collect();
  // A window of text for each key would be 20 MB.
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(4 * 2 ** 20);
  expect(keys).toHaveLength(many);
  source.close();
});
