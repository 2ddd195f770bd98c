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
