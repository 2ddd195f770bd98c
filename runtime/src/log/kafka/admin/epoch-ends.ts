import type { EpochPosition } from '../../port.ts';
import { askLeaders } from '../ask-leaders.ts';
import { offsetForLeaderEpoch } from '../messages/offset-for-leader-epoch.ts';
import type { KafkaTransport } from '../transport/transport.ts';

/** Where what was written under leader epochs ends, by the leaders of today (KIP-320, I19). @throws KafkaError */
export async function epochEnds(
  transport: KafkaTransport,
  positions: readonly EpochPosition[],
  patience: number,
): Promise<readonly (number | undefined)[]> {
  const epochs = new Map(positions.map(({ topic, partition, leaderEpoch }) => [`${topic}-${partition}`, leaderEpoch]));
  const found = await askLeaders(
    transport,
    offsetForLeaderEpoch,
    positions,
    (led) => ({
      partitions: led.map(({ topic, partition }) => {
        const leaderEpoch = epochs.get(`${topic}-${partition}`) ?? -1;
        return { topic, partition, leaderEpoch, currentLeaderEpoch: -1 };
      }),
    }),
    patience,
  );
  // -1: nothing of that epoch or an earlier one is left, as where old records are deleted.
  return found.map(({ endOffset }) => (endOffset < 0 ? undefined : endOffset));
}
