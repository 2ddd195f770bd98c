import { type Log, LogError, type TopicDescription } from '../log/port.ts';
import type { JobPlan } from '../task/plan/plan.ts';
import { type Clock, sleep } from '../time/clock.ts';
import { reads } from './reads.ts';
import type { TaskRecord } from './task-record.ts';

// Brokers hear of topics one after another, and each tells what it knows.

/** So long a topic may be unknown that must be there, in milliseconds: then it was deleted. */
const WITHIN = 5000;
const LOOK_EVERY = 100;

export interface KnownTopicsWorld {
  readonly log: Log;
  readonly clock: Clock;
  /** Throws when the job is to end. */
  readonly alive: () => void;
}

/** Those of the topics that there are. Waits a while where one is not found. */
export async function whenKnown(
  { log, clock, alive }: KnownTopicsWorld,
  names: readonly string[],
): Promise<ReadonlyMap<string, TopicDescription>> {
  const end = clock.monotonic() + WITHIN;
  for (;;) {
    const found = await log.topics(names);
    alive();
    if (found.size === names.length || clock.monotonic() >= end) return found;
    await sleep(clock, LOOK_EVERY);
    alive();
  }
}

/**
 * Topics that a savepoint has positions of, and that match a pattern of the job, must be found before it is imported: one that is
 * found later would be read from its beginning, and its records be processed again.
 * @throws LogError, `retriable`, where one is there, and was not when the job was planned
 */
export async function mustFind(
  world: KnownTopicsWorld & { readonly plan: JobPlan },
  records: readonly TaskRecord[],
): Promise<void> {
  const { plan } = world;
  const planned = new Set(plan.streams.flatMap(({ topics }) => topics.map(({ name }) => name)));
  const saved = new Set(records.flatMap(({ inputs }) => inputs.map(({ topic }) => topic)));
  const missing = [...saved].filter((name) => !planned.has(name) && reads(plan, name));
  if (missing.length === 0) return;
  const [late] = (await whenKnown(world, missing)).keys();
  if (late !== undefined)
    throw new LogError(
      'retriable',
      `the savepoint has positions of ${late}, which the brokers did not tell of at first`,
    );
}
