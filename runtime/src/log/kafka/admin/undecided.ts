import type { TopicPartition, UndecidedTransaction } from '../../port.ts';
import { askLeaders } from '../ask-leaders.ts';
import { answeredError } from '../errors.ts';
import { describeProducers } from '../messages/describe-producers.ts';
import type { DescribedTransaction } from '../messages/describe-transactions.ts';
import type { KafkaTransport } from '../transport/transport.ts';
import { describeTransaction, listOfAll } from './transactions.ts';

/**
 * Transactions that hold readers of partitions back, as the leaders of these see them (KIP-664, I16), with what the
 * coordinators know of them. Needs Read on the topics, and Describe on the transactional ids to name them.
 * @throws KafkaError
 */
export async function undecidedTransactions(
  transport: KafkaTransport,
  partitions: readonly TopicPartition[],
  patience: number,
): Promise<readonly UndecidedTransaction[]> {
  const request = (led: readonly TopicPartition[]) => ({ partitions: led });
  const answers = await askLeaders(transport, describeProducers, partitions, request, patience);
  const open = answers.flatMap(({ topic, partition, producers }) =>
    producers
      .filter(({ openFrom }) => openFrom >= 0)
      .map(({ producerId, openFrom }) => ({ topic, partition, producerId, offset: openFrom })),
  );
  if (open.length === 0) return [];
  const known = await byProducer(transport, new Set(open.map(({ producerId }) => producerId)), patience);
  return open
    .map((each) => {
      const { transactionalId, timeout } = known.get(each.producerId) ?? {};
      return { ...each, transactionalId, timeout };
    })
    .sort((a, b) => a.offset - b.offset);
}

async function byProducer(
  transport: KafkaTransport,
  producerIds: ReadonlySet<number>,
  patience: number,
): Promise<ReadonlyMap<number, DescribedTransaction>> {
  const request = { states: [], producerIds: [...producerIds] };
  const listed = await listOfAll(transport, request, patience, (error) =>
    answeredError('ListTransactions', error, `producers ${request.producerIds}`),
  );
  const described = await Promise.all(
    listed.map(({ transactionalId }) => describeTransaction(transport, transactionalId, patience)),
  );
  return new Map(described.flatMap((one) => (one === undefined ? [] : [[one.producerId, one]])));
}
