import { isLogError, LogError } from '../../port.ts';
import { outOfRange, RecordsLostError } from '../../records-lost.ts';
import { partitionBounds } from '../admin/bounds.ts';
import { pause } from '../transport/backoff.ts';
import type { Leader } from '../transport/cluster.ts';
import type { KafkaTransport } from '../transport/transport.ts';
import type { Position } from './position.ts';

/** For how long a topic may be missing, in milliseconds: brokers learn of a new one one after another. */
const MISSING_FOR = 10_000;
const BOUNDS_PATIENCE = 30_000;

/** What becomes of positions that cannot be fetched from where they are: they wait, ask, and want again, or fail. */
export class Recovery {
  readonly #transport: KafkaTransport;
  readonly #over: () => void;
  readonly #timers = new Set<() => void>();
  #closed = false;

  /** `over` is called when some are wanted again, or failed. */
  constructor(transport: KafkaTransport, over: () => void) {
    this.#transport = transport;
    this.#over = over;
  }

  /** Undefined where it is not known, or the topic is another by now: then the position has failed. */
  leaderOf(position: Position): Leader | undefined {
    const id = this.#transport.topicId(position.topic);
    if (id === undefined) return undefined;
    position.topicId ??= id;
    if (position.topicId !== id) {
      const what = `Topic ${position.topic} was deleted and made anew: the records of the old one are lost`;
      position.state = { kind: 'failed', error: new RecordsLostError('recreated', position, position.offset, what) };
      this.#later(0, this.#over);
    }
    return this.#transport.knownLeader(position);
  }

  /** Those without a known leader. */
  find(lost: readonly Position[]): void {
    const unknown = lost.filter(({ state }) => state.kind === 'wanted');
    if (unknown.length === 0) return;
    this.retry(unknown, async () => {
      const topics = await this.#transport.topics([...new Set(unknown.map(({ topic }) => topic))]);
      const partitions = new Map(topics.map(({ topic, partitions: { length } }) => [topic, length]));
      for (const position of unknown) this.#expect(position, partitions.get(position.topic) ?? 0);
    });
  }

  #expect(position: Position, partitions: number): void {
    if (position.partition < partitions) {
      position.missingSince = undefined;
      return;
    }
    const now = this.#transport.clock.monotonic();
    position.missingSince ??= now;
    if (now - position.missingSince < MISSING_FOR) return;
    const what = partitions === 0 ? `Topic ${position.topic} does not exist` : `${position.name} does not exist`;
    position.state = { kind: 'failed', error: new LogError('fatal', what) };
  }

  /** They are wanted again after `first`, and a pause that is longer with each failure in a row. */
  retry(positions: readonly Position[], first: () => Promise<void>): void {
    for (const position of positions) {
      position.state = { kind: 'waiting' };
      position.failures++;
    }
    const failures = Math.max(0, ...positions.map((position) => position.failures));
    void first().then(
      () => this.#again(positions, failures),
      (error: unknown) => {
        if (isLogError(error) && error.kind !== 'retriable') this.#fail(positions, error);
        else this.#again(positions, failures);
      },
    );
  }

  #again(positions: readonly Position[], failures: number): void {
    // The first leader is looked up without a pause, and it is known at once where an answer named it.
    const settled = failures <= 1 && positions.every((each) => this.#transport.knownLeader(each) !== undefined);
    const wait = settled ? 0 : pause(this.#transport.clock, failures - 1);
    this.#later(wait, () => {
      for (const position of positions) if (position.state.kind === 'waiting') position.state = { kind: 'wanted' };
      this.#over();
    });
  }

  #fail(positions: readonly Position[], error: LogError): void {
    if (this.#closed) return;
    for (const position of positions) position.state = { kind: 'failed', error };
    this.#over();
  }

  outOfRange(position: Position): void {
    this.retry([position], async () => {
      const [bounds] = await partitionBounds(this.#transport, [position], BOUNDS_PATIENCE);
      const { offset } = position;
      // A leader that has no record of the epoch says the same.
      position.lastEpoch = -1;
      if (bounds !== undefined && (offset < bounds.start || offset > bounds.end)) throw outOfRange(position, bounds);
    });
  }

  /** The log was truncated below the position: an election made a leader that did not have all (KIP-595, I19). */
  diverged(position: Position, { epoch, endOffset }: { readonly epoch: number; readonly endOffset: number }): void {
    const what =
      `${position.name} was truncated at offset ${endOffset} (leader epoch ${epoch}), ` +
      `after records up to ${position.offset} (leader epoch ${position.lastEpoch}) had been read: they are lost`;
    position.state = { kind: 'failed', error: new RecordsLostError('truncated', position, position.offset, what) };
  }

  #later(ms: number, call: () => void): void {
    if (this.#closed) return;
    if (ms <= 0) {
      queueMicrotask(() => {
        if (!this.#closed) call();
      });
      return;
    }
    const callOff = this.#transport.clock.after(ms, () => {
      this.#timers.delete(callOff);
      call();
    });
    this.#timers.add(callOff);
  }

  close(): void {
    this.#closed = true;
    for (const callOff of this.#timers) callOff();
    this.#timers.clear();
  }
}
