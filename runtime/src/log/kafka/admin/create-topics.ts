import { LogError, type TopicSpec } from '../../port.ts';
import { answeredError, verdictOf } from '../errors.ts';
import { createTopics } from '../messages/create-topics.ts';
import { retrying } from '../transport/backoff.ts';
import type { KafkaTransport } from '../transport/transport.ts';
import { partitionBounds } from './bounds.ts';
import { topicSettings } from './topic-settings.ts';
import { describeTopics } from './topics.ts';

export interface CreateOptions {
  /** -1: the brokers' default. */
  readonly replicationFactor: number;
  /** In milliseconds, for each step. */
  readonly patience: number;
}

/**
 * The segment that is written to is never compacted, and is read whole by who restores: smaller ones than Kafka's 1 GiB,
 * compacted when a tenth of them is outdated rather than half.
 */
const COMPACTED: Readonly<Record<string, string>> = {
  'cleanup.policy': 'compact',
  'segment.bytes': String(64 * 1024 * 1024),
  'min.cleanable.dirty.ratio': '0.1',
};

/**
 * Creates those that do not exist, and waits until all of them can be used.
 * @throws KafkaError; LogError, `fatal`, where one exists with another partition count, or is to be compacted and is not
 */
export async function createMissingTopics(
  transport: KafkaTransport,
  specs: readonly TopicSpec[],
  options: CreateOptions,
): Promise<void> {
  const { clock } = transport;
  const { patience } = options;
  const names = specs.map(({ name }) => name);
  const before = await describeTopics(transport, names, patience);
  const missing = specs.filter(({ name }) => !before.has(name));
  const own = missing.length === 0 ? [] : await retrying(clock, patience, () => create(transport, missing, options));
  await retrying(clock, patience, async () => {
    const found = await transport.topics(names);
    const counts = new Map(found.map(({ topic, partitions: { length } }) => [topic, length]));
    for (const { name, partitions } of specs) {
      const count = counts.get(name);
      if (count === undefined) throw answeredError('CreateTopics', 5, `topic ${name}`, 'not everywhere known yet');
      if (count !== partitions)
        throw new LogError('fatal', `Topic ${name} exists with ${count} partitions instead of ${partitions}`);
    }
  });
  const compacted = specs.filter((spec) => spec.compacted === true && !own.includes(spec.name));
  for (const { name } of compacted) await mustBeCompacted(transport, name, patience);
  const fresh = missing.flatMap(({ name, partitions }) =>
    Array.from({ length: partitions }, (_, partition) => ({ topic: name, partition })),
  );
  await partitionBounds(transport, fresh, patience);
}

/** Those that were created now: others may do so at the same time, in another way. */
async function create(
  transport: KafkaTransport,
  specs: readonly TopicSpec[],
  { replicationFactor, patience }: CreateOptions,
): Promise<readonly string[]> {
  const answer = await transport.sendToAny(createTopics, {
    topics: specs.map(({ name, partitions, compacted, ...own }) => ({
      topic: name,
      partitions,
      replicationFactor: own.replicationFactor ?? replicationFactor,
      configs: { ...(compacted === true ? COMPACTED : {}), ...own.settings },
    })),
    timeout: patience,
    validateOnly: false,
  });
  const failures = answer.topics.filter(({ error }) => verdictOf('CreateTopics', error) !== 'answer');
  const errors = failures.map(({ topic, error, message }) =>
    answeredError('CreateTopics', error, `topic ${topic}`, message),
  );
  const first = errors.find(({ kind }) => kind !== 'retriable') ?? errors[0];
  if (first !== undefined) throw first;
  return answer.topics.filter(({ error }) => error === 0).map(({ topic }) => topic);
}

/** A changelog from which records are deleted by age loses state. */
async function mustBeCompacted(transport: KafkaTransport, name: string, patience: number): Promise<void> {
  const { compacted, policy } = await topicSettings(transport, name, patience);
  if (compacted) return;
  throw new LogError(
    'fatal',
    `Topic ${name} exists with cleanup.policy=${policy}, and would lose records that are still valid: ` +
      'set its cleanup.policy to compact, or delete it if nothing in it is needed',
  );
}
