import { murmur2Partition } from '../../format/murmur2.ts';
import type { Clock } from '../../time/clock.ts';
import type { ProducedRecord } from './produced-record.ts';
import type { Store } from './store.ts';

/** Appends records outside of transactions. `sent` counts records without a key by topic: those go round the partitions. */
export function produceAll(
  store: Store,
  clock: Clock,
  sent: Map<string, number>,
  records: Iterable<ProducedRecord>,
): void {
  const now = Math.floor(clock.now());
  for (const record of records) {
    const { topic, key, value } = record;
    const keySize = key?.length ?? 0;
    const bytes = Buffer.allocUnsafe(keySize + (value?.length ?? 0));
    if (key !== null) bytes.set(key);
    if (value !== null) bytes.set(value, keySize);
    const partition = record.partition ?? choose(key, store.topic(topic).length, topic, sent);
    store.partition({ topic, partition }).append(
      {
        topic,
        partition,
        timestamp: record.timestamp === undefined ? now : Number(record.timestamp),
        bytes,
        keyStart: key === null ? -1 : 0,
        keyEnd: key === null ? -1 : keySize,
        valueStart: value === null ? -1 : keySize,
        valueEnd: value === null ? -1 : bytes.length,
        headers: record.headers ?? [],
      },
      undefined,
    );
  }
  store.changed();
}

function choose(key: Uint8Array | null, partitions: number, topic: string, sent: Map<string, number>): number {
  if (key !== null) return murmur2Partition(key, partitions);
  const count = sent.get(topic) ?? 0;
  sent.set(topic, count + 1);
  return count % partitions;
}
