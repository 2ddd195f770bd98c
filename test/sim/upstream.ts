import { isLogError } from '@kgen/runtime';
import type { HookedMemoryLog } from '../../runtime/src/log/memory/memory-log.ts';
import type { ProducedRecord } from '../../runtime/src/log/memory/produced-record.ts';
import { comingTopics, firstTopics } from './check.ts';
import type { Feeder, Input, InputCodec } from './features/feature.ts';
import { inputs } from './features/topics.ts';
import { TASKS } from './job.ts';
import type { Profile } from './profile.ts';

/** Records come while the job runs, in transactions of which some are aborted, or outside of any. */
export async function produceSlowly(feeder: Feeder, profile: Profile): Promise<void> {
  const { features } = profile;
  const topics = new Set(firstTopics(profile));
  const coming = Object.entries(comingTopics(profile)).map(([topic, partitions]) => {
    return { topic, partitions, round: feeder.chance.below(ROUNDS) };
  });
  /** Keys of partitions that have come. */
  const later = new Map<string, readonly string[]>();
  const values: { readonly [topic: string]: InputCodec } = Object.assign({}, ...features.map((each) => each.values));
  const recordOf = (topic: string, input: Input, timestamp: bigint): ProducedRecord => {
    const record = inputs.serializeValue(input, { topic: 'in-a' });
    const value = values[topic]?.encode(input, feeder.chance) ?? record.value;
    return { ...record, value, topic, partition: taskOf(input.key), timestamp };
  };
  const { time, chance, trouble } = feeder;
  let id = 0;
  for (let round = 0; round < ROUNDS; round++) {
    for (const each of coming.filter((each) => each.round === round)) {
      if (topics.has(each.topic)) feeder.log.addPartitions(each.topic, each.partitions);
      else feeder.log.createTopic(each.topic, each.partitions);
      feeder.came(each.topic, topics.has(each.topic) ? 'partitions' : 'topic');
      topics.add(each.topic);
      const partitions = Array.from({ length: each.partitions }, (_, partition) => partition);
      later.set(
        each.topic,
        partitions.filter((partition) => partition >= TASKS).map((partition) => `n${partition}`),
      );
    }
    const records = Array.from({ length: 1 + chance.below(12) }, () => {
      const topic = [...topics][chance.below(topics.size)] ?? '';
      const keys = [...feeder.keys, ...(later.get(topic) ?? [])];
      const input = { key: keys[chance.below(keys.length)] ?? '', id: id++, amount: chance.below(50) };
      const timestamp = BigInt(Math.floor(time.now() - chance.between(0, 15)));
      return recordOf(topic, input, timestamp);
    });
    await produce(feeder, 'upstream', records);
    if (!profile.lulls) await time.wait(chance.between(0, trouble / 10));
    else await time.wait(round % 4 === 3 ? chance.between(0.2, 0.4) * trouble : 1);
  }
  // Event time passes whatever was to come, everywhere.
  const timestamp = BigInt(Math.floor(time.now() + LONG));
  const last = [...topics].flatMap((topic) =>
    [...feeder.keys.slice(0, TASKS), ...(later.get(topic) ?? [])].map((key) =>
      recordOf(topic, { key, id: id++, amount: 100 }, timestamp),
    ),
  );
  feeder.log.produce(last);
}

const ROUNDS = 12;

/** Longer than anything here, in milliseconds. */
const LONG = 1_000_000;

export type Records = Parameters<HookedMemoryLog['produce']>[0];

/** Half of all batches come in a transaction, which takes its time, and may be aborted. */
export async function produce({ log, time, chance }: Feeder, transactionalId: string, records: Records): Promise<void> {
  if (chance.hits(0.5)) {
    log.produce(records);
    return;
  }
  const producer = await log.producer(transactionalId);
  for (const { topic, key, value, partition = 0, timestamp = time.now() } of records) {
    const bytes = Buffer.concat([key ?? Buffer.alloc(0), value ?? Buffer.alloc(0)]);
    const keyEnd = key?.length ?? 0;
    const [valueStart, valueEnd] = value === null ? [-1, -1] : [keyEnd, bytes.length];
    const place = { bytes, keyStart: 0, keyEnd, valueStart, valueEnd };
    void producer.append({ topic, partition, timestamp: Number(timestamp), headers: [], ...place });
  }
  await time.wait(chance.between(0, 30));
  // Where the transaction was timed out, its records are aborted.
  await (chance.hits(0.4) ? producer.abort() : producer.commit()).catch(unlessFenced);
}

/** Keys are `k` and a digit; those of partitions that came later `n`, and the partition. */
export function taskOf(key: string): number {
  return key.startsWith('n') ? Number(key.slice(1)) : key.charCodeAt(1) % TASKS;
}

function unlessFenced(error: unknown): void {
  if (!isLogError(error) || error.kind !== 'fenced') throw error;
}
