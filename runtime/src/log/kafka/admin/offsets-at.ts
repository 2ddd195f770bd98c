import type { TimedPartition } from '../../port.ts';
import { askLeaders } from '../ask-leaders.ts';
import { type ListOffsetsRequest, listOffsets } from '../messages/list-offsets.ts';
import type { KafkaTransport } from '../transport/transport.ts';

/** The first offsets at or after times (KIP-79); undefined where no record is that young. @throws KafkaError */
export async function offsetsAt(
  transport: KafkaTransport,
  times: readonly TimedPartition[],
  patience: number,
): Promise<readonly (number | undefined)[]> {
  const asked = new Map(times.map(({ topic, partition, timestamp }) => [`${topic}-${partition}`, timestamp]));
  const found = await askLeaders(
    transport,
    listOffsets,
    times,
    (led): ListOffsetsRequest => ({
      isolation: 'read-uncommitted',
      // Negative ones are no times to a broker, but the ends of the log.
      partitions: led.map(({ topic, partition }) => {
        return { topic, partition, timestamp: Math.max(0, asked.get(`${topic}-${partition}`) ?? 0) };
      }),
    }),
    patience,
  );
  return found.map(({ offset }) => (offset < 0 ? undefined : offset));
}
