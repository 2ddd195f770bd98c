import type { HookedMemoryLog } from '../../runtime/src/log/memory/memory-log.ts';
import type { Reached } from './reached.ts';
import type { SimTime } from './time.ts';

// What is waited for when nothing goes wrong any more.

/** Within so much time all that came in is to be processed, in milliseconds. */
export const PATIENCE = 20_000;

/** True when all that came in is committed as processed. */
export async function isDone(
  log: HookedMemoryLog,
  written: Partitions,
  streams: readonly string[],
  reached: Reached,
): Promise<boolean> {
  // Markers of what came in may still be on their way.
  if (!(await isStable(log, Object.fromEntries(streams.map((topic) => [topic, written[topic] ?? 0]))))) return false;
  const at = await reached.now();
  return streams.every((topic) => {
    const next = Array.from({ length: written[topic] ?? 0 }, () => 0);
    for (const { partition, offset } of log.records(topic)) next[partition] = Number(offset) + 1;
    return next.every((end, partition) => end === 0 || at({ topic, partition }) >= end);
  });
}

/** True when no transaction is undecided there; a topic that does not exist has none. */
export async function isStable(log: HookedMemoryLog, topics: Partitions): Promise<boolean> {
  const there = await log.topics(Object.keys(topics));
  const bounds = await log.bounds(partitionsOf(topics).filter(({ topic }) => there.has(topic)));
  return bounds.every(({ stableEnd, end }) => stableEnd === end);
}

/** True when no transaction over the group's offsets is undecided: those of streams, and what a job may keep for its changelog instead. */
export function areOffsetsDecided(
  log: HookedMemoryLog,
  time: SimTime,
  group: string,
  written: Partitions,
  topics: readonly string[],
): Promise<boolean> {
  const all = partitionsOf(written).filter(({ topic }) => topics.includes(topic));
  const decided = log.committedOffsets(group, all).then(() => true);
  return Promise.race([decided, time.wait(1).then(() => false)]);
}

/** How many partitions topics have when all have come. */
export type Partitions = { readonly [topic: string]: number };

function partitionsOf(topics: Partitions): { readonly topic: string; readonly partition: number }[] {
  return Object.entries(topics).flatMap(([topic, count]) =>
    Array.from({ length: count }, (_, partition) => ({ topic, partition })),
  );
}

export async function becomesTrue(time: SimTime, what: () => Promise<boolean>): Promise<boolean> {
  const end = time.now() + PATIENCE;
  while (time.now() < end) {
    if (await what()) return true;
    await time.wait(20);
  }
  return false;
}
