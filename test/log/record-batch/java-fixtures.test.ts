import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { COMPRESSIONS, line, readAll } from './support.ts';

const folder = join(import.meta.dirname, 'fixtures');

interface WitnessedBatch {
  readonly baseOffset: number;
  readonly lastOffset: number;
  readonly producerId: number;
  readonly control: boolean;
  readonly records: readonly string[];
}

/** What Kafka's own classes read, as `fixtures/README.md` describes it. */
function witnessed(): readonly WitnessedBatch[] {
  const batches: (WitnessedBatch & { readonly records: string[] })[] = [];
  for (const text of readFileSync(join(folder, 'none.txt'), 'utf8').trimEnd().split(/\r?\n/)) {
    const words = text.split(' ');
    if (words[0] === 'record') batches.at(-1)?.records.push(text);
    else {
      const [baseOffset = -1, lastOffset = -1, , producerId = -1] = words.slice(1).map(Number);
      batches.push({ baseOffset, lastOffset, producerId, control: words[8] === 'true', records: [] });
    }
  }
  return batches;
}

describe('batches that Kafka wrote', () => {
  const batches = witnessed();
  const all = batches.filter(({ control }) => !control);
  const aborted = all.find(({ producerId }) => producerId === 4_000_000_000);

  test('the witness saw what the test needs', () => {
    expect(batches).toHaveLength(8);
    expect(all.flatMap(({ records }) => records)).toHaveLength(96);
    expect(aborted?.records).toHaveLength(4);
  });

  describe.each(['none', ...COMPRESSIONS])('%s', (name) => {
    const bytes = readFileSync(join(folder, `${name}.bin`));

    test('are read as Kafka reads them', () => {
      const found = readAll(bytes, { position: 1000 });
      expect(found.records.map(line)).toEqual(all.flatMap(({ records }) => records));
      expect(found).toMatchObject({ nextOffset: 1116, bytes: bytes.length });
    });

    test('without the aborted transaction', () => {
      const list = [{ producerId: 4_000_000_000, firstOffset: aborted?.baseOffset ?? -1 }];
      const { records } = readAll(bytes, { position: 1000, aborted: list });
      expect(records.map(line)).toEqual(all.filter((batch) => batch !== aborted).flatMap(({ records: kept }) => kept));
    });

    test('from any offset on', () => {
      for (let position = 1000; position <= 1116; position += 7) {
        const expected = all.flatMap(({ records }) => records).filter((text) => Number(text.split(' ')[1]) >= position);
        expect(readAll(bytes, { position }).records.map(line)).toEqual(expected);
      }
    });
  });
});
