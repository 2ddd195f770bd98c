import type { KafkaLog } from '@kgen/runtime/kafka';

/** So many partitions are named. */
const NAMED = 8;

/**
 * Which partitions of a topic hold something, as a hint for who has looked into one that holds no records:
 * `Others hold some: 1 (offsets 0 to 41), 3 (offset 7)`. Offsets are those that a reader of committed records may get to.
 */
export async function otherPartitions(
  log: KafkaLog,
  { topic, partition: empty }: { readonly topic: string; readonly partition: number },
  partitions: number,
): Promise<string> {
  const all = Array.from({ length: partitions }, (_, partition) => ({ topic, partition }));
  const bounds = await log.bounds(all.filter(({ partition }) => partition !== empty));
  const held = bounds.filter(({ start, stableEnd }) => stableEnd > start);
  if (held.length === 0)
    return partitions === 1 ? 'The topic has no other' : 'The others of the topic hold none either';
  const named = held.slice(0, NAMED).map(({ partition, start, stableEnd }) => {
    const offsets = start === stableEnd - 1 ? `offset ${start}` : `offsets ${start} to ${stableEnd - 1}`;
    return `${partition} (${offsets})`;
  });
  const more = held.length > NAMED ? `, and ${held.length - NAMED} more` : '';
  return `Others hold some: ${named.join(', ')}${more}`;
}
