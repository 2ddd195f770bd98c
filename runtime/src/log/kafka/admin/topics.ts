import type { TopicDescription } from '../../port.ts';
import { metadata, type TopicMetadata } from '../messages/metadata.ts';
import { retrying } from '../transport/backoff.ts';
import type { KafkaTransport } from '../transport/transport.ts';

/** Topics that exist, by name; all but Kafka's own where `names` is undefined. @throws KafkaError */
export async function describeTopics(
  transport: KafkaTransport,
  names: readonly string[] | undefined,
  patience: number,
): Promise<ReadonlyMap<string, TopicDescription>> {
  const found = await retrying(transport.clock, patience, () =>
    names === undefined ? allTopics(transport) : transport.topics([...new Set(names)]),
  );
  return new Map(found.map(({ topic, id, partitions: { length } }) => [topic, { partitions: length, id }]));
}

/** Not by way of the transport, which follows from then on what it was asked for. */
async function allTopics(transport: KafkaTransport): Promise<readonly TopicMetadata[]> {
  const { topics } = await transport.sendToAny(metadata, { topics: null });
  return topics.filter(({ error, internal }) => error === 0 && !internal);
}
