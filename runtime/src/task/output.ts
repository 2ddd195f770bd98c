import { murmur2Partition } from '../format/murmur2.ts';
import { choosePartition, murmur2 } from '../format/partitioners.ts';
import type { AnyTopic, Headers } from '../format/topic.ts';
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

/** An output of one task. */
export class TaskOutput {
  readonly #output: PlannedOutput;
  readonly #task: number;
  /** Records sent to each topic: what partitioners go by that spread records evenly. */
  readonly #sent = new Map<string, number>();

  constructor(output: PlannedOutput, task: number) {
    this.#output = output;
    this.#task = task;
  }

  /** The key of a value, where the topic has it derived. */
  get keyFrom(): AnyTopic['keyFrom'] {
    return this.#output.topic.keyFrom;
  }

  /**
   * Stages a record.
   * @throws AvroEncodeError, TopicError or JobError; nothing is staged then
   */
  emit(stage: Stage, key: unknown, value: unknown, options: EmitOptions | undefined, call: EventTime): void {
    const { topic } = this.#output;
    const route = this.#output.only ?? this.#route(options);
    const { writer } = stage;
    const start = writer.position;
    try {
      if (key !== null && key !== undefined) topic.key.write(writer, key);
      const keyEnd = writer.position;
      const keyStart = key === null || key === undefined ? -1 : start;
      if (value !== null) topic.value.write(writer, value);
      const time = options?.timestamp ?? (value === null ? undefined : topic.timestampFrom?.(value));
      const timestamp = time === undefined ? call.eventTime() : Number(time);
      const partition = this.#partition(route, keyStart < 0 ? null : writer.bytes.subarray(start, keyEnd), value);
      const headers = options?.headers ?? NO_HEADERS;
      const valueStart = value === null ? -1 : keyEnd;
      stage.add(route.topic, partition, timestamp, headers, keyStart, keyEnd, valueStart, writer.position);
    } catch (error) {
      writer.position = start;
      throw error;
    }
  }

  #partition(route: OutputRoute, key: Uint8Array | null, value: unknown): number {
    const { topic } = this.#output;
    if (key !== null && topic.partitioner === murmur2) return murmur2Partition(key, route.partitions);
    const sequence = this.#sent.get(route.topic) ?? 0;
    const { partitions } = route;
    const partition = choosePartition(topic, {
      topic: route.topic,
      key,
      value,
      partitions,
      task: this.#task,
      sequence,
    });
    this.#sent.set(route.topic, sequence + 1);
    return partition;
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
