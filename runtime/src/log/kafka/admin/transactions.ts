import type { TopicPartition } from '../../port.ts';
import { askCoordinator } from '../ask-coordinator.ts';
import { answeredError } from '../errors.ts';
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
  return retrying(transport.clock, patience, async () => {
    await transport.topics([]); // who the brokers are
    const { nodes } = transport;
    const answers = await Promise.all(
      nodes.map((node) => transport.send(node, 'control', listTransactions, { states: ['Ongoing'], producerIds: [] })),
    );
    const found = new Map<string, ListedTransaction>();
    for (const { error, transactions } of answers) {
      if (error !== 0) throw answeredError('ListTransactions', error, `transactions of ${prefix}*`);
      for (const one of transactions) if (one.transactionalId.startsWith(prefix)) found.set(one.transactionalId, one);
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
  const described = await Promise.all(open.map((one) => describe(transport, one.transactionalId, patience)));
  return described
    .filter((one) => one?.partitions.some((each) => each.topic === topic && each.partition === partition) === true)
    .flatMap((one) => one ?? [])
    .sort((a, b) => a.startTime - b.startTime);
}

async function describe(
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
