import type { ErrorName } from '../error-codes.ts';
import { KafkaError } from '../errors.ts';
import { describeConfigs } from '../messages/describe-configs.ts';
import type { CoordinatorKind } from '../messages/find-coordinator.ts';
import type { KafkaTransport } from '../transport/transport.ts';

/** A setting of this client that a broker does not take, and those of the broker that say what it takes. */
export interface Limited {
  readonly error: ErrorName;
  /** As the user knows it, and its value in milliseconds. */
  readonly setting: string;
  readonly value: number;
  readonly limits: readonly string[];
}

/**
 * The error, with the broker's own numbers where it is of this kind, and the broker tells them: that takes DescribeConfigs on
 * the cluster.
 */
export async function withLimits(
  transport: KafkaTransport,
  coordinator: { readonly kind: CoordinatorKind; readonly key: string },
  failure: unknown,
  { error, setting, value, limits }: Limited,
): Promise<unknown> {
  if (!(failure instanceof KafkaError) || failure.kafkaName !== error) return failure;
  const node = await transport.coordinator(coordinator.kind, coordinator.key).catch(() => undefined);
  if (node === undefined) return failure;
  const told = await settingsOf(transport, node, limits).catch(() => []);
  if (told.length === 0) return failure;
  const numbers = told.map(([name, number]) => `${name}=${number}`).join(', ');
  const advice = `Change ${setting}, or let whoever administers the brokers change that`;
  const message = `${failure.request}: ${setting} is ${value} ms, and broker ${node} does not take that: it has ${numbers}. ${advice}`;
  return new KafkaError(failure.kind, failure.request, message, { kafkaCode: failure.kafkaCode ?? 0 });
}

async function settingsOf(
  transport: KafkaTransport,
  node: number,
  keys: readonly string[],
): Promise<readonly (readonly [name: string, value: string])[]> {
  const resources = [{ type: 'broker', name: String(node), keys }] as const;
  const { resources: found } = await transport.send(node, 'control', describeConfigs, { resources });
  return keys.flatMap((key) => {
    const value = found[0]?.configs.get(key);
    return value === undefined || value === null ? [] : [[key, value] as const];
  });
}
