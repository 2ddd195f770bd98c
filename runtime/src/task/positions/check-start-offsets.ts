import type { AnyTopic } from '../../format/topic.ts';
import { JobError } from '../job-error.ts';
import { type InputTopics, matchesPattern } from '../plan/planned-topics.ts';
import type { StartRule } from './positions.ts';
import { partitionKey } from './start-rule.ts';

interface Stream extends InputTopics {
  readonly topic: AnyTopic;
  readonly start: StartRule;
}

/**
 * An offset of a partition that nobody reads begins nothing: the partition that was meant would begin elsewhere, unnoticed. Topics
 * of a pattern may be gone by now, or not be there yet.
 * @throws JobError with code `JOB_OPTIONS`
 */
export function checkStartOffsets(streams: readonly Stream[]): void {
  for (const { name, start } of streams) {
    const unread = [...start.offsets.keys()].find((key) => !streams.some((stream) => begins(stream, key)));
    if (unread === undefined) continue;
    const what = `input ${name} is to start from offsets that name ${unread}, which no input that starts from them reads`;
    throw new JobError('JOB_OPTIONS', `option startFrom: ${what}. Name topics and partitions of the job's streams`);
  }
}

/** True where the stream begins there by its own rule. */
function begins({ start, topic, topics }: Stream, key: string): boolean {
  if (!start.offsets.has(key)) return false;
  const at = key.lastIndexOf('-');
  const [name, partition] = [key.slice(0, at), Number(key.slice(at + 1))];
  const read = topics.find((each) => partitionKey(each.name, partition) === key);
  if (read !== undefined) return partition < read.partitions;
  return topic.pattern !== undefined && matchesPattern(topic.pattern, name);
}
