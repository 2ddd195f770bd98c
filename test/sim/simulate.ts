import type { Log } from '@kgen/runtime';
import { type HookedMemoryLog, memoryLogWith } from '../../runtime/src/log/memory/memory-log.ts';
import type { Sabotage } from '../../runtime/src/task/sabotage.ts';
import { areOffsetsDecided, becomesTrue, isDone, isStable, PATIENCE } from './calm.ts';
import { type Chance, chance } from './chance.ts';
import { ChangelogState } from './changelog-state.ts';
import { check, comingTopics, firstTopics, inputTopics, repetitions, type Violation } from './check.ts';
import { checkSecond } from './check-second.ts';
import { AFTER_ANOTHER, workEarlier } from './earlier-consumer.ts';
import { type Fault, type FaultCounts, Faults } from './faults.ts';
import type { Feeder } from './features/feature.ts';
import { Fleet } from './fleet.ts';
import { CHANGELOG, GROUP, SECOND_CHANGELOG, SECOND_OUT, TASKS } from './job.ts';
import { lateMarkers } from './markers.ts';
import type { Arrival, ProcessWorld } from './process.ts';
import type { TopicRole } from './process-log.ts';
import { hasChangelog, type Profile, profileOf, type Wishes } from './profile.ts';
import { Reached } from './reached.ts';
import { SecondJob, type WorkingJob } from './second-job.ts';
import { type SimTime, simTime } from './time.ts';
import { recordsOf, Trace } from './trace.ts';
import { produceSlowly } from './upstream.ts';
import { Weather } from './weather.ts';

const KEYS: readonly string[] = ['k0', 'k1', 'k2', 'k3', 'k4', 'k5'];
/** Milliseconds of trouble; then everything works, and the job is to finish within `PATIENCE`. */
const TROUBLE = 900;
/** Where a second job starts from a savepoint of the first. */
const LONGER_TROUBLE = 1600;
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
  /** The log as who writes a savepoint sees it, behind its network. Default: as `log`. */
  readonly saverLog?: ((log: Log, world: SabotageWorld) => Log) | undefined;
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
    group: GROUP,
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
  const reached = new Reached(log, GROUP, profile.commitOffsets ? undefined : CHANGELOG);
  const heard = reached.listening();
  const sabotaged = { time, chance: luck };
  const seen = sabotages.log?.(heard, sabotaged) ?? heard;
  const trouble = profile.savepoint === undefined ? TROUBLE : LONGER_TROUBLE;
  const roles = rolesOf(profile, streams);
  const fleet = new Fleet(world, seen, {
    profile,
    sabotage: sabotages,
    startFrom: sabotages.startFrom ?? (profile.follows ? AFTER_ANOTHER : undefined),
    roles,
    trouble,
  });
  const first: WorkingJob = { fleet, group: GROUP, changelog: CHANGELOG, reached };
  const changelogs = profile.savepoint === undefined ? [CHANGELOG] : [CHANGELOG, SECOND_CHANGELOG];
  const kept = hasChangelog(profile) ? Object.fromEntries(changelogs.map((name) => [name, TASKS])) : {};
  const written = { ...topics, ...comingTopics(profile), ...kept };
  const compact = (): void => {
    for (const name of changelogs) void log.topics([name]).then((found) => found.size > 0 && log.compact(name));
  };
  const second =
    profile.savepoint === undefined
      ? undefined
      : new SecondJob(world, first, {
          profile,
          sabotage: sabotages,
          roles,
          trouble,
          log: seen,
          memory: log,
          saverLog: sabotages.saverLog?.(seen, sabotaged) ?? seen,
          compact,
          instances: sabotages.instances ?? 1 + luck.below(3),
        });
  const everyone = {
    killAll() {
      fleet.killAll();
      second?.job?.fleet.killAll();
    },
    cutAll() {
      fleet.cutAll();
      second?.job?.fleet.cutAll();
    },
    compact,
  };
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
    trouble,
  );

  const came: Feeder['came'] = (topic, what) => {
    trace.say('', what === 'topic' ? `topic ${topic} comes` : `partitions of ${topic} come`);
    faults.counts.count(what === 'topic' ? 'new topic' : 'new partitions');
    arrivals.set(topic, { at: time.now(), before: what === 'topic' ? 0 : TASKS });
  };
  const feeder: Feeder = { log, time, chance: luck, keys: KEYS, trouble, came };
  if (profile.follows) await workEarlier(log, chance(seed + 3_000_017));
  const feeds = profile.features.map(({ feed }) => feed?.(feeder));
  const upstream = Promise.all([produceSlowly(feeder, profile), ...feeds]);
  const instances = sabotages.instances ?? 1 + luck.below(3);
  for (let slot = 0; slot < instances; slot++) fleet.launch(slot);
  const begun = second?.begin();
  await time.wait(trouble);
  faults.calmDown();
  trace.say('', 'all is calm');
  await upstream;
  await Promise.race([begun, time.wait(PATIENCE)]);
  const all = [first, ...(second?.job === undefined ? [] : [second.job])];
  // Who was stopped for a savepoint leaves the rest to the second one.
  const working = profile.savepoint === 'stopped' ? all.slice(1) : all;
  // Timers are a part of state: all have fired when it has none.
  const timers = profile.features.some(({ declares }) => declares.timers !== undefined);
  const isOver = async ({ reached, changelog }: WorkingJob): Promise<boolean> => {
    if (!(await isDone(log, written, streams, reached))) return false;
    // What set a timer may be committed with the offsets, and its marker still on its way to the changelog.
    return (
      !timers || ((await isStable(log, { [changelog]: TASKS })) && ChangelogState.read(log, changelog).timers === 0)
    );
  };
  const failed = (): Violation | undefined =>
    second?.violation ?? all.find((each) => each.fleet.violation)?.fleet.violation;
  const caughtUp = await becomesTrue(time, async () => {
    if (failed() !== undefined) return true;
    for (const each of working) if (!(await isOver(each))) return false;
    return second === undefined || second.job !== undefined;
  });
  const ends = Promise.all(all.map((each) => each.fleet.stop())).then(() => true);
  const stopped = await Promise.race([ends, time.wait(PATIENCE).then(() => false)]);
  const readable = await becomesTrue(time, async () => {
    if (!(await isStable(log, written))) return false;
    for (const { group, changelog } of all)
      if (!(await areOffsetsDecided(log, time, group, written, [...streams, changelog]))) return false;
    return true;
  });
  const violation =
    fenced ??
    failed() ??
    stuck({ caughtUp, stopped, readable }) ??
    (profile.savepoint === 'stopped' ? undefined : check(log, profile)) ??
    (second?.taken === undefined ? undefined : checkSecond(log, profile, second.taken.offsets));
  const lasted = time.now() - begin;
  second?.end();
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
    [SECOND_CHANGELOG, 'changelog'],
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
  const outs = profile.savepoint === undefined ? { out: 3 } : { out: 3, [SECOND_OUT]: 3 };
  return Object.assign(outs, own, ...profile.features.map(({ topics }) => topics));
}
