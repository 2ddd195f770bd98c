import type { NamedTopic } from '../../port.ts';
import { answeredError, verdictOf } from '../errors.ts';
import { deleteTopics } from '../messages/delete-topics.ts';
import { retrying } from '../transport/backoff.ts';
import type { KafkaTransport } from '../transport/transport.ts';
import { describeTopics } from './topics.ts';

/** Deletes topics, and waits until they are gone. `patience` in milliseconds, for each step. @throws KafkaError */
export async function deleteTopicsById(
  transport: KafkaTransport,
  topics: readonly NamedTopic[],
  patience: number,
): Promise<void> {
  const { clock } = transport;
  const nameOf = new Map(topics.map(({ name, id }) => [id, name]));
  await retrying(clock, patience, async () => {
    const answer = await transport.sendToAny(deleteTopics, { ids: [...nameOf.keys()], timeout: patience });
    for (const { id, error, message } of answer.topics) {
      if (verdictOf('DeleteTopics', error) === 'answer') continue;
      throw answeredError('DeleteTopics', error, `topic ${nameOf.get(id) ?? id}`, message);
    }
  });
  await retrying(clock, patience, async () => {
    const found = await describeTopics(transport, [...nameOf.values()], patience);
    for (const { name, id } of topics) {
      // What a broker says that does not know the topic's present state yet.
      if (found.get(name)?.id === id)
        throw answeredError('Metadata', 5, `topic ${name}`, 'it is not gone everywhere yet');
    }
  });
}
