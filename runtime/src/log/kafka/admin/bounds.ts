import type { PartitionBounds, TopicPartition } from '../../port.ts';
import { askLeaders } from '../ask-leaders.ts';
import { EARLIEST, type Isolation, LATEST, type ListedOffset, listOffsets } from '../messages/list-offsets.ts';
import type { KafkaTransport } from '../transport/transport.ts';

/** Where partitions begin and end, one for each, in their order. `patience` in milliseconds. @throws KafkaError */
export async function partitionBounds(
  transport: KafkaTransport,
  partitions: readonly TopicPartition[],
  patience: number,
): Promise<readonly PartitionBounds[]> {
  const ask = (isolation: Isolation, timestamp: number): Promise<readonly ListedOffset[]> =>
    askLeaders(
      transport,
      listOffsets,
      partitions,
      (led) => ({ isolation, partitions: led.map((each) => ({ ...each, timestamp })) }),
      patience,
    );
  // A broker answers them in this order, and none of them goes back: each is at most the next.
  const [starts, stableEnds, ends] = await Promise.all([
    ask('read-uncommitted', EARLIEST),
    ask('read-committed', LATEST),
    ask('read-uncommitted', LATEST),
  ]);
  return partitions.map(({ topic, partition }, i) => {
    const start = starts[i]?.offset ?? 0;
    const stableEnd = Math.max(start, stableEnds[i]?.offset ?? 0);
    return { topic, partition, start, stableEnd, end: Math.max(stableEnd, ends[i]?.offset ?? 0) };
  });
}
