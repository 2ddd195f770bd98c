import type { Log } from '@kgen/runtime';
import { type HookedMemoryLog, memoryLogWith } from '../../runtime/src/log/memory/memory-log.ts';
import type { Sabotage } from '../../runtime/src/task/sabotage.ts';
import { type Chance, chance } from './chance.ts';
import { ChangelogState } from './changelog-state.ts';
import { check, comingTopics, firstTopics, inputTopics, repetitions, type Violation } from './check.ts';
import { AFTER_ANOTHER, workEarlier } from './earlier-consumer.ts';
import { type Fault, type FaultCounts, Faults } from './faults.ts';
import type { Feeder } from './features/feature.ts';
import { Fleet } from './fleet.ts';
import { CHANGELOG, GROUP, TASKS } from './job.ts';
import { lateMarkers } from './markers.ts';
import type { Arrival, ProcessWorld } from './process.ts';
import type { TopicRole } from './process-log.ts';
import { hasChangelog, type Profile, profileOf, type Wishes } from './profile.ts';
import { Reached } from './reached.ts';
import { type SimTime, simTime } from './time.ts';
import { recordsOf, Trace } from './trace.ts';
import { produceSlowly } from './upstream.ts';
import { Weather } from './weather.ts';

const KEYS: readonly string[] = ['k0', 'k1', 'k2', 'k3', 'k4', 'k5'];
/** Milliseconds of trouble; then everything works, and the job is to finish within `PATIENCE`. */
const TROUBLE = 900;
const PATIENCE = 20_000;
const SESSION = 60;
const REBALANCE = 4 * SESSION;
/** So that producer ids change now and then. */
const LAST_EPOCH = 8;
/** Longer than any transaction of an instance that is well. */
const TRANSACTION_TIMEOUT = 2000;

/** What is left out on purpose, to see that the check notices. */
export interface Sabotages extends Sabotage, Wishes {
  readonly deliverAborted?: boolean | undefined;
  /** Producers go on under the identity that EndTxn has replaced. */
  readonly ignoreIdentity?: boolean | undefined;
  /** The protocol of transactions. Default: as the seed decides. */
  readonly protocol?: 1 | 2 | undefined;
  /** The log as processes see it, behind their network. */
  readonly log?: ((log: HookedMemoryLog, world: SabotageWorld) => Log) | undefined;
  readonly startFrom?: 'latest' | undefined;
  /** What is to happen far more often than by the seed alone. */
  readonly often?: readonly Fault[] | undefined;
}

export interface SabotageWorld {
  readonly time: SimTime;
  readonly chance: Chance;
}

export interface Outcome {
  readonly seed: number;
  readonly violation: Violation | undefined;
  readonly faults: FaultCounts;
  readonly features: readonly string[];
  /** How many outputs came again. */
  readonly repetitions: number;
  /** Milliseconds of its own time that it took. */
  readonly lasted: number;
  /** What happened, for people. */
  trace(): string[];
}

/** One run of a few instances over some records, with what goes wrong decided by the seed. */
export async function simulate(seed: number, sabotages: Sabotages = {}): Promise<Outcome> {
  const luck = chance(seed);
  const time = simTime(luck);
  const begin = time.now();
  const trace = new Trace(time.now);
  const faults = new Faults(chance(seed + 1_000_003), sabotages.often);
  const profile = profileOf(seed, sabotages);
  const streams = inputTopics(profile);
  const topics = topicsOf(profile);
  const log = memoryLogWith(
    { clock: time, topics, sessionTimeout: SESSION, rebalanceTimeout: REBALANCE },
    {
      markers: lateMarkers(time, luck, faults),
      begun: (timeOut) => void time.after(transactionTimeout(luck, faults), timeOut),
      // A batch at a time, a few, or all there is.
      fetchBytes: [1, 500, undefined][seed % 3],
      deliverAborted: sabotages.deliverAborted,
      ignoreIdentity: sabotages.ignoreIdentity,
      protocol: sabotages.protocol ?? (seed % 3 === 0 ? 1 : 2),
      lastEpoch: LAST_EPOCH,
      outdated: (id) => fenceAlive(`${id} goes on under an identity that EndTxn has replaced: it is fenced`),
    },
  );
  let fenced: Violation | undefined;
  const fenceAlive = (what: string): void => {
    trace.say('', what);
    fenced ??= { name: 'fenced-alive', what };
  };
  const weather = new Weather();
  const arrivals = new Map<string, Arrival>();
  const world: ProcessWorld = {
    time,
    chance: luck,
    faults,
    weather,
    trace,
    session: SESSION,
    rebalance: REBALANCE,
    members: new Map(),
    arrivals,
    fenceAlive,
  };
  const reached = new Reached(log, profile.commitOffsets ? undefined : CHANGELOG);
  const heard = reached.listening();
  const seen = sabotages.log?.(heard, { time, chance: luck }) ?? heard;
  const fleet = new Fleet(world, seen, {
    profile,
    sabotage: sabotages,
    startFrom: sabotages.startFrom ?? (profile.follows ? AFTER_ANOTHER : undefined),
    roles: rolesOf(profile, streams),
    trouble: TROUBLE,
  });
  const written = { ...topics, ...comingTopics(profile), ...(hasChangelog(profile) ? { [CHANGELOG]: TASKS } : {}) };
  const compact = (): void => void log.topics([CHANGELOG]).then((found) => found.size > 0 && log.compact(CHANGELOG));
  const everyone = { killAll: () => fleet.killAll(), cutAll: () => fleet.cutAll(), compact };
  weather.forecast(
    {
      time,
      chance: luck,
      faults,
      trace,
      log,
      group: GROUP,
      topics: Object.keys(written),
      inputs: inputsOf(profile),
      ...everyone,
    },
    TROUBLE,
  );

  const came: Feeder['came'] = (topic, what) => {
    trace.say('', what === 'topic' ? `topic ${topic} comes` : `partitions of ${topic} come`);
    faults.counts.count(what === 'topic' ? 'new topic' : 'new partitions');
    arrivals.set(topic, { at: time.now(), before: what === 'topic' ? 0 : TASKS });
  };
  const feeder: Feeder = { log, time, chance: luck, keys: KEYS, trouble: TROUBLE, came };
  if (profile.follows) await workEarlier(log, chance(seed + 3_000_017));
  const feeds = profile.features.map(({ feed }) => feed?.(feeder));
  const upstream = Promise.all([produceSlowly(feeder, profile), ...feeds]);
  const instances = sabotages.instances ?? 1 + luck.below(3);
  for (let slot = 0; slot < instances; slot++) fleet.launch(slot);
  await time.wait(TROUBLE);
  faults.calmDown();
  trace.say('', 'all is calm');
  await upstream;
  // Timers are a part of state: all have fired when it has none.
  const timers = profile.features.some(({ declares }) => declares.timers !== undefined);
  const isOver = async (): Promise<boolean> => {
    if (!(await isDone(log, written, streams, reached))) return false;
    // What set a timer may be committed with the offsets, and its marker still on its way to the changelog.
    return (
      !timers || ((await isStable(log, { [CHANGELOG]: TASKS })) && ChangelogState.read(log, CHANGELOG).timers === 0)
    );
  };
  const caughtUp = await becomesTrue(time, async () => fleet.violation !== undefined || (await isOver()));
  const stopped = await Promise.race([fleet.stop().then(() => true), time.wait(PATIENCE).then(() => false)]);
  const readable = await becomesTrue(
    time,
    async () =>
      (await isStable(log, written)) && (await areOffsetsDecided(log, time, written, [...streams, CHANGELOG])),
  );
  const violation = fenced ?? fleet.violation ?? stuck({ caughtUp, stopped, readable }) ?? check(log, profile);
  const lasted = time.now() - begin;
  time.end();
  const tell = (): string[] => {
    const key = violation?.key;
    const about =
      key === undefined ? [] : [`committed records of ${key}:`, ...recordsOf(log, Object.keys(topics), key)];
    return [`features: ${profile.features.map(({ name }) => name).join(', ')}`, ...trace.lines(key), ...about];
  };
  const features = profile.features.map(({ name }) => name);
  return { seed, violation, faults: faults.counts, features, repetitions: repetitions(log), lasted, trace: tell };
}

/** Most transactions are over long before it; some are timed out under an owner who is well. */
function transactionTimeout(luck: Chance, faults: Faults): number {
  return faults.strikes('transaction time-out', 0.005) ? luck.between(0, 15) : TRANSACTION_TIMEOUT;
}

function rolesOf({ features }: Profile, streams: readonly string[]): Map<string, TopicRole> {
  const inputs = features.flatMap(({ declares }) => Object.values(declares.inputs ?? {}));
  const tables = inputs.flatMap(({ as, topic }) => (as === 'stream' ? [] : topic.names));
  return new Map<string, TopicRole>([
    ...streams.map((topic) => [topic, 'stream'] as const),
    ...tables.map((topic) => [topic, 'table'] as const),
    [CHANGELOG, 'changelog'],
  ]);
}

/** All topics that the job reads, and whether each instance reads all of them. */
function inputsOf(profile: Profile): ReadonlyMap<string, boolean> {
  const declared = profile.features.flatMap(({ declares }) => Object.values(declares.inputs ?? {}));
  const tables = declared
    .filter(({ as }) => as !== 'stream')
    .flatMap(({ as, topic }) => {
      return topic.names.map((name) => [name, as === 'global-table'] as const);
    });
  return new Map([...inputTopics(profile).map((topic) => [topic, false] as const), ...tables]);
}

function stuck(done: { readonly [what in 'caughtUp' | 'stopped' | 'readable']: boolean }): Violation | undefined {
  if (!done.caughtUp) return { name: 'stuck', what: 'not all inputs were processed, or timers do not fire' };
  if (!done.stopped) return { name: 'stuck', what: 'an instance that was asked to stop goes on' };
  if (!done.readable) return { name: 'stuck', what: 'what was written is held back' };
  return undefined;
}

function topicsOf(profile: Profile): { readonly [name: string]: number } {
  const own = Object.fromEntries(firstTopics(profile).map((topic) => [topic, TASKS]));
  return Object.assign({ out: 3 }, own, ...profile.features.map(({ topics }) => topics));
}

/** True when all that came in is committed as processed. */
async function isDone(
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

/** True when no transaction is undecided there. */
async function isStable(log: HookedMemoryLog, topics: Partitions): Promise<boolean> {
  const bounds = await log.bounds(partitionsOf(topics));
  return bounds.every(({ stableEnd, end }) => stableEnd === end);
}

/** True when no transaction over the group's offsets is undecided: those of streams, and what a job may keep for its changelog instead. */
function areOffsetsDecided(
  log: HookedMemoryLog,
  time: SimTime,
  written: Partitions,
  topics: readonly string[],
): Promise<boolean> {
  const all = partitionsOf(written).filter(({ topic }) => topics.includes(topic));
  const decided = log.committedOffsets(GROUP, all).then(() => true);
  return Promise.race([decided, time.wait(1).then(() => false)]);
}

/** How many partitions topics have when all have come. */
type Partitions = { readonly [topic: string]: number };

function partitionsOf(topics: Partitions): { readonly topic: string; readonly partition: number }[] {
  return Object.entries(topics).flatMap(([topic, count]) =>
    Array.from({ length: count }, (_, partition) => ({ topic, partition })),
  );
}

async function becomesTrue(time: SimTime, what: () => Promise<boolean>): Promise<boolean> {
  const end = time.now() + PATIENCE;
  while (time.now() < end) {
    if (await what()) return true;
    await time.wait(20);
  }
  return false;
}
