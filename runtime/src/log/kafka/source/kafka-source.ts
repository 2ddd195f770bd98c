import type { Clock } from '../../../time/clock.ts';
import {
  type FetchedPartition,
  type Isolation,
  isLogError,
  type Source,
  type SourcePosition,
  type TopicPartition,
} from '../../port.ts';
import { CompressionCodecs } from '../../record-batch/compression.ts';
import type { Checksum } from '../../record-batch/crc32c.ts';
import { readBatches } from '../../record-batch/read-batches.ts';
import type { KafkaTransport } from '../transport/transport.ts';
import { Fetcher, type FetchOptions } from './fetcher.ts';
import { Position, Positions } from './position.ts';

export interface KafkaSourceOptions extends Partial<FetchOptions> {
  /** Shared by all sources of a process: what it takes to decompress is loaded once. */
  readonly codecs?: CompressionCodecs | undefined;
  /** Default: in JavaScript. */
  readonly checksum?: Checksum | undefined;
  /** Default: read_committed. */
  readonly isolation?: Isolation | undefined;
}

const DEFAULTS: FetchOptions = {
  maxWait: 1000,
  totalBytes: 32 * 1024 * 1024,
  answerBytes: 8 * 1024 * 1024,
  partitionBytes: 1024 * 1024,
};

/** Records of partitions, committed ones unless told otherwise (I3), from the brokers that lead them. */
export class KafkaSource implements Source {
  readonly #clock: Clock;
  readonly #codecs: CompressionCodecs;
  readonly #checksum: Checksum | undefined;
  readonly #totalBytes: number;
  readonly #positions = new Positions();
  readonly #fetcher: Fetcher;
  #woken = false;
  #closed = false;
  #change: (() => void) | undefined;

  /** `name` is that of no other source of the transport. */
  constructor(name: string, transport: KafkaTransport, options: KafkaSourceOptions = {}) {
    const { codecs = new CompressionCodecs(), checksum, isolation = 'read_committed', ...given } = options;
    const limits = { ...DEFAULTS, ...given, isolation };
    this.#clock = transport.clock;
    this.#codecs = codecs;
    this.#checksum = checksum;
    this.#totalBytes = limits.totalBytes;
    this.#fetcher = new Fetcher(name, transport, this.#positions, codecs, limits, () => this.#change?.());
  }

  assign(partitions: readonly SourcePosition[]): void {
    if (this.#closed) return;
    for (const given of partitions) {
      const paused = this.#positions.get(given)?.paused ?? false;
      this.#positions.assign(new Position(given, paused));
    }
    this.#fetcher.schedule();
  }

  unassign(partitions: readonly TopicPartition[]): void {
    for (const partition of partitions) this.#positions.delete(partition);
    this.#fetcher.schedule();
  }

  pause(partition: TopicPartition): void {
    const position = this.#positions.get(partition);
    if (position !== undefined) position.paused = true;
  }

  resume(partition: TopicPartition): void {
    const position = this.#positions.get(partition);
    if (position === undefined || !position.paused) return;
    position.paused = false;
    this.#change?.();
    this.#fetcher.schedule();
  }

  /**
   * The first `poll` after an answer takes all of it, and asks for the next one before it returns.
   * @throws LogError; RecordsLostError where a position is none of its partition, or of another topic. Again on each call, until that
   * partition is assigned anew, unassigned or paused; others go on then.
   */
  async poll(maxWaitMs: number): Promise<readonly FetchedPartition[]> {
    const deadline = this.#clock.monotonic() + maxWaitMs;
    for (;;) {
      const taken = this.#take();
      if (taken.length > 0 || this.#woken || this.#closed || this.#clock.monotonic() >= deadline) {
        this.#woken = false;
        return taken;
      }
      await this.#changes(deadline - this.#clock.monotonic());
    }
  }

  wake(): void {
    this.#woken = true;
    this.#change?.();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#positions.clear();
    this.#fetcher.close();
    this.#change?.();
  }

  #take(): FetchedPartition[] {
    const unread: Position[] = [];
    for (const position of this.#positions) {
      const { state, paused } = position;
      if (paused) continue;
      if (state.kind === 'failed') throw state.error;
      if (state.kind === 'unread') unread.push(position);
    }
    if (unread.length === 0) return [];
    const taken: FetchedPartition[] = [];
    for (const position of unread) {
      const read = this.#read(position);
      if (read !== undefined) taken.push(read);
      this.#positions.toLast(position);
    }
    this.#keepPaused();
    this.#fetcher.fetch();
    return taken.length === 0 ? this.#take() : taken; // none could be read: says why
  }

  /** Undefined where it failed: the next poll says so, and what others have is not lost. */
  #read(position: Position): FetchedPartition | undefined {
    const { state } = position;
    if (state.kind !== 'unread') return undefined;
    try {
      const read = readBatches(state.fetched, { codecs: this.#codecs, checksum: this.#checksum });
      if (read.leaderEpoch >= 0) position.lastEpoch = read.leaderEpoch;
      position.offset = read.nextOffset;
      position.state = { kind: 'wanted' };
      return read;
    } catch (error) {
      if (!isLogError(error)) throw error;
      position.state = { kind: 'failed', error };
      return undefined;
    }
  }

  /**
   * Records of paused partitions stay, by themselves, so that they do not keep whole answers in memory; but not more
   * than all answers may have. Those are fetched again.
   */
  #keepPaused(): void {
    let bytes = 0;
    for (const position of this.#positions) {
      const { state } = position;
      if (state.kind !== 'unread') continue;
      const { fetched } = state;
      bytes += fetched.records.length;
      if (bytes > this.#totalBytes) position.state = { kind: 'wanted' };
      else if (!state.copied) {
        const records = Buffer.from(fetched.records);
        position.state = { ...state, fetched: { ...fetched, records }, copied: true };
      }
    }
  }

  #changes(maxWaitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        callOff();
        this.#change = undefined;
        resolve();
      };
      const callOff = this.#clock.after(maxWaitMs, done);
      this.#change = done;
    });
  }
}
