import type { TopicPartition } from '../log/port.ts';
import { ORIGIN } from '../state/changelog-key.ts';
import { parseOffsetMetadata } from '../task/checkpoint/checkpoint-record.ts';
import { type DeadOwnersWorld, endDeadOwners, endingDeadOwners } from '../task/opening/dead-owners.ts';
import { formerFences } from '../task/opening/fence.ts';
import type { JobPlan } from '../task/plan/plan.ts';
import type { Clock } from '../time/clock.ts';
import { importMarks } from './import-marks.ts';
import { whenKnown } from './known-topics.ts';

type GroupStateWorld = DeadOwnersWorld & { readonly plan: JobPlan; readonly clock: Clock };

/** Undefined where there is nothing; else of which savepoint it was made, or that it is something else. */
export async function groupState(world: GroupStateWorld): Promise<string | 'other' | undefined> {
  const { log, plan } = world;
  const lanes = plan.streams.flatMap(({ topics }) =>
    topics.flatMap(({ name, partitions }) =>
      Array.from({ length: partitions }, (_, partition): TopicPartition => ({ topic: name, partition })),
    ),
  );
  await endDeadOwners(world);
  // Before the offsets: where it is there, they tell whether its import is under way, or has come to its end.
  const origin = await originOf(world, 'stableEnd');
  const offsets = await endingDeadOwners(world, log.committedOffsets(plan.group, [...lanes, ...formerFences(plan)]));
  if ((await importMarks(world)).length > 0) return undefined;
  if (origin !== undefined || offsets.length === 0) return origin;
  const identities = offsets.map(({ metadata }) => parseOffsetMetadata(metadata));
  if (plan.changelog !== undefined && identities.some((identity) => identity?.state === true))
    await whenKnown(world, [plan.changelog]);
  // They are decided, and so is what was committed with them: its markers may be written in the changelog a moment later (I3).
  const written = await originOf(world, 'end');
  if (written !== undefined) return written;
  // A job without state has nothing else that says what it began with.
  return identities.map((identity) => identity?.origin).find((id) => id !== undefined) ?? 'other';
}

/** What the changelog was made from; undefined where there is none, or nothing in it. */
async function originOf(world: GroupStateWorld, upTo: 'stableEnd' | 'end'): Promise<string | undefined> {
  const { log, plan } = world;
  const { changelog } = plan;
  const partitions = changelog === undefined ? 0 : ((await log.topics([changelog])).get(changelog)?.partitions ?? 0);
  for (let partition = 0; partition < partitions; partition++) {
    const origin = await firstRecord(world, { topic: changelog ?? '', partition }, upTo);
    if (origin !== undefined) return origin;
  }
  return undefined;
}

/** The savepoint that a changelog says it was made from, in its first record; `other` where that is none; undefined where it is empty. */
async function firstRecord(
  world: GroupStateWorld,
  place: TopicPartition,
  upTo: 'stableEnd' | 'end',
): Promise<string | undefined> {
  const { log, alive } = world;
  const [bounds] = await log.bounds([place]);
  const source = log.source();
  try {
    let position = bounds?.start ?? 0;
    source.assign([{ ...place, offset: position }]);
    while (position < (bounds?.[upTo] ?? 0)) {
      const fetched = await source.poll(500);
      if (fetched.length === 0) await endDeadOwners(world);
      for (const { records, nextOffset } of fetched) {
        if (records.next()) {
          const { bytes, keyStart, valueStart, valueEnd } = records;
          return bytes[keyStart] === ORIGIN ? bytes.toString('utf8', valueStart, valueEnd) : 'other';
        }
        position = nextOffset;
      }
      alive();
    }
    return undefined;
  } finally {
    source.close();
  }
}
