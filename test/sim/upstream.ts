import { isLogError } from '@kgen/runtime';
import type { HookedMemoryLog } from '../../runtime/src/log/memory/memory-log.ts';
import type { ProducedRecord } from '../../runtime/src/log/memory/produced-record.ts';
import type { Feature, Feeder, Input, InputCodec } from './features/feature.ts';
import { inputs } from './features/topics.ts';
import { TASKS } from './job.ts';

/** Records come while the job runs, in transactions of which some are aborted, or outside of any. */
export async function produceSlowly(
  feeder: Feeder,
  topics: readonly string[],
  features: readonly Feature[],
): Promise<void> {
  const values: { readonly [topic: string]: InputCodec } = Object.assign({}, ...features.map((each) => each.values));
  const recordOf = (topic: string, input: Input, timestamp: bigint): ProducedRecord => {
    const record = inputs.serializeValue(input, { topic: 'in-a' });
    const value = values[topic]?.encode(input, feeder.chance) ?? record.value;
    return { ...record, value, topic, partition: taskOf(input.key), timestamp };
  };
  const { time, chance, trouble } = feeder;
  let id = 0;
  for (let round = 0; round < 12; round++) {
    const records = Array.from({ length: 1 + chance.below(12) }, () => {
      const key = feeder.keys[chance.below(feeder.keys.length)] ?? '';
      const input = { key, id: id++, amount: chance.below(50) };
      const topic = topics[chance.below(topics.length)] ?? '';
      const timestamp = BigInt(Math.floor(time.now() - chance.between(0, 15)));
      return recordOf(topic, input, timestamp);
    });
    await produce(feeder, 'upstream', records);
    await time.wait(chance.between(0, trouble / 10));
  }
  // Event time passes whatever was to come, everywhere.
  const timestamp = BigInt(Math.floor(time.now() + LONG));
  const last = topics.flatMap((topic) =>
    feeder.keys.slice(0, TASKS).map((key) => recordOf(topic, { key, id: id++, amount: 100 }, timestamp)),
  );
  feeder.log.produce(last);
}

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

/** Keys are `k` and a digit. */
export function taskOf(key: string): number {
  return key.charCodeAt(1) % TASKS;
}

function unlessFenced(error: unknown): void {
  if (!isLogError(error) || error.kind !== 'fenced') throw error;
}
