import type { Clock } from '../../../time/clock.ts';
import type { Silence, TopicPartition } from '../../port.ts';
import { answeredError, KafkaError, leaderMoved, verdictOf } from '../errors.ts';
import type { CoordinatorKind } from '../messages/find-coordinator.ts';
import type { LeaderHint } from '../messages/leader-hint.ts';
import type { Answer, Message } from '../messages/message.ts';
import { type Broker, metadata, type TopicMetadata } from '../messages/metadata.ts';
import { Channel } from './channel.ts';
import { Cluster, type Leader } from './cluster.ts';
import { BrokerConnection } from './connection.ts';
import { Coordinators } from './coordinators.ts';
import {
  type Address,
  type ConnectionSettings,
  connectionSettings,
  parseAddress,
  type TransportOptions,
} from './options.ts';
import { Reachability } from './reachability.ts';

/**
 * Requests of one channel to one broker share a socket, and are served one after another: a request that waits at the broker
 * (JoinGroup, a long poll) wants a channel of its own.
 */
export type ChannelName =
  | 'control'
  | 'fetch'
  | `fetch ${string}`
  | 'produce'
  | 'transaction'
  | 'offsets'
  | `group ${string}`;

/** Requests to the brokers of one cluster: connections, metadata, coordinators. Nothing is repeated here but what asks any broker. */
export class KafkaTransport {
  /** What Kafka's own tools are told first. */
  readonly tools: string;
  readonly #clock: Clock;
  readonly #settings: ConnectionSettings;
  readonly #seeds: readonly Address[];
  readonly #cluster = new Cluster();
  readonly #reachability: Reachability;
  readonly #coordinators: Coordinators;
  /** By address and name: a seed that is a broker of the cluster is connected to once. */
  readonly #channels = new Map<string, { readonly address: Address; readonly channel: Channel }>();
  /** What is added to the client's name, by channel. */
  readonly #suffixes = new Map<ChannelName, string>();
  #features: ReadonlyMap<string, number> = new Map();
  #refreshing: Promise<void> | undefined;
  #closed: KafkaError | undefined;

  private constructor(options: TransportOptions, clock: Clock) {
    this.#clock = clock;
    this.#reachability = new Reachability(clock);
    this.#settings = connectionSettings(options);
    try {
      this.#seeds = options.brokers.map(parseAddress);
    } catch (error) {
      throw new KafkaError('fatal', 'Metadata', `brokers: ${error instanceof Error ? error.message : error}`);
    }
    if (this.#seeds.length === 0) throw new KafkaError('fatal', 'Metadata', 'brokers: none is named');
    this.tools = `--bootstrap-server ${options.brokers.map((each) => each.trim()).join()}`;
    this.#coordinators = new Coordinators(
      (message, request) => this.sendToAny(message, request),
      (broker) => this.#cluster.learnBroker(broker),
    );
  }

  /** Connects when something is asked for. @throws KafkaError, `fatal`, where an address is none */
  static open(options: TransportOptions, clock: Clock): KafkaTransport {
    return new KafkaTransport(options, clock);
  }

  /** @throws KafkaError, `retriable` where no broker answers, `fatal` where one refuses this client */
  static async connect(options: TransportOptions, clock: Clock): Promise<KafkaTransport> {
    const transport = KafkaTransport.open(options, clock);
    try {
      await transport.topics([]);
      return transport;
    } catch (error) {
      await transport.close();
      throw error;
    }
  }

  get clock(): Clock {
    return this.#clock;
  }

  /** Finalized features of the cluster with their level: `transaction.version` from 2 on allows protocol 2 (KIP-890). */
  get features(): ReadonlyMap<string, number> {
    return this.#features;
  }

  get nodes(): readonly number[] {
    return this.#cluster.nodes;
  }

  /**
   * Written before it returns, where the channel is connected; the order of calls is the order on the wire of each channel.
   * `timeout` in milliseconds, from now to the answer, without the time to connect.
   *
   * @throws KafkaError, `retriable` where nothing was written, or repeating does no harm; `unknown-outcome` where it was
   * written and has no answer
   */
  send<Request, Response extends Answer>(
    node: number,
    channel: ChannelName,
    message: Message<Request, Response>,
    request: Request,
    timeout?: number,
  ): Promise<Response> {
    const address = this.#cluster.addressOf(node);
    if (address === undefined) {
      const error = new KafkaError(
        'retriable',
        message.name,
        `${message.name} was not sent: broker ${node} is not known`,
      );
      return Promise.reject(this.#closed ?? error);
    }
    return this.#ask(this.#channel(address, channel), message, request, timeout);
  }

  /** Asks the brokers one after another until one answers, those first to which there is a connection. */
  async sendToAny<Request, Response extends Answer>(
    message: Message<Request, Response>,
    request: Request,
    timeout?: number,
  ): Promise<Response> {
    const failures: string[] = [];
    for (const address of this.#candidates()) {
      try {
        return await this.#ask(this.#channel(address, 'control'), message, request, timeout);
      } catch (error) {
        if (!(error instanceof KafkaError) || error.kind !== 'retriable') throw error;
        if (!failures.includes(error.message)) failures.push(error.message);
      }
    }
    throw this.#closed ?? new KafkaError('retriable', message.name, `no broker answers: ${failures.join('; ')}`);
  }

  #ask<Request, Response extends Answer>(
    channel: Channel,
    message: Message<Request, Response>,
    request: Request,
    timeout: number | undefined,
  ): Promise<Response> {
    const answer = channel.send(message, request, timeout);
    this.#reachability.follow(message, answer, () => channel.isClosed);
    return answer;
  }

  /** For how long no broker has answered; undefined while one does. */
  get silence(): Silence | undefined {
    return this.#reachability.silence;
  }

  #candidates(): readonly Address[] {
    const all = new Map<string, Address>();
    const known = this.#cluster.nodes.flatMap((node) => this.#cluster.addressOf(node) ?? []);
    for (const address of [...this.#shuffled(known), ...this.#shuffled(this.#seeds)])
      if (!all.has(nameOf(address))) all.set(nameOf(address), address);
    const connected = (address: Address): number =>
      this.#channels.get(`${nameOf(address)} control`)?.channel.connection === undefined ? 1 : 0;
    return [...all.values()].sort((a, b) => connected(a) - connected(b));
  }

  #shuffled<T>(list: readonly T[]): T[] {
    return list
      .map((item) => ({ item, at: this.#clock.random() }))
      .sort((a, b) => a.at - b.at)
      .map(({ item }) => item);
  }

  #channel(address: Address, name: ChannelName): Channel {
    const key = `${nameOf(address)} ${name}`;
    const known = this.#channels.get(key);
    if (known !== undefined) return known.channel;
    const clientId = this.#settings.clientId + (this.#suffixes.get(name) ?? '');
    const channel = new Channel(async (signal) => {
      const connection = await BrokerConnection.open(address, { ...this.#settings, clientId }, this.#clock, signal);
      this.#features = connection.features;
      return connection;
    });
    if (this.#closed !== undefined) channel.close(this.#closed);
    else this.#channels.set(key, { address, channel });
    return channel;
  }

  /** Topics that exist; `names` null asks for all. @throws KafkaError where one may not be seen, or has no valid name */
  async topics(names: readonly string[] | null): Promise<readonly TopicMetadata[]> {
    const answer = await this.sendToAny(metadata, { topics: names });
    this.#cluster.learn(answer);
    this.#prune();
    return answer.topics.filter(({ topic, error }) => {
      if (error === 0) return true;
      if (verdictOf('Metadata', error) === 'answer') return false;
      throw answeredError('Metadata', error, `topic ${topic}`);
    });
  }

  /** Brokers that left, and seeds that are known by another address now. */
  #prune(): void {
    const { nodes } = this.#cluster;
    if (nodes.length === 0) return;
    const present = new Set(nodes.map((node) => nameOf(this.#cluster.addressOf(node) ?? NOWHERE)));
    for (const [key, { address, channel }] of this.#channels) {
      if (present.has(nameOf(address))) continue;
      this.#channels.delete(key);
      channel.close(new KafkaError('retriable', 'Metadata', `${nameOf(address)} is no broker of the cluster any more`));
    }
  }

  /** From what is known, else from the cluster. @throws KafkaError, `retriable` where there is none at the moment, or no such topic */
  async leader(partition: TopicPartition): Promise<Leader> {
    const known = this.#cluster.leaderOf(partition);
    if (known !== undefined) return known;
    await this.topics([partition.topic]);
    const found = this.#cluster.leaderOf(partition);
    if (found !== undefined) return found;
    const what = `${partition.topic}-${partition.partition}`;
    throw new KafkaError('retriable', 'Metadata', `${what} has no leader at the moment, or does not exist`);
  }

  /** From what is known; undefined where it is not, or there is none at the moment. */
  knownLeader(partition: TopicPartition): Leader | undefined {
    return this.#cluster.leaderOf(partition);
  }

  /** From what is known. */
  topicId(topic: string): string | undefined {
    return this.#cluster.idOf(topic);
  }

  /**
   * After an answer with one of the codes of which `leaderMoved` is true: from the answer itself where it names the new leader
   * (KIP-951), else by asking for all known topics anew. Many may call it at once.
   */
  async leaderChanged(
    partition: TopicPartition,
    code: number,
    hint?: LeaderHint,
    endpoints: readonly Broker[] = [],
  ): Promise<void> {
    if (!leaderMoved(code) || this.#cluster.learnLeader(partition, hint, endpoints)) return;
    await this.refresh();
  }

  /** Asks for all topics that are known. Who asks while that is under way waits for the same answer. */
  refresh(): Promise<void> {
    this.#refreshing ??= this.topics(this.#cluster.topics)
      .then(() => undefined)
      .finally(() => {
        this.#refreshing = undefined;
      });
    return this.#refreshing;
  }

  /** The node of the coordinator. @throws KafkaError */
  coordinator(kind: CoordinatorKind, key: string): Promise<number> {
    return this.#coordinators.find(kind, key);
  }

  forgetCoordinator(kind: CoordinatorKind, key: string): void {
    this.#coordinators.forget(kind, key);
  }

  /** On this channel, which nothing was sent on yet, brokers know the client by its name and this. */
  introduce(name: ChannelName, suffix: string): void {
    this.#suffixes.set(name, suffix);
  }

  /** Gives one channel up, to all brokers: what is under way there fails at once. */
  drop(name: ChannelName, reason: string): void {
    this.#suffixes.delete(name);
    for (const [key, { channel }] of this.#channels) {
      if (!key.endsWith(` ${name}`)) continue;
      this.#channels.delete(key);
      channel.close(new KafkaError('retriable', 'Metadata', reason));
    }
  }

  /** Rejects at once what has no answer yet. What was not written, or asks later, is refused as `fatal`. */
  async close(): Promise<void> {
    this.#closed ??= new KafkaError('fatal', 'Metadata', 'the connection to Kafka was closed');
    for (const { channel } of this.#channels.values()) channel.close(this.#closed);
    this.#channels.clear();
  }
}

const NOWHERE: Address = { host: '', port: 0 };

function nameOf({ host, port }: Address): string {
  return `${host}:${port}`;
}
