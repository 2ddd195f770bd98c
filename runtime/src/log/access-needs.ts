/** Each includes that the topic may be seen. */
export type TopicOperation = 'Read' | 'Write' | 'DescribeConfigs' | 'Create';

/** What a job does with a log, by names that the log knows. */
export interface AccessNeeds {
  readonly topics: readonly TopicNeeds[];
  /** Undefined where that is not asked for. */
  readonly group: string | undefined;
  /** How its transactional ids begin; undefined where it has none. */
  readonly transactionalIds: string | undefined;
}

export interface TopicNeeds {
  readonly name: string;
  /** `Create` counts where the topic does not exist yet. */
  readonly operations: readonly TopicOperation[];
  /** All topics whose names begin so are needed alike, those to come among them: they are granted together. */
  readonly prefix?: string | undefined;
}

export interface MissingAccess {
  /** Undefined where it is not about a topic. */
  readonly topic?: string | undefined;
  /** Such as `Read on topic flights`. */
  readonly what: string;
  /** How whoever administers the log grants it. */
  readonly grant: string;
}
