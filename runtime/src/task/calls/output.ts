import { checkTimestamp, tombstoneRefused } from '../../format/define-topic.ts';
import { murmur2Partition } from '../../format/murmur2.ts';
import { choosePartition, givenPartition, murmur2 } from '../../format/partitioners.ts';
import { encodeErrorBelow, isEncodeError } from '../../format/place.ts';
import type { AnyTopic, Headers, Timestamps } from '../../format/topic.ts';
import { AtBarriers } from '../../time/barriers.ts';
import type { Clock } from '../../time/clock.ts';
import type { EmitOptions, EmitTopicOption } from '../handlers.ts';
import { JobError } from '../job-error.ts';
import type { Stage } from './stage.ts';

/** An output with the topics it may go to, as they are called in this environment. */
export interface PlannedOutput {
  readonly name: string;
  readonly topic: AnyTopic;
  /** By declared name; for a pattern, by Kafka's. Topics that come under the pattern are added. */
  readonly routes: Map<string, OutputRoute>;
  /** Where all goes, if there is one topic. */
  readonly only: OutputRoute | undefined;
}

export interface OutputRoute {
  readonly topic: string;
  /** Grows with the topic, between two records: from then on a key may go elsewhere, as with Kafka's own producer. */
  partitions: number;
}

/** Whose event time an output has where nothing else gives one. */
export interface EventTime {
  /** Milliseconds since 1970. */
  eventTime(): number;
}

const NO_HEADERS: Headers = [];
const NO_OPTIONS: EmitOptions = { timestamp: undefined, partition: undefined, headers: undefined };

/** A partitioner that stays with one partition goes on to the next after so many bytes: the producer's batches are as large. */
const BATCH_BYTES = 256 * 1024;

/**
 * How much a task has sent to each topic: what partitioners go by that spread records.
 * It goes back with an abort, so that a replay makes the same choices.
 */
export class Sequences {
  readonly #topics = new Map<string, Sequence>();
  readonly #places: AtBarriers<ReadonlyMap<Sequence, Readonly<Sequence>>> = new AtBarriers(new Map());

  of(topic: string): Sequence {
    let sequence = this.#topics.get(topic);
    if (sequence === undefined) {
      sequence = { ...NOTHING_SENT };
      this.#topics.set(topic, sequence);
    }
    return sequence;
  }

  /** What was begun of a batch is sent with the checkpoint. */
  seal(): void {
    for (const sequence of this.#topics.values()) if (sequence.filled > 0) nextBatch(sequence);
    this.#places.seal(new Map(Array.from(this.#topics.values(), (sequence) => [sequence, { ...sequence }])));
  }

  commit(): void {
    this.#places.commit();
  }

  rollback(): void {
    const places = this.#places.rollback();
    for (const sequence of this.#topics.values()) Object.assign(sequence, places.get(sequence) ?? NOTHING_SENT);
  }
}

interface Sequence {
  /** Records so far. */
  next: number;
  /** Batches so far; not counted where partitions are chosen by murmur2. */
  batch: number;
  /** Bytes of the one that is being filled. */
  filled: number;
}

const NOTHING_SENT: Readonly<Sequence> = { next: 0, batch: 0, filled: 0 };

function fill(sequence: Sequence, bytes: number): void {
  sequence.filled += bytes;
  if (sequence.filled >= BATCH_BYTES) nextBatch(sequence);
}

function nextBatch(sequence: Sequence): void {
  sequence.batch++;
  sequence.filled = 0;
}

/** An output of one task. */
export class TaskOutput {
  readonly #output: PlannedOutput;
  readonly #task: number;
  readonly #sequences: Sequences;
  readonly #only: Sequence | undefined;
  readonly #clock: Pick<Clock, 'now'>;
  // What is asked for each record.
  readonly #topic: AnyTopic;
  readonly #tombstones: boolean;
  readonly #isHashed: boolean;
  readonly #timestamps: Timestamps;

  constructor(output: PlannedOutput, task: number, sequences: Sequences, clock: Pick<Clock, 'now'>) {
    this.#output = output;
    this.#clock = clock;
    this.#topic = output.topic;
    this.#tombstones = output.topic.tombstones === true;
    this.#isHashed = output.topic.partitioner === murmur2;
    this.#timestamps = output.topic.timestamps ?? 'event';
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
    return this.#tombstones;
  }

  /**
   * Stages a record.
   * @throws AvroEncodeError, its path starting with `key` or `value`; TopicError or JobError. Nothing is staged then
   */
  emit(stage: Stage, key: unknown, value: unknown, options: EmitOptions | undefined, call: EventTime): void {
    const topic = this.#topic;
    const { writer } = stage;
    const start = writer.position;
    let route = this.#output.only;
    let part: 'key' | 'value' = 'key';
    try {
      route ??= this.#route(options);
      const keyStart = key === null || key === undefined ? -1 : start;
      if (keyStart >= 0) topic.key.write(writer, key);
      const keyEnd = writer.position;
      part = 'value';
      const isTombstone = value === null && this.#tombstones;
      if (!isTombstone) topic.value.write(writer, value);
      const { timestamp, partition, headers } = options ?? NO_OPTIONS;
      const time = this.#timeOf(timestamp ?? this.#timestamps, value, call);
      checkTimestamp(route.topic, time);
      const sequence = this.#only ?? this.#sequences.of(route.topic);
      const chosen =
        partition === undefined && this.#isHashed && keyStart >= 0
          ? murmur2Partition(writer.bytes, route.partitions, keyStart, keyEnd)
          : this.#choose(partition, route, sequence, keyStart < 0 ? null : writer.bytes.subarray(start, keyEnd), value);
      const own = headers === undefined ? NO_HEADERS : stage.own(headers);
      stage.add(route.topic, chosen, time, own, keyStart, keyEnd, isTombstone ? -1 : keyEnd, writer.position);
      sequence.next++;
      // Where nobody counts batches, none are counted.
      if (!this.#isHashed) fill(sequence, writer.position - start);
    } catch (error) {
      writer.position = start;
      throw stage.refuse(refusal(error, part, value, route?.topic ?? topic.id));
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

  #timeOf(asked: bigint | Timestamps, value: unknown, call: EventTime): number {
    if (asked !== 'event') return asked === 'broker' ? Math.floor(this.#clock.now()) : Number(asked);
    const time = value === null ? undefined : this.#topic.timestampFrom?.(value);
    return time === undefined ? call.eventTime() : Number(time);
  }

  #choose(
    given: number | undefined,
    { topic, partitions }: OutputRoute,
    { next, batch }: Sequence,
    key: Uint8Array | null,
    value: unknown,
  ): number {
    if (given !== undefined) return givenPartition(topic, given, partitions);
    const task = this.#task;
    return choosePartition(this.#topic, { topic, key, value, partitions, task, sequence: next, batch });
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

/** What is thrown for an output that cannot be staged. */
function refusal(error: unknown, part: 'key' | 'value', value: unknown, topic: string): unknown {
  if (part === 'value' && value === null && isEncodeError(error)) return tombstoneRefused(topic);
  return encodeErrorBelow(part, error, `, for topic ${topic}`);
}
