/** How topics of inputs and outputs are created that do not exist. */
export interface CreateTopics {
  readonly partitions: number;
  /** How many brokers hold each. Default: what the log's options say, else the brokers' default. */
  readonly replicationFactor?: number | undefined;
}

/** What is wrong with it, as the end of a sentence that begins with its name; undefined where nothing is. */
export function createTopicsProblem({ partitions, replicationFactor }: CreateTopics): string | undefined {
  const counts = Object.entries({ partitions, replicationFactor });
  for (const [name, count] of counts) {
    if (count === undefined && name !== 'partitions') continue;
    if (!Number.isInteger(count) || Number(count) < 1) return `${name} is ${count}: give a whole number from 1`;
  }
  return undefined;
}
