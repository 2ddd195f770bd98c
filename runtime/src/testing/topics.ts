import { serializeTombstone } from '../format/define-topic.ts';
import { choosePartition } from '../format/partitioners.ts';
import type { AnyTopic, TypedRecord } from '../format/topic.ts';
import type { HookedMemoryLog } from '../log/memory/memory-log.ts';
import { rawRecords } from '../log/memory/raw-records.ts';
import type { JobDeclaration } from '../task/declaration.ts';
import { deadLetterTopics } from '../task/errors/policy.ts';
import { type DeadLetter, readDeadLetter } from '../task/errors/read-dead-letter.ts';
import type { ReadOptions, SendOptions } from './driver-types.ts';

/** Names of topics that a job declares by a pattern, by the topic's key in the config. */
export interface PatternTopics {
  readonly [topic: string]: readonly string[];
}

/** The topics of a driven job: they are made, written to and read here, with the formats that the job declares. */
export class DrivenTopics {
  readonly #log: HookedMemoryLog;
  readonly #patterns: PatternTopics;
  readonly #sent = new Map<string, number>();

  constructor(log: HookedMemoryLog, patterns: PatternTopics) {
    this.#log = log;
    this.#patterns = patterns;
  }

  /** @throws TypeError where a pattern has no names */
  create({ inputs, outputs, onError }: JobDeclaration, partitions: number): void {
    for (const name of deadLetterTopics(onError)) this.#log.createTopic(name, partitions);
    for (const topic of [...Object.values(inputs).map(({ topic }) => topic), ...Object.values(outputs)]) {
      for (const name of this.names(topic)) this.#log.createTopic(name, partitions);
    }
  }

  names(topic: AnyTopic): readonly string[] {
    if (topic.pattern === undefined) return topic.names;
    const names = Object.hasOwn(this.#patterns, topic.id) ? this.#patterns[topic.id] : undefined;
    if (names !== undefined && names.length > 0) return names;
    throw new TypeError(
      `topic ${topic.id} is declared by a pattern: name its topics, as in { topics: { ${topic.id}: ['…'] } }`,
    );
  }

  send(topic: AnyTopic, value: unknown, options: SendOptions<unknown> & { readonly topic?: string | undefined }): void {
    const { key: given, timestamp, headers, partition } = options;
    const key = given === undefined && value !== null ? topic.keyFrom?.call(undefined, value) : given;
    if (key === undefined) throw new TypeError(`topic ${topic.id}: give the key, in the option \`key\``);
    const [only, ...others] = this.names(topic);
    const serialized = {
      topic: options.topic ?? (topic.pattern !== undefined && others.length === 0 ? only : undefined),
      timestamp: timestamp === undefined ? undefined : BigInt(Number(timestamp)),
      headers,
    };
    const record =
      value === null ? serializeTombstone(topic, key, serialized) : topic.serialize(key, value, serialized);
    this.#log.produce([{ ...record, partition: partition ?? this.#choose(topic, record.topic, record.key, value) }]);
  }

  read(topic: AnyTopic, { uncommitted }: ReadOptions = {}): readonly TypedRecord<unknown, unknown>[] {
    return this.names(topic).flatMap((name) =>
      Array.from(rawRecords(this.#log.partitions(name), uncommitted), (record) => topic.deserialize(record)),
    );
  }

  deadLetters({ onError }: JobDeclaration, { uncommitted }: ReadOptions = {}): readonly DeadLetter[] {
    return deadLetterTopics(onError).flatMap((name) =>
      Array.from(rawRecords(this.#log.partitions(name), uncommitted), readDeadLetter),
    );
  }

  /** Where each partition of these topics ends that a job reads. */
  ends(
    topics: readonly AnyTopic[],
  ): readonly { readonly topic: string; readonly partition: number; readonly end: number }[] {
    return topics
      .flatMap((topic) => this.names(topic))
      .flatMap((name) => this.#log.partitions(name))
      .map(({ topic, partition, stableEnd }) => ({ topic, partition, end: stableEnd }));
  }

  #choose(topic: AnyTopic, name: string, key: Uint8Array | null, value: unknown): number {
    const sequence = this.#sent.get(name) ?? 0;
    this.#sent.set(name, sequence + 1);
    const partitions = this.#log.partitions(name).length;
    return choosePartition(topic, { topic: name, key, value, partitions, task: 0, sequence });
  }
}
