import type { TopicPartition } from '../../port.ts';
import type { LeaderHint } from '../messages/leader-hint.ts';
import type { Broker, MetadataResponse, TopicMetadata } from '../messages/metadata.ts';
import type { Address } from './options.ts';

export interface Leader {
  readonly node: number;
  readonly leaderEpoch: number;
}

interface KnownTopic {
  readonly id: string;
  /** By partition. -1 as node: none at the moment. */
  readonly leaders: Leader[];
}

/** What is known of the cluster: where brokers are, and who leads what. Never goes back to an older leader. */
export class Cluster {
  #brokers: ReadonlyMap<number, Address> = new Map();
  readonly #topics = new Map<string, KnownTopic>();

  get nodes(): readonly number[] {
    return [...this.#brokers.keys()];
  }

  get topics(): readonly string[] {
    return [...this.#topics.keys()];
  }

  addressOf(node: number): Address | undefined {
    return this.#brokers.get(node);
  }

  /** Undefined where it is not known, or there is none at the moment. */
  leaderOf({ topic, partition }: TopicPartition): Leader | undefined {
    const leader = this.#topics.get(topic)?.leaders[partition];
    return leader === undefined || leader.node < 0 ? undefined : leader;
  }

  idOf(topic: string): string | undefined {
    return this.#topics.get(topic)?.id;
  }

  learn({ brokers, topics }: MetadataResponse): void {
    this.#brokers = new Map(brokers.map(({ node, host, port }) => [node, { host, port }]));
    for (const topic of topics) this.#learnTopic(topic);
  }

  #learnTopic({ topic, id, error, partitions }: TopicMetadata): void {
    if (error !== 0) {
      this.#topics.delete(topic);
      return;
    }
    const before = this.#topics.get(topic);
    const leaders: Leader[] = [];
    for (const { partition, leader, leaderEpoch } of partitions) {
      const known = before?.id === id ? before.leaders[partition] : undefined;
      leaders[partition] =
        known !== undefined && known.leaderEpoch > leaderEpoch ? known : { node: leader, leaderEpoch };
    }
    this.#topics.set(topic, { id, leaders });
  }

  /** A broker that was asked in vain knows better (KIP-951). False where that is no news. */
  learnLeader(
    { topic, partition }: TopicPartition,
    hint: LeaderHint | undefined,
    endpoints: readonly Broker[],
  ): boolean {
    const known = this.#topics.get(topic);
    if (known === undefined || hint === undefined || hint.node < 0) return false;
    if ((known.leaders[partition]?.leaderEpoch ?? -1) >= hint.leaderEpoch) return false;
    for (const broker of endpoints) this.learnBroker(broker);
    if (!this.#brokers.has(hint.node)) return false;
    known.leaders[partition] = { node: hint.node, leaderEpoch: hint.leaderEpoch };
    return true;
  }

  learnBroker({ node, host, port }: Broker): void {
    this.#brokers = new Map(this.#brokers).set(node, { host, port });
  }
}
