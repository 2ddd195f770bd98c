import type { RunOptions } from '@kgen/runtime';

type CreateTopics = NonNullable<RunOptions['createTopics']>;

/** As wide as Kafka's protocol has them. */
const MOST_PARTITIONS = 0x7fffffff;
const MOST_REPLICAS = 0x7fff;

/** `12`, or `12:3` with the number of replicas; undefined where nothing was given, or what was given is wrong. */
export function createTopicsFlag(
  text: string | undefined,
  report: (path: string, reason: string, hint: string) => void,
): CreateTopics | undefined {
  if (text === undefined) return undefined;
  const [, partitions = '', replicas] = /^(\d+)(?::(\d+))?$/.exec(text) ?? [];
  const isWithin = (count: number, most: number): boolean => count >= 1 && count <= most;
  if (
    isWithin(Number(partitions), MOST_PARTITIONS) &&
    (replicas === undefined || isWithin(Number(replicas), MOST_REPLICAS))
  ) {
    return { partitions: Number(partitions), ...(replicas && { replicationFactor: Number(replicas) }) };
  }
  const hint = 'Give how many partitions each is to have, as in 12; and how many brokers are to hold it, as in 12:3';
  report('--create-topics', `'${text}' is no number of partitions`, hint);
  return undefined;
}

/** What a call says comes first; the number of replicas that it does not say is as declared. */
export function createTopicsOf(
  flag: CreateTopics | undefined,
  declared: CreateTopics | undefined,
): CreateTopics | undefined {
  return flag === undefined ? declared : { replicationFactor: declared?.replicationFactor, ...flag };
}
