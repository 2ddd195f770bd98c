import { checkTimestamp, tombstoneRefused } from '../format/define-topic.ts';
import { murmur2Partition } from '../format/murmur2.ts';
import { choosePartition, murmur2 } from '../format/partitioners.ts';
import { encodeErrorBelow, isEncodeError } from '../format/place.ts';
import type { AnyTopic, Headers } from '../format/topic.ts';
import { AtBarriers } from '../time/barriers.ts';
import type { EmitOptions, EmitTopicOption } from './handlers.ts';
import { JobError } from './job-error.ts';
import type { Stage } from './stage.ts';

/** An output with the topics it may go to, as they are called in this environment. */
export interface PlannedOutput {
  readonly name: string;
  readonly topic: AnyTopic;
  /** By declared name; for a pattern, by Kafka's. */
  readonly routes: ReadonlyMap<string, OutputRoute>;
  /** Where all goes, if there is one topic. */
  readonly only: OutputRoute | undefined;
}

export interface OutputRoute {
  readonly topic: string;
  readonly partitions: number;
}

/** Whose event time an output has where nothing else gives one. */
export interface EventTime {
  /** Milliseconds since 1970. */
  eventTime(): number;
}

const NO_HEADERS: Headers = [];

/**
 * How many records a task has sent to each topic: what partitioners go by that spread records evenly.
 * They go back with an abort, so that a replay makes the same choices.
 */
export class Sequences {
  readonly #topics = new Map<string, Sequence>();
  readonly #places: AtBarriers<ReadonlyMap<Sequence, number>> = new AtBarriers(new Map());

  of(topic: string): Sequence {
    let sequence = this.#topics.get(topic);
    if (sequence === undefined) {
      sequence = { next: 0 };
      this.#topics.set(topic, sequence);
    }
    return sequence;
  }

  seal(): void {
    this.#places.seal(new Map(Array.from(this.#topics.values(), (sequence) => [sequence, sequence.next])));
  }

  commit(): void {
    this.#places.commit();
  }

  rollback(): void {
    const places = this.#places.rollback();
    for (const sequence of this.#topics.values()) sequence.next = places.get(sequence) ?? 0;
  }
}

interface Sequence {
  next: number;
}

/** An output of one task. */
export class TaskOutput {
  readonly #output: PlannedOutput;
  readonly #task: number;
  readonly #sequences: Sequences;
  readonly #only: Sequence | undefined;

  constructor(output: PlannedOutput, task: number, sequences: Sequences) {
    this.#output = output;
    this.#task = task;
    this.#sequences = sequences;
    this.#only = output.only === undefined ? undefined : sequences.of(output.only.topic);
  }

  /** The key of a value, where the topic has it derived. */
  get keyFrom(): AnyTopic['keyFrom'] {
    return this.#output.topic.keyFrom;
  }

  /** True where its records may have no value. */
  get tombstones(): boolean {
    return this.#output.topic.tombstones === true;
  }

  /**
   * Stages a record.
   * @throws AvroEncodeError, its path starting with `key` or `value`; TopicError or JobError. Nothing is staged then
   */
  emit(stage: Stage, key: unknown, value: unknown, options: EmitOptions | undefined, call: EventTime): void {
    const { topic } = this.#output;
    const { writer } = stage;
    const start = writer.position;
    let route = this.#output.only;
    let part: 'key' | 'value' = 'key';
    try {
      route ??= this.#route(options);
      if (key !== null && key !== undefined) topic.key.write(writer, key);
      const keyEnd = writer.position;
      const keyStart = key === null || key === undefined ? -1 : start;
      part = 'value';
      const isTombstone = value === null && topic.tombstones === true;
      if (!isTombstone) topic.value.write(writer, value);
      const time = options?.timestamp ?? (value === null ? undefined : topic.timestampFrom?.(value));
      const timestamp = time === undefined ? call.eventTime() : Number(time);
      checkTimestamp(route.topic, timestamp);
      const sequence = this.#only ?? this.#sequences.of(route.topic);
      const partition =
        keyStart >= 0 && topic.partitioner === murmur2
          ? murmur2Partition(writer.bytes, route.partitions, start, keyEnd)
          : this.#choose(route, sequence.next, keyStart < 0 ? null : writer.bytes.subarray(start, keyEnd), value);
      const headers = options?.headers === undefined ? NO_HEADERS : options.headers.map(ownHeader);
      const valueStart = isTombstone ? -1 : keyEnd;
      stage.add(route.topic, partition, timestamp, headers, keyStart, keyEnd, valueStart, writer.position);
      sequence.next++;
    } catch (error) {
      writer.position = start;
      const name = route?.topic ?? topic.id;
      if (part === 'value' && value === null && isEncodeError(error)) throw stage.refuse(tombstoneRefused(name));
      throw stage.refuse(encodeErrorBelow(part, error, `, for topic ${name}`));
    }
  }

  /** As `emit`, where the key derives from the value. */
  emitValue(stage: Stage, value: unknown, options: EmitOptions | undefined, call: EventTime): void {
    let key: unknown;
    try {
      key = this.#output.topic.keyFrom?.(value);
    } catch (error) {
      throw stage.refuse(error);
    }
    this.emit(stage, key, value, options, call);
  }

  #choose({ topic, partitions }: OutputRoute, sequence: number, key: Uint8Array | null, value: unknown): number {
    return choosePartition(this.#output.topic, { topic, key, value, partitions, task: this.#task, sequence });
  }

  #route(options: (EmitOptions & Partial<EmitTopicOption<string>>) | undefined): OutputRoute {
    const { name, routes } = this.#output;
    const given = options?.topic;
    const route = given === undefined ? undefined : routes.get(given);
    if (route !== undefined) return route;
    const names = [...routes.keys()].join(', ');
    throw new JobError(
      'JOB_EMIT_TOPIC',
      given === undefined
        ? `output ${name} has several topics: name one of ${names} in the option \`topic\``
        : `output ${name} has no topic ${given}; it has ${names}`,
    );
  }
}

/** The record is sent when its call has settled: until then the handler may do with its bytes as it likes. */
function ownHeader([name, value]: Headers[number]): Headers[number] {
  return [name, value === null ? null : new Uint8Array(value)];
}
