import type { Clock } from '../../time/clock.ts';
import {
  LogError,
  type RecordSizes,
  type TopicDescription,
  type TopicPartition,
  type TopicSettings,
  type TopicSpec,
} from '../port.ts';
import { Partition } from './partition.ts';

interface StoredTopic {
  /** Another one under the same name has another. */
  readonly id: string;
  readonly list: Partition[];
  /** Gives records its time; undefined where they keep their own. */
  readonly dated: (() => number) | undefined;
  /** As it was said when it was made. */
  readonly timestampType: TopicSettings['timestampType'];
  /** How long tombstones of a compacted topic stay, in milliseconds; undefined where nothing is compacted. */
  readonly tombstones: number | undefined;
}

/** Kafka's default of `delete.retention.ms`: a day, in milliseconds. */
const TOMBSTONES = 24 * 60 * 60_000;

/** All topics of an embedded log, and who waits for something to change in them. */
export class Store {
  readonly #topics = new Map<string, StoredTopic>();
  readonly #waiting = new Set<() => void>();
  readonly #now: () => number;
  /** Of what producers append. */
  readonly sizes: RecordSizes | undefined;
  #created = 0;

  /** `now` is in milliseconds. */
  constructor(now: () => number, sizes: RecordSizes | undefined) {
    this.#now = now;
    this.sizes = sizes;
  }

  create(spec: TopicSpec): void {
    if (!Number.isInteger(spec.partitions) || spec.partitions < 1) {
      throw new LogError(
        'fatal',
        `topic ${spec.name}: ${spec.partitions} is not a number of partitions; give 1 or more`,
      );
    }
    const existing = this.#topics.get(spec.name);
    if (existing === undefined) {
      const { name, partitions } = spec;
      const tombstones = retentionOf(spec);
      const type = spec.settings?.['message.timestamp.type'];
      const timestampType = type === 'CreateTime' || type === 'LogAppendTime' ? type : undefined;
      const dated = timestampType === 'LogAppendTime' ? this.#now : undefined;
      this.#topics.set(name, { list: [], dated, timestampType, tombstones, id: `topic-${++this.#created}` });
      this.grow(name, partitions);
    } else if (existing.list.length !== spec.partitions) {
      throw new LogError(
        'fatal',
        `topic ${spec.name} exists with ${existing.list.length} partitions, not ${spec.partitions}`,
      );
    }
  }

  /** Up to so many partitions. */
  grow(name: string, partitions: number): void {
    const { list, tombstones, dated } = this.#topic(name);
    if (partitions <= list.length) {
      throw new LogError('fatal', `topic ${name} has ${list.length} partitions: ${partitions} are not more`);
    }
    const compaction = tombstones === undefined ? undefined : { tombstones, now: this.#now };
    while (list.length < partitions) list.push(new Partition(name, list.length, compaction, dated));
  }

  delete(name: string): void {
    this.#topic(name);
    this.#topics.delete(name);
    this.changed();
  }

  describe(names: readonly string[] | undefined): Map<string, TopicDescription> {
    const found = new Map<string, TopicDescription>();
    for (const name of names ?? this.#topics.keys()) {
      const topic = this.#topics.get(name);
      if (topic !== undefined) found.set(name, { partitions: topic.list.length, id: topic.id });
    }
    return found;
  }

  settings(name: string): TopicSettings {
    const { tombstones, timestampType } = this.#topic(name);
    const compacted = tombstones !== undefined;
    const policy = compacted ? 'compact' : 'delete';
    const age = Number.POSITIVE_INFINITY;
    return { compacted, policy, tombstones: tombstones ?? TOMBSTONES, age, timestampType };
  }

  topic(name: string): readonly Partition[] {
    return this.#topic(name).list;
  }

  partition({ topic, partition }: TopicPartition): Partition {
    const found = this.topic(topic)[partition];
    if (found === undefined) throw new LogError('fatal', `topic ${topic} has no partition ${partition}`);
    return found;
  }

  isTopic(name: string, id: string): boolean {
    return this.#topics.get(name)?.id === id;
  }

  /** Undefined where there is none. */
  find({ topic, partition }: TopicPartition): Partition | undefined {
    return this.#topics.get(topic)?.list[partition];
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

  /** Resolves at the next change, or `ms` from now, if that is ever. */
  change(clock: Clock, ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        callOff();
        this.#waiting.delete(done);
        resolve();
      };
      const callOff = ms === Number.POSITIVE_INFINITY ? () => undefined : clock.after(ms, done);
      this.#waiting.add(done);
    });
  }

  /** Something became readable, or was decided. */
  changed(): void {
    if (this.#waiting.size === 0) return;
    const calls = [...this.#waiting];
    this.#waiting.clear();
    for (const call of calls) call();
  }
}

/** How long tombstones stay; undefined where the topic is not compacted. */
function retentionOf({ compacted = false, settings = {} }: TopicSpec): number | undefined {
  if (!compacted) return undefined;
  const given = settings['delete.retention.ms'];
  return given === undefined ? TOMBSTONES : Number(given);
}
