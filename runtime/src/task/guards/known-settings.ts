import { isLogError, type Log, type TopicSettings } from '../../log/port.ts';

/** Of those topics of which the log tells it: a job may do without knowing. */
export async function knownSettings(log: Log, topics: Iterable<string>): Promise<ReadonlyMap<string, TopicSettings>> {
  const found = await Promise.all(
    Array.from(new Set(topics), async (topic): Promise<readonly [string, TopicSettings][]> => {
      try {
        return [[topic, await log.topicSettings(topic)]];
      } catch (error) {
        if (!isLogError(error)) throw error;
        return [];
      }
    }),
  );
  return new Map(found.flat());
}
