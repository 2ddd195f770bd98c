import type { TopicPartition } from '../../port.ts';
import { readByTopic } from './by-topic.ts';
import type { ListedTransaction } from './list-transactions.ts';
import type { Answer, Message } from './message.ts';

export interface DescribedTransaction extends ListedTransaction {
  readonly error: number;
  readonly epoch: number;
  /** Milliseconds. */
  readonly timeout: number;
  /** Milliseconds since 1970; -1 where none is open. */
  readonly startTime: number;
  readonly partitions: readonly TopicPartition[];
}

/** Asked of the transactional ids' coordinator (KIP-664). */
export const describeTransactions: Message<
  { readonly transactionalIds: readonly string[] },
  Answer & { readonly transactions: readonly DescribedTransaction[] }
> = {
  name: 'DescribeTransactions',
  key: 65,
  versions: { min: 0, max: 0 },
  repeatable: true,
  write(writer, { transactionalIds }) {
    writer.array(transactionalIds, (each, id) => each.string(id)).noTags();
  },
  read(reader) {
    const throttle = reader.int32();
    const transactions = reader.array((each) => {
      const head = { error: each.int16(), transactionalId: each.string(), state: each.string() };
      const times = { timeout: each.int32(), startTime: each.int64() };
      const identity = { producerId: each.int64(), epoch: each.int16() };
      const partitions = readByTopic(each, (inner, topic) => ({ topic, partition: inner.int32() }), 4);
      each.tags();
      return { ...head, ...times, ...identity, partitions };
    }, 28);
    reader.tags();
    return { throttle, transactions };
  },
};
