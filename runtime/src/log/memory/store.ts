import { LogError, type TopicDescription, type TopicPartition, type TopicRetention, type TopicSpec } from '../port.ts';
import { Partition } from './partition.ts';

interface StoredTopic extends TopicDescription {
  readonly list: readonly Partition[];
  readonly compacted: boolean;
}

/** As Kafka's default: a day, in milliseconds. */
const TOMBSTONES = 24 * 60 * 60_000;

/** All topics of an embedded log, and who waits for something to change in them. */
export class Store {
  readonly #topics = new Map<string, StoredTopic>();
  readonly #waiting = new Set<() => void>();
  #created = 0;

  create(spec: TopicSpec): void {
    if (!Number.isInteger(spec.partitions) || spec.partitions < 1) {
      throw new LogError(
        'fatal',
        `topic ${spec.name}: ${spec.partitions} is not a number of partitions; give 1 or more`,
      );
    }
    const existing = this.#topics.get(spec.name);
    if (existing === undefined) {
      const list = Array.from({ length: spec.partitions }, (_, i) => new Partition(spec.name, i));
      const { partitions, compacted = false } = spec;
      this.#topics.set(spec.name, { list, partitions, compacted, id: `topic-${++this.#created}` });
    } else if (existing.partitions !== spec.partitions) {
      throw new LogError(
        'fatal',
        `topic ${spec.name} exists with ${existing.partitions} partitions, not ${spec.partitions}`,
      );
    }
  }

  describe(names: readonly string[] | undefined): Map<string, TopicDescription> {
    const found = new Map<string, TopicDescription>();
    for (const name of names ?? this.#topics.keys()) {
      const topic = this.#topics.get(name);
      if (topic !== undefined) found.set(name, { partitions: topic.partitions, id: topic.id });
    }
    return found;
  }

  retention(name: string): TopicRetention {
    const { compacted } = this.#topic(name);
    return { compacted, policy: compacted ? 'compact' : 'delete', tombstones: TOMBSTONES };
  }

  topic(name: string): readonly Partition[] {
    return this.#topic(name).list;
  }

  partition({ topic, partition }: TopicPartition): Partition {
    const found = this.topic(topic)[partition];
    if (found === undefined) throw new LogError('fatal', `topic ${topic} has no partition ${partition}`);
    return found;
  }

  #topic(name: string): StoredTopic {
    const topic = this.#topics.get(name);
    if (topic === undefined) throw new LogError('fatal', `there is no topic ${name}; create it first`);
    return topic;
  }

  /** Calls once at the next change. The function that comes back calls it off. */
  onChange(call: () => void): () => void {
    this.#waiting.add(call);
    return () => this.#waiting.delete(call);
  }

  /** Something became readable, or was decided. */
  changed(): void {
    if (this.#waiting.size === 0) return;
    const calls = [...this.#waiting];
    this.#waiting.clear();
    for (const call of calls) call();
  }
}
