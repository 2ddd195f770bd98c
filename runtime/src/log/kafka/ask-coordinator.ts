import { coordinatorMoved, KafkaError } from './errors.ts';
import type { CoordinatorKind } from './messages/find-coordinator.ts';
import type { Answer, Message } from './messages/message.ts';
import { retrying } from './transport/backoff.ts';
import type { ChannelName, KafkaTransport } from './transport/transport.ts';

export interface CoordinatorRequest<Request, Response extends Answer> {
  readonly kind: CoordinatorKind;
  /** The group, or the transactional id. */
  readonly key: string;
  readonly channel: ChannelName;
  readonly message: Message<Request, Response>;
  readonly request: Request;
  /** What the codes of the answer mean; undefined where it is fine. The first that is not retriable, if there are several. */
  readonly failure: (answer: Response) => KafkaError | undefined;
  /** For the answer, in milliseconds. */
  readonly timeout?: number;
}

/** One request to a coordinator, looked up anew when it moved or cannot be reached. @throws KafkaError */
export async function askCoordinatorOnce<Request, Response extends Answer>(
  transport: KafkaTransport,
  { kind, key, channel, message, request, failure, timeout }: CoordinatorRequest<Request, Response>,
): Promise<Response> {
  const node = await transport.coordinator(kind, key);
  let answer: Response;
  try {
    answer = await transport.send(node, channel, message, request, timeout);
  } catch (error) {
    transport.forgetCoordinator(kind, key);
    throw error;
  }
  const error = failure(answer);
  if (error === undefined) return answer;
  if (error.kafkaCode !== undefined && coordinatorMoved(error.kafkaCode)) transport.forgetCoordinator(kind, key);
  throw error;
}

/** Repeats what is retriable for up to `patience` milliseconds, or until `signal` is aborted. @throws KafkaError */
export function askCoordinator<Request, Response extends Answer>(
  transport: KafkaTransport,
  request: CoordinatorRequest<Request, Response>,
  patience: number,
  signal?: AbortSignal,
): Promise<Response> {
  return retrying(transport.clock, patience, async () => {
    const { name } = request.message;
    if (signal?.aborted === true)
      throw new KafkaError('fatal', name, `${name} was not sent: nobody waits for it any more`);
    return askCoordinatorOnce(transport, request);
  });
}
