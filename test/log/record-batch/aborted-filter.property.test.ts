import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { AbortedTransaction } from '../../../runtime/src/log/record-batch/aborted-filter.ts';
import { marker, readAll, record, stored } from './support.ts';

/** A log as a broker keeps it, and what a reader of committed records is to see of it. */
interface ModelLog {
  readonly batches: { readonly bytes: Buffer; readonly first: number; readonly end: number }[];
  readonly records: { readonly offset: number; readonly text: string; readonly transaction: Transaction | undefined }[];
  readonly transactions: Transaction[];
  end: number;
}

interface Transaction {
  readonly producerId: number;
  readonly firstOffset: number;
  outcome: 'commit' | 'abort' | 'open';
  markerOffset: number;
}

const PRODUCERS = 4;

/** Producer 0 writes without transactions; an undecided producer's marker comes at some point, or never. */
const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('write' as const),
      producer: fc.nat(PRODUCERS),
      count: fc.integer({ min: 1, max: 4 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constantFrom('commit' as const, 'abort' as const),
      producer: fc.integer({ min: 1, max: PRODUCERS }),
    }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** Ends what is open. */
const endings: readonly Step[] = Array.from({ length: PRODUCERS }, (_, i) => ({
  kind: i % 2 === 0 ? 'abort' : 'commit',
  producer: i + 1,
}));

function write(steps: readonly Step[]): ModelLog {
  const log: ModelLog = { batches: [], records: [], transactions: [], end: 0 };
  const open = new Map<number, Transaction>();
  for (const each of steps) {
    const { producer } = each;
    const first = log.end;
    let transaction = open.get(producer);
    if (each.kind !== 'write') {
      // A marker may also come for a producer that has written nothing here.
      log.batches.push({ bytes: marker(each.kind, producer, first), first, end: ++log.end });
      open.delete(producer);
      if (transaction === undefined) continue;
      transaction.outcome = each.kind;
      transaction.markerOffset = first;
      continue;
    }
    if (producer > 0 && transaction === undefined) {
      transaction = { producerId: producer, firstOffset: first, outcome: 'open', markerOffset: -1 };
      open.set(producer, transaction);
      log.transactions.push(transaction);
    }
    const texts = Array.from({ length: each.count }, (_, i) => `${producer}:${first + i}`);
    const records = texts.map((text) => record({ text }));
    const bytes = stored(records, { producerId: producer, transactional: producer > 0, offset: first });
    for (const [i, text] of texts.entries()) log.records.push({ offset: first + i, text, transaction });
    log.end += each.count;
    log.batches.push({ bytes, first, end: log.end });
  }
  return log;
}

test('committed records, all of them and no others, wherever a reader starts', () => {
  let aborted = 0;
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 60, size: 'max' }),
      fc.noBias(fc.nat(200)),
      fc.nat(200),
      fc.boolean(),
      (steps, start, size, decided) => {
        const log = write(decided ? [...steps, ...endings] : steps);
        const undecided = log.transactions
          .filter(({ outcome }) => outcome === 'open')
          .map(({ firstOffset }) => firstOffset);
        const stableEnd = Math.min(log.end, ...undecided);
        const position = stableEnd === 0 ? 0 : start % stableEnd;
        const limit = position + 1 + size;
        const given = log.batches.filter(({ first, end }) => end > position && end <= stableEnd && first < limit);
        const upTo = given.at(-1)?.end ?? position;
        // As brokers do: aborted transactions that are not over before the position, and begin before what is given ends.
        const list: AbortedTransaction[] = log.transactions
          .filter(
            ({ outcome, markerOffset, firstOffset }) =>
              outcome === 'abort' && markerOffset >= position && firstOffset < upTo,
          )
          .map(({ producerId, firstOffset }) => ({ producerId, firstOffset }));
        const found = readAll(Buffer.concat(given.map(({ bytes }) => bytes)), { position, aborted: list.toReversed() });
        const expected = log.records.filter(
          ({ offset, transaction }) =>
            offset >= position && offset < upTo && (transaction === undefined || transaction.outcome === 'commit'),
        );
        aborted += list.length;
        expect(found.records.map(({ offset, value }) => [offset, Buffer.from(value ?? []).toString()])).toEqual(
          expected.map(({ offset, text }) => [offset, text]),
        );
        expect(found.nextOffset).toBe(upTo);
      },
    ),
    { numRuns: 400 },
  );
  expect(aborted).toBeGreaterThan(100);
});
