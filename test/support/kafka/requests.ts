import { answeredError } from '../../../runtime/src/log/kafka/errors.ts';
import { createTopics } from '../../../runtime/src/log/kafka/messages/create-topics.ts';
import { deleteRecords } from '../../../runtime/src/log/kafka/messages/delete-records.ts';
import type { Answer, Message } from '../../../runtime/src/log/kafka/messages/message.ts';
import { retrying } from '../../../runtime/src/log/kafka/transport/backoff.ts';
import type { KafkaTransport } from '../../../runtime/src/log/kafka/transport/transport.ts';
import type { TopicPartition } from '../../../runtime/src/log/port.ts';

let names = 0;

/** A name that no other test, nor an earlier run against the same brokers, has used. */
export function unique(name: string): string {
  return `${name}-${Date.now().toString(36)}-${process.pid}-${names++}`;
}

/** A new topic, all of whose partitions have a leader. Records may be as old as they like: Kafka would delete them. */
export async function newTopic(
  transport: KafkaTransport,
  partitions = 1,
  configs: Readonly<Record<string, string>> = {},
  topic: string = unique('topic'),
): Promise<string> {
  const request = {
    topics: [{ topic, partitions, replicationFactor: 1, configs: { 'retention.ms': '-1', ...configs } }],
    timeout: 10_000,
    validateOnly: false,
  };
  const answer = await transport.sendToAny(createTopics, request);
  for (const { error, message } of answer.topics)
    if (error !== 0) throw answeredError('CreateTopics', error, `topic ${topic}`, message);
  for (let partition = 0; partition < partitions; partition++) {
    await retrying(transport.clock, 10_000, () => transport.leader({ topic, partition }));
  }
  return topic;
}

/** Asks the partition's leader; again while `code` of the answer is retriable. */
export async function askLeader<Request, Response extends Answer>(
  transport: KafkaTransport,
  partition: TopicPartition,
  message: Message<Request, Response>,
  request: Request,
  code: (answer: Response) => number | undefined,
): Promise<Response> {
  return retrying(transport.clock, 20_000, async () => {
    const { node } = await transport.leader(partition);
    const answer = await transport.send(node, 'control', message, request);
    const found = code(answer) ?? 0;
    if (found !== 0) {
      await transport.leaderChanged(partition, found);
      const error = answeredError(message.name, found, `${partition.topic}-${partition.partition}`);
      if (error.kind === 'retriable') throw error;
    }
    return answer;
  });
}

/** Deletes what lies before an offset, as retention does. */
export async function deleteBefore(
  transport: KafkaTransport,
  partition: TopicPartition,
  before: number,
): Promise<void> {
  const request = { partitions: [{ ...partition, before }], timeout: 5000 };
  await askLeader(transport, partition, deleteRecords, request, (answer) => answer.partitions[0]?.error);
}
