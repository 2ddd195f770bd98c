import type { TopicPartition } from '../../port.ts';
import { type PartitionResult, readResults, writePartitions } from './by-topic.ts';
import type { Answer, Message } from './message.ts';
import { type TransactionIdentity, writeIdentity } from './transaction-identity.ts';

/** Version 1 of the transaction protocol alone. Asked of the transaction's coordinator. */
export const addPartitionsToTxn: Message<
  TransactionIdentity & { readonly partitions: readonly TopicPartition[] },
  Answer & { readonly partitions: readonly PartitionResult[] }
> = {
  name: 'AddPartitionsToTxn',
  key: 24,
  versions: { min: 3, max: 3 },
  repeatable: false,
  write(writer, request) {
    writeIdentity(writer, request);
    writePartitions(writer, request.partitions);
    writer.noTags();
  },
  read(reader) {
    const throttle = reader.int32();
    const partitions = readResults(reader);
    reader.tags();
    return { throttle, partitions };
  },
};
