/** Why a topic refused a record. Read `code`, never the message. */
export type TopicErrorCode =
  /** The topic has several names, or a pattern, and the call names none. */
  | 'topic-missing'
  /** The call names a topic that is not declared. */
  | 'topic-unknown'
  /** The partitioner chose something that is not a partition of the topic, or the option `partition` is none. */
  | 'partition'
  /** A record without a value, which the topic's declaration does not have: it lacks `tombstones`. */
  | 'tombstone'
  /** A partitioner by field met a record without a value. */
  | 'partition-field'
  /** A time before 1970: Kafka has no such timestamps. */
  | 'timestamp';

/** A record that cannot go to the topic, whatever its encoding. */
export class TopicError extends Error {
  readonly code: TopicErrorCode;
  /** Kafka's name of the topic, or the declaration's id where the name is what is wrong. */
  readonly topic: string;

  constructor(code: TopicErrorCode, topic: string, reason: string) {
    super(`topic ${topic}: ${reason}`);
    this.name = 'TopicError';
    this.code = code;
    this.topic = topic;
  }
}
