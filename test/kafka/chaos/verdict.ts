import type { RunOptions } from '@kgen/runtime';
import { java } from '../../support/kafka/java.ts';
import { type Order, orders, type Total, totals } from '../../task/count-job.ts';

/** What Java's consumer reads of committed records, in the order of each partition. */
async function witness<T>(
  brokers: readonly string[],
  topic: string,
  read: (key: Buffer, value: Buffer) => T,
): Promise<T[]> {
  const lines = await java('TopicReader', brokers.join(), topic, 'read_committed');
  return lines.map((line) => {
    const { key, value } = JSON.parse(line) as { readonly key: string; readonly value: string };
    return read(Buffer.from(key, 'hex'), Buffer.from(value, 'hex'));
  });
}

export interface Verdict {
  readonly inputs: number;
  readonly outputs: number;
  /** What is wrong, at most a few of all; empty where each input has its output, once, in order by key. */
  readonly wrong: readonly string[];
}

/** Reads inputs and outputs with a client that is not ours, and computes from the inputs alone what must have come out. */
export async function judge(
  brokers: readonly string[],
  topics: { readonly orders: string; readonly totals: string },
  { guarantee = 'exactly-once', stateless = false }: Judged = {},
): Promise<Verdict> {
  const raw = { offset: 0n, partition: 0, timestamp: 0n, headers: [] };
  const [read, written] = await Promise.all([
    witness(brokers, topics.orders, (key, value) => orders.deserialize({ ...raw, topic: 'orders', key, value })),
    witness(brokers, topics.totals, (key, value) => totals.deserialize({ ...raw, topic: 'totals', key, value })),
  ]);
  const inputs = read.flatMap(({ value }) => value ?? []);
  const outputs = written.flatMap(({ value }) => value ?? []);
  if (guarantee === 'exactly-once' && !stateless) return compare(inputs, outputs);
  return compareRepeated(inputs, outputs, { guarantee, stateless });
}

export interface Judged {
  readonly guarantee?: NonNullable<RunOptions['guarantee']> | undefined;
  /** Outputs are the orders themselves, and not what they sum up to. */
  readonly stateless?: boolean | undefined;
}

/**
 * Where outputs may come again: each is one that was due, so that the state it was made of is exact; and where none may be lost,
 * all that were due are there. In any case each key's last one is, which was made by an instance that nothing befell.
 */
export function compareRepeated(
  inputs: readonly Order[],
  outputs: readonly Omit<Total, 'name'>[],
  { guarantee, stateless }: Required<Judged>,
): Verdict {
  const tell = ({ count, sum }: Pick<Total, 'count' | 'sum'>): string => `${count}:${sum}`;
  const totals = stateless
    ? new Map(
        Array.from(
          Map.groupBy(inputs, ({ customer }) => customer),
          ([customer, own]) => [customer, own.map(({ amount }) => ({ count: 1, sum: amount }))] as const,
        ),
      )
    : expectedOf(inputs);
  const found = Map.groupBy(outputs, ({ customer }) => customer);
  const wrong: string[] = [];
  for (const customer of new Set([...totals.keys(), ...found.keys()])) {
    const due = (totals.get(customer) ?? []).map(tell);
    const there = new Set(found.get(customer)?.map(tell));
    const never = [...there].find((each) => !due.includes(each));
    if (never !== undefined) wrong.push(`${customer}: ${never} was never due`);
    const wanted = guarantee === 'none' ? due.slice(-1) : due;
    const lost = wanted.find((each) => !there.has(each));
    if (lost !== undefined) wrong.push(`${customer}: ${lost} is due, and is not there`);
  }
  return { inputs: inputs.length, outputs: outputs.length, wrong: wrong.slice(0, 10) };
}

/** Outputs in the order in which a reader sees those of each key. */
export function compare(inputs: readonly Order[], outputs: readonly Omit<Total, 'name'>[]): Verdict {
  const expected = expectedOf(inputs);
  const found = Map.groupBy(outputs, ({ customer }) => customer);
  const wrong: string[] = [];
  for (const customer of new Set([...expected.keys(), ...found.keys()])) {
    const [want, have] = [expected.get(customer) ?? [], found.get(customer) ?? []];
    const at = Array.from({ length: Math.max(want.length, have.length) }).findIndex(
      (_, i) => want[i]?.count !== have[i]?.count || want[i]?.sum !== have[i]?.sum,
    );
    if (at >= 0) {
      const around = have.slice(Math.max(0, at - 1), at + 2).map(({ count, sum }) => `${count}:${sum}`);
      wrong.push(
        `${customer}, output ${at} of ${want.length}: ${want[at]?.count}:${want[at]?.sum} is due, there is ${around.join(' ')}`,
      );
    }
  }
  return { inputs: inputs.length, outputs: outputs.length, wrong: wrong.slice(0, 10) };
}

function expectedOf(inputs: readonly Order[]): Map<string, Pick<Total, 'count' | 'sum'>[]> {
  const expected = new Map<string, Pick<Total, 'count' | 'sum'>[]>();
  for (const { customer, amount } of inputs) {
    const own = expected.get(customer) ?? [];
    const last = own.at(-1) ?? { count: 0, sum: 0 };
    own.push({ count: last.count + 1, sum: last.sum + amount });
    expected.set(customer, own);
  }
  return expected;
}
