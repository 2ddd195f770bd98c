import type { KafkaLog } from '@kgen/runtime/kafka';

/** The values of all committed records of a topic, as text: also of commits that were answered, and whose markers are not there yet. */
export async function committedValues(log: KafkaLog, topic: string): Promise<readonly string[]> {
  const count = (await log.topics([topic])).get(topic)?.partitions ?? 0;
  const bounds = await log.bounds(Array.from({ length: count }, (_, partition) => ({ topic, partition })));
  const left = new Map(bounds.filter((b) => b.start < b.end).map((b) => [b.partition, b.end]));
  const values: string[] = [];
  const source = log.source();
  source.assign(bounds.map(({ partition, start }) => ({ topic, partition, offset: start })));
  while (left.size > 0) {
    for (const { partition, records, nextOffset } of await source.poll(500)) {
      while (records.next()) values.push(records.bytes.toString('utf8', records.valueStart, records.valueEnd));
      if (nextOffset >= (left.get(partition) ?? 0)) left.delete(partition);
    }
  }
  source.close();
  return values;
}
