import type { TopicPartition } from '../port.ts';
import { answeredError } from './errors.ts';
import type { Answer, Message } from './messages/message.ts';
import { retrying } from './transport/backoff.ts';
import type { KafkaTransport } from './transport/transport.ts';

interface AnsweredPartition extends TopicPartition {
  readonly error: number;
}

/**
 * Asks each partition's leader; a partition whose leader moved, or cannot be reached, is asked again for up to `patience`
 * milliseconds. One answer for each of `partitions`, in their order. @throws KafkaError
 */
export async function askLeaders<Request, Found extends AnsweredPartition>(
  transport: KafkaTransport,
  message: Message<Request, Answer & { readonly partitions: readonly Found[] }>,
  partitions: readonly TopicPartition[],
  request: (partitions: readonly TopicPartition[]) => Request,
  patience: number,
): Promise<readonly Found[]> {
  const found = new Map<string, Found>();
  await retrying(transport.clock, patience, async () => {
    const missing = new Map(partitions.map((each) => [nameOf(each), each]));
    for (const name of found.keys()) missing.delete(name);
    const byNode = new Map<number, TopicPartition[]>();
    for (const partition of missing.values()) {
      const { node } = await transport.leader(partition);
      const same = byNode.get(node);
      if (same === undefined) byNode.set(node, [partition]);
      else same.push(partition);
    }
    const failures: unknown[] = [];
    await Promise.all(
      Array.from(byNode, async ([node, led]) => {
        try {
          const answer = await transport.send(node, 'control', message, request(led));
          for (const one of answer.partitions) {
            if (one.error === 0) found.set(nameOf(one), one);
            else failures.push(answeredError(message.name, one.error, nameOf(one)));
          }
        } catch (error) {
          failures.push(error);
        }
      }),
    );
    if (failures.length === 0) return;
    const fatal = failures.find((error) => !isRetriable(error));
    if (fatal !== undefined) throw fatal;
    await transport.refresh();
    throw failures[0];
  });
  return partitions.map((partition) => {
    const one = found.get(nameOf(partition));
    if (one === undefined) throw answeredError(message.name, -1, nameOf(partition), 'left out of the answer');
    return one;
  });
}

function isRetriable(error: unknown): boolean {
  return error instanceof Error && 'kind' in error && error.kind === 'retriable';
}

function nameOf({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`;
}
