import { type Isolation, isLogError, type LogError } from '../../port.ts';
import type { CompressionCodecs } from '../../record-batch/compression.ts';
import { loadCompression } from '../../record-batch/read-batches.ts';
import { answeredError, KafkaError, leaderMoved } from '../errors.ts';
import { type FetchedPartitionData, type FetchResponse, fetch } from '../messages/fetch.ts';
import type { ChannelName, KafkaTransport } from '../transport/transport.ts';
import { byPartition, fetchRequest } from './fetch-request.ts';
import type { Position, Positions } from './position.ts';
import { Recovery } from './recovery.ts';

export interface FetchOptions {
  /** For how long a broker may hold a request back that has no records yet, in milliseconds. */
  readonly maxWait: number;
  /** Of the answers of all brokers together, give or take a batch of each; at least `partitionBytes` of each broker. */
  readonly totalBytes: number;
  /** Of one answer. */
  readonly answerBytes: number;
  /** Of each partition in an answer. */
  readonly partitionBytes: number;
}

export type FetchSettings = FetchOptions & { readonly isolation: Isolation };

/** Beyond the time that a broker holds a request back. */
const ANSWER_TIMEOUT = 15_000;
/** What is not worth a request of its own: how long before the end of the other one, in milliseconds. */
const SOON = 20;
/** Requests that follow answers of few bytes are so far apart, in milliseconds: a trickle of records costs no more than it is worth. */
const APART = 5;
const FEW_BYTES = 16 * 1024;
/** For how long the second request waits at the broker: others that want records meanwhile have to wait as long. */
const BESIDE = 100;

/** One request under way at a time. */
interface Lane {
  readonly channel: ChannelName;
  busy: boolean;
  /** When the broker answers at the latest, by the monotonic clock. */
  until: number;
  /** The next request goes out no earlier. */
  notBefore: number;
}

/**
 * Keeps one long poll under way to each broker, for all partitions there that want records. Partitions that come to want some
 * while it waits (assigned, resumed, read) are asked for on a second socket, again and again until it ends, and then join it.
 * While records of a broker are unread it is asked for no more: an answer is prefetched, and not two.
 */
export class Fetcher {
  readonly #transport: KafkaTransport;
  readonly #positions: Positions;
  readonly #codecs: CompressionCodecs;
  readonly #options: FetchSettings;
  readonly #recovery: Recovery;
  readonly #changed: () => void;
  readonly #channels: readonly [ChannelName, ChannelName];
  readonly #lanes = new Map<number, readonly [Lane, Lane]>();
  #scheduled = false;
  /** Of what is to be fetched later. */
  #callOff: (() => void) | undefined;
  #closed = false;

  /** `name`: of its own channels. `changed` is called when there may be something for `poll`. */
  constructor(
    name: string,
    transport: KafkaTransport,
    positions: Positions,
    codecs: CompressionCodecs,
    options: FetchSettings,
    changed: () => void,
  ) {
    this.#transport = transport;
    this.#positions = positions;
    this.#codecs = codecs;
    this.#options = options;
    this.#changed = changed;
    this.#channels = [`fetch ${name}`, `fetch ${name} beside`];
    this.#recovery = new Recovery(transport, () => {
      changed();
      this.fetch();
    });
  }

  /** Later in this turn, once for any number of calls. */
  schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      this.fetch();
    });
  }

  /** Sends what is wanted and can be sent. */
  fetch(): void {
    if (this.#closed) return;
    const unread = new Set<number>();
    const wanted = new Map<number, Position[]>();
    const lost: Position[] = [];
    for (const position of this.#positions) {
      const { state, paused } = position;
      if (paused) continue;
      if (state.kind === 'unread') unread.add(state.node);
      if (state.kind !== 'wanted') continue;
      const leader = this.#recovery.leaderOf(position);
      if (leader === undefined) lost.push(position);
      else if (position.state.kind === 'wanted') {
        const same = wanted.get(leader.node);
        if (same === undefined) wanted.set(leader.node, [position]);
        else same.push(position);
      }
    }
    for (const [node, positions] of wanted) if (!unread.has(node)) this.#ask(node, positions);
    if (lost.length > 0) this.#recovery.find(lost);
  }

  #ask(node: number, positions: readonly Position[]): void {
    const [first, second] = this.#lanesTo(node);
    const { maxWait } = this.#options;
    const now = this.#transport.clock.monotonic();
    if (!first.busy) {
      if (first.notBefore > now) this.#later(first.notBefore - now);
      else void this.#send(node, first, positions, maxWait);
      return;
    }
    const left = first.until - now - SOON;
    if (second.busy || left <= 0) return;
    if (second.notBefore > now) this.#later(second.notBefore - now);
    else void this.#send(node, second, positions, Math.min(BESIDE, Math.floor(left)));
  }

  #later(ms: number): void {
    this.#callOff ??= this.#transport.clock.after(ms, () => {
      this.#callOff = undefined;
      this.fetch();
    });
  }

  #lanesTo(node: number): readonly [Lane, Lane] {
    const known = this.#lanes.get(node);
    if (known !== undefined) return known;
    const [first, second] = this.#channels;
    const lanes: readonly [Lane, Lane] = [
      { channel: first, busy: false, until: 0, notBefore: 0 },
      { channel: second, busy: false, until: 0, notBefore: 0 },
    ];
    this.#lanes.set(node, lanes);
    return lanes;
  }

  async #send(node: number, lane: Lane, positions: readonly Position[], maxWait: number): Promise<void> {
    const { totalBytes, answerBytes, partitionBytes, isolation } = this.#options;
    const share = Math.floor(totalBytes / Math.max(1, this.#lanes.size));
    const maxBytes = Math.max(partitionBytes, Math.min(answerBytes, share));
    const request = fetchRequest(
      positions.map((position) => ({
        position,
        topicId: position.topicId ?? '',
        leaderEpoch: this.#transport.knownLeader(position)?.leaderEpoch ?? -1,
      })),
      { isolation, maxWait, maxBytes, partitionBytes },
    );
    for (const position of positions) position.state = { kind: 'asked' };
    lane.busy = true;
    const sent = this.#transport.clock.monotonic();
    lane.until = sent + maxWait;
    let answer: FetchResponse;
    try {
      answer = await this.#transport.send(node, lane.channel, fetch, request, maxWait + ANSWER_TIMEOUT);
    } catch (error) {
      lane.busy = false;
      if (!this.#closed) this.#unanswered(positions, error);
      return;
    }
    lane.busy = false;
    if (this.#closed) return;
    lane.notBefore = bytesOf(answer) < FEW_BYTES ? sent + APART : 0;
    this.#take(node, positions, answer);
    this.#changed();
    this.fetch();
  }

  /** A connection that broke, or was late; or refuses this client for good. */
  #unanswered(positions: readonly Position[], error: unknown): void {
    const held = positions.filter((position) => this.#positions.holds(position));
    if (error instanceof KafkaError && error.kind === 'retriable') {
      this.#recovery.retry(held, () => this.#transport.refresh());
      return;
    }
    for (const position of held) position.state = { kind: 'failed', error: asLogError(error) };
    this.#changed();
  }

  #take(node: number, positions: readonly Position[], answer: FetchResponse): void {
    const held = positions.filter((position) => this.#positions.holds(position));
    if (answer.error !== 0) {
      this.#unanswered(held, answeredError('Fetch', answer.error, 'all partitions'));
      return;
    }
    const answerFor = byPartition(answer.partitions);
    for (const position of held) {
      const found = answerFor(position);
      if (found === undefined) position.state = { kind: 'wanted' };
      else if (found.error !== 0) this.#refused(position, found, answer);
      else if (found.diverging !== undefined) this.#recovery.diverged(position, found.diverging);
      else this.#receive(node, position, found);
    }
  }

  #refused(position: Position, { error, leader }: FetchedPartitionData, { endpoints }: FetchResponse): void {
    const refusal = answeredError('Fetch', error, position.name);
    if (refusal.kafkaName === 'OFFSET_OUT_OF_RANGE') this.#recovery.outOfRange(position);
    else if (refusal.kind !== 'retriable') position.state = { kind: 'failed', error: refusal };
    else if (leaderMoved(error)) {
      this.#recovery.retry([position], () => this.#transport.leaderChanged(position, error, leader, endpoints));
    } else this.#recovery.retry([position], async () => undefined);
  }

  #receive(node: number, position: Position, { records, aborted }: FetchedPartitionData): void {
    position.failures = 0;
    position.missingSince = undefined;
    if (records.length === 0) {
      position.state = { kind: 'wanted' };
      return;
    }
    const { topic, partition, offset } = position;
    const fetched = { topic, partition, records, position: offset, aborted };
    const ready = (): void => {
      position.state = { kind: 'unread', node, fetched, copied: false };
    };
    const failed = (error: unknown): void => {
      position.state = { kind: 'failed', error: asLogError(error) };
    };
    try {
      const loading = loadCompression(fetched, this.#codecs);
      if (loading === undefined) ready();
      else {
        position.state = { kind: 'waiting' };
        loading.then(ready, failed).finally(() => {
          if (this.#positions.holds(position)) this.#changed();
        });
      }
    } catch (error) {
      failed(error);
    }
  }

  close(): void {
    this.#closed = true;
    this.#callOff?.();
    this.#recovery.close();
    for (const channel of this.#channels) this.#transport.drop(channel, 'the source was closed');
  }
}

function bytesOf({ partitions }: FetchResponse): number {
  return partitions.reduce((sum, { records }) => sum + records.length, 0);
}

function asLogError(error: unknown): LogError {
  if (isLogError(error)) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new KafkaError('fatal', 'Fetch', message, { cause: error });
}
