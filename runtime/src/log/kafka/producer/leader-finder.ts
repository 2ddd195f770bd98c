import { sleep } from '../../../time/clock.ts';
import { LogError } from '../../port.ts';
import { pause } from '../transport/backoff.ts';
import type { KafkaTransport } from '../transport/transport.ts';
import type { PartitionQueue } from './partition-queue.ts';

/** Looks for the leaders of partitions that have none, or of which nothing is known, all with one request at a time. */
export class LeaderFinder {
  readonly #transport: KafkaTransport;
  readonly #patience: number;
  readonly #found: (queue: PartitionQueue) => void;
  readonly #failed: (error: unknown) => void;
  /** Since when, on the clock's `monotonic`. */
  readonly #missing = new Map<PartitionQueue, number>();
  #looking = false;

  constructor(
    transport: KafkaTransport,
    patience: number,
    on: { found(queue: PartitionQueue): void; failed(error: unknown): void },
  ) {
    this.#transport = transport;
    this.#patience = patience;
    this.#found = on.found;
    this.#failed = on.failed;
  }

  find(queue: PartitionQueue): void {
    if (!this.#missing.has(queue)) this.#missing.set(queue, this.#transport.clock.monotonic());
    void this.#look();
  }

  /** Nobody waits for them any more. */
  stop(): void {
    this.#missing.clear();
  }

  async #look(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    const { clock } = this.#transport;
    for (let attempt = 0; this.#missing.size > 0; attempt++) {
      if (attempt > 0) await sleep(clock, pause(clock, attempt - 1));
      try {
        await this.#ask();
      } catch (error) {
        this.stop();
        this.#failed(error);
      }
    }
    this.#looking = false;
  }

  async #ask(): Promise<void> {
    const names = new Set(Array.from(this.#missing.keys(), ({ topic }) => topic));
    let failure: unknown;
    try {
      const topics = await this.#transport.topics([...names]);
      for (const { topic, partitions } of topics) {
        const wrong = [...this.#missing.keys()].find(
          (queue) => queue.topic === topic && queue.partition >= partitions.length,
        );
        if (wrong === undefined) continue;
        // Either the topic was made anew, which the next plan of a job finds, or this broker has yet to hear that it has grown.
        throw new LogError('abortable', `topic ${topic} has no partition ${wrong.partition}`);
      }
    } catch (error) {
      if (!(error instanceof LogError) || error.kind !== 'retriable') throw error;
      failure = error;
    }
    const { clock } = this.#transport;
    const leaders = [...this.#missing].filter(([queue]) => this.#transport.knownLeader(queue) !== undefined);
    for (const [queue] of leaders) this.#missing.delete(queue);
    for (const [queue] of leaders) this.#found(queue);
    for (const [{ topic, partition }, since] of this.#missing) {
      if (clock.monotonic() - since < this.#patience) continue;
      if (failure !== undefined) throw failure;
      throw new LogError('abortable', `${topic}-${partition} has no leader at the moment, or does not exist`);
    }
  }
}
