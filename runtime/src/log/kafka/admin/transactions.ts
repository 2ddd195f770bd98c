import type { TopicPartition } from '../../port.ts';
import { askCoordinator } from '../ask-coordinator.ts';
import { answeredError, type KafkaError } from '../errors.ts';
import { type DescribedTransaction, describeTransactions } from '../messages/describe-transactions.ts';
import { type ListedTransaction, listTransactions } from '../messages/list-transactions.ts';
import { retrying } from '../transport/backoff.ts';
import type { KafkaTransport } from '../transport/transport.ts';

/**
 * Transactions that are open and whose id starts with `prefix`, by all brokers: each knows of those that it coordinates.
 * Those that are decided end by themselves. @throws KafkaError where one of the brokers does not answer
 */
export async function openTransactions(
  transport: KafkaTransport,
  prefix: string,
  patience: number,
): Promise<readonly ListedTransaction[]> {
  const ongoing = { states: ['Ongoing'], producerIds: [] };
  const all = await listOfAll(transport, ongoing, patience, (error) =>
    answeredError('ListTransactions', error, `transactions of ${prefix}*`),
  );
  return all.filter(({ transactionalId }) => transactionalId.startsWith(prefix));
}

/** A transactional id, as its coordinator knows it. */
export interface KafkaTransaction {
  readonly transactionalId: string;
  readonly producerId: number;
  /** `Ongoing`, `PrepareCommit`, `PrepareAbort`; where none is open, `Empty`, `CompleteCommit` and so on. */
  readonly state: string;
  /** Undefined where none is open. */
  readonly open: OpenTransaction | undefined;
}

export interface OpenTransaction {
  readonly epoch: number;
  /** By the broker's clock, in milliseconds since 1970. */
  readonly startTime: number;
  /** In milliseconds; after so long its coordinator aborts it. */
  readonly timeout: number;
  /** Where it has written; those of `__consumer_offsets` stand for offsets of groups. */
  readonly partitions: readonly TopicPartition[];
}

/** Those whose id starts with a prefix, or those named, as far as they are there; by their ids. @throws KafkaError */
export async function describedTransactions(
  transport: KafkaTransport,
  which: { readonly prefix: string } | { readonly ids: readonly string[] },
  patience: number,
): Promise<readonly KafkaTransaction[]> {
  const listed = await listOfAll(transport, { states: [], producerIds: [] }, patience, (error) =>
    answeredError('ListTransactions', error, 'all transactional ids'),
  );
  const wanted = listed.filter(({ transactionalId }) => {
    return 'prefix' in which ? transactionalId.startsWith(which.prefix) : which.ids.includes(transactionalId);
  });
  const found = await Promise.all(
    wanted.map(async ({ transactionalId, producerId, state }): Promise<KafkaTransaction> => {
      // Most of them are at rest: nothing more is to be known of those.
      const isOpen = state === 'Ongoing' || state.startsWith('Prepare');
      const now = isOpen ? await describeTransaction(transport, transactionalId, patience) : undefined;
      if (now === undefined || now.startTime < 0) return { transactionalId, producerId, state, open: undefined };
      const { epoch, startTime, timeout, partitions } = now;
      const open = { epoch, startTime, timeout, partitions };
      return { transactionalId, producerId: now.producerId, state: now.state, open };
    }),
  );
  return found.sort((a, b) => (a.transactionalId < b.transactionalId ? -1 : 1));
}

/** Of all brokers, each once. */
export function listOfAll(
  transport: KafkaTransport,
  request: { readonly states: readonly string[]; readonly producerIds: readonly number[] },
  patience: number,
  failure: (error: number) => KafkaError,
): Promise<readonly ListedTransaction[]> {
  return retrying(transport.clock, patience, async () => {
    await transport.topics([]); // who the brokers are
    const { nodes } = transport;
    const answers = await Promise.all(nodes.map((node) => transport.send(node, 'control', listTransactions, request)));
    const found = new Map<string, ListedTransaction>();
    for (const { error, transactions } of answers) {
      if (error !== 0) throw failure(error);
      for (const one of transactions) found.set(one.transactionalId, one);
    }
    return [...found.values()];
  });
}

/** Those of them with records, or offsets, in a partition; the oldest first. */
export async function transactionsIn(
  transport: KafkaTransport,
  { topic, partition }: TopicPartition,
  patience: number,
): Promise<readonly DescribedTransaction[]> {
  const open = await openTransactions(transport, '', patience);
  const described = await Promise.all(open.map((one) => describeTransaction(transport, one.transactionalId, patience)));
  return described
    .filter((one) => one?.partitions.some((each) => each.topic === topic && each.partition === partition) === true)
    .flatMap((one) => one ?? [])
    .sort((a, b) => a.startTime - b.startTime);
}

/** Undefined where there is no such transactional id. */
export async function describeTransaction(
  transport: KafkaTransport,
  key: string,
  patience: number,
): Promise<DescribedTransaction | undefined> {
  const { transactions } = await askCoordinator(
    transport,
    {
      kind: 'transaction',
      key,
      channel: 'control',
      message: describeTransactions,
      request: { transactionalIds: [key] },
      failure: (answer) => {
        const error = answer.transactions[0]?.error ?? 0;
        return error === 0 || error === 105 ? undefined : answeredError('DescribeTransactions', error, key);
      },
    },
    patience,
  );
  return transactions.find(({ error }) => error === 0);
}
