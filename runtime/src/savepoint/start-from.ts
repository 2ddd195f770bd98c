import { isLogError, type Log } from '../log/port.ts';
import type { JobLog } from '../ops/job-log.ts';
import { offsetMetadata } from '../task/checkpoint/checkpoint-record.ts';
import type { JobDeclaration } from '../task/declaration.ts';
import { isJobError, JobError } from '../task/job-error.ts';
import { endDeadOwners } from '../task/opening/dead-owners.ts';
import { fenceOf, formerFences } from '../task/opening/fence.ts';
import { type ChangelogOptions, createChangelog } from '../task/plan/changelog-topic.ts';
import { keyEncodings } from '../task/plan/key-encodings.ts';
import type { JobPlan } from '../task/plan/plan.ts';
import { retrying } from '../task/retry.ts';
import type { Clock } from '../time/clock.ts';
import { ChangelogImport, type ImportSlices, offsetsOf, SLICES } from './changelog-import.ts';
import { groupState } from './group-state.ts';
import { checkGrowth } from './growth.ts';
import { importMarks, mustKnow } from './import-marks.ts';
import { mustFind } from './known-topics.ts';
import { ListLengths } from './list-lengths.ts';
import { type NewPositions, newPositions } from './new-positions.ts';
import { keyPlacement, misplacedKey, type TaskOf } from './placement.ts';
import { type OpenSavepoint, openSavepoint } from './read-savepoint.ts';
import { savedStates } from './saved-state.ts';
import { joinAlone, type SoleMember } from './sole-member.ts';
import type { TaskRecord } from './task-record.ts';

/** A savepoint that a job starts from, made by `savepoint`. */
export interface StartFromSavepoint {
  /** Path of its file. */
  readonly file: string;
  /**
   * Whether the file is there, whole, and of schemas that the job can read: before the log is asked for anything. What it holds is
   * read when the job begins with it.
   */
  readonly '~check': (declaration: JobDeclaration) => Promise<void>;
  /** How a job begins with it. Here, and not in the job's own code, so that a bundle has it only where a program asks for it. */
  readonly '~begin': (world: StartWorld) => Promise<void>;
}

export interface SavepointStartOptions {
  /** True where what the group has now, offsets and state, may be deleted for it. Default false: then the start is refused. */
  readonly replace?: boolean | undefined;
}

/**
 * The savepoint in a file, for a job to start from where its group has nothing yet: offsets and state are those of the savepoint. A
 * group that was started from it goes on from its own checkpoint.
 * @param file its path
 * @example
 * await run(job, { log, group: 'delays-2', from: savepoint('delays.avro') });
 */
export function savepoint(file: string, { replace = false }: SavepointStartOptions = {}): StartFromSavepoint {
  return {
    file,
    '~check': (declaration) => checkFile(file, declaration),
    '~begin': (world) => startFromSavepoint(world, file, replace, SLICES),
  };
}

/** As {@link savepoint}, for tests, which have less to import than goes into one transaction. */
export function savepointInSlices(file: string, slices: ImportSlices): StartFromSavepoint {
  return { ...savepoint(file), '~begin': (world) => startFromSavepoint(world, file, false, slices) };
}

async function checkFile(file: string, declaration: JobDeclaration): Promise<void> {
  const savepoint = await openSavepoint(file, declaration);
  try {
    await savepoint.checkEnd();
  } finally {
    await savepoint.close();
  }
}

export interface StartWorld {
  readonly log: Log;
  readonly clock: Clock;
  readonly plan: JobPlan;
  readonly jobLog: JobLog;
  readonly changelog: ChangelogOptions;
  /** Throws when the job is to end. */
  readonly alive: () => void;
}

/**
 * Gives a group offsets and state of a savepoint, before the job starts (I21). A group that was started from this very savepoint is
 * left as it is: an instance that is restarted goes on from its checkpoint.
 * @throws JobError with code `JOB_SAVEPOINT`
 */
async function startFromSavepoint(
  world: StartWorld,
  file: string,
  replace: boolean,
  slices: ImportSlices,
): Promise<void> {
  const { plan, jobLog, alive } = world;
  const savepoint = await openSavepoint(file, plan.declaration);
  try {
    const { info } = savepoint;
    /** True where there is nothing to be done. */
    const hasBegun = async (): Promise<boolean> => {
      const before = await groupState(world);
      alive();
      const isOurs = before === info.id;
      if (!isOurs && before !== undefined && !replace) throw occupied(plan.group, file);
      if (isOurs) sayBegun(world, file);
      return isOurs;
    };
    if (await hasBegun()) return;
    const content = await inspect(world, savepoint);
    sayInputs(world, content.positions);
    await announce(world, savepoint, content.positions);
    const member = await joinAlone(world).catch(async (error: unknown) => {
      // Of several instances that start in the same way one imports it; this one has waited.
      if (!isJobError(error, 'JOB_SAVEPOINT') || !(await hasBegun())) throw error;
      return undefined;
    });
    if (member === undefined) return;
    try {
      // Another one may have imported it, and be about to join as any instance does.
      if (await hasBegun()) return;
      await importInto(world, savepoint, content, { ...member, slices });
    } finally {
      await member.leave().catch(ignoreLogErrors);
    }
    jobLog.info(
      { group: plan.group, savepoint: file, values: content.values, tasks: plan.tasks },
      'the savepoint is imported',
    );
  } finally {
    await savepoint.close();
  }
}

function sayBegun({ jobLog, plan }: StartWorld, savepoint: string): void {
  const what = 'the group has begun already: it goes on from its checkpoint, and not from the savepoint';
  jobLog.info({ group: plan.group, savepoint }, what);
}

interface Content {
  readonly positions: NewPositions;
  readonly values: number;
  /** The task that has an entry; `from` is the one that it comes from. */
  readonly taskOf: (entry: Parameters<TaskOf>[0], from: number) => number;
}

/** No job makes so many, and those that follow can still be counted. */
const MOST_CHECKPOINTS = 2 ** 48;

/** Reads the whole savepoint once, and finds all that stands in the way before anything is touched. */
async function inspect(world: StartWorld, savepoint: OpenSavepoint): Promise<Content> {
  const { plan, clock, alive, jobLog } = world;
  const { partitions } = savepoint.info;
  if (savepoint.unknown.length > 0) {
    const what = 'the savepoint has states that the job does not declare: the job starts without them';
    jobLog.warn({ states: savepoint.unknown }, what);
  }
  if (savepoint.missing.length > 0) {
    jobLog.info({ states: savepoint.missing }, 'the savepoint does not have these states: they begin empty');
  }
  const changed = plan.tasks !== partitions;
  const place = changed && plan.changelog !== undefined ? keyPlacement(plan) : undefined;
  const tasks = new Map<number, TaskRecord>();
  const lists = new ListLengths(savedStates(plan.declaration));
  let task = 0;
  let values = 0;
  await savepoint.walk({
    task(record) {
      if (record.task < 0 || record.task >= partitions)
        throw new Error(`it has a task ${record.task} of ${partitions}`);
      if (tasks.has(record.task)) throw new Error(`it has task ${record.task} twice`);
      if (record.checkpoint < 0 || record.checkpoint > MOST_CHECKPOINTS)
        throw new Error(`its task ${record.task} is at checkpoint ${record.checkpoint}`);
      tasks.set(record.task, record);
      task = record.task;
    },
    entry(entry) {
      const expected = place?.(entry, partitions) ?? task;
      if (expected !== task) throw misplacedKey(entry.keyValue, task, expected);
      lists.add(entry);
      return ++values % 1024 === 0 ? clock.turn().then(alive) : undefined;
    },
  });
  lists.check();
  const records = [...tasks.values()];
  if (records.length === 0) throw new JobError('JOB_SAVEPOINT', 'the savepoint has no task');
  await mustFind(world, records);
  const positions = await newPositions(plan, { partitions, records }, world.log);
  if (place !== undefined) await checkGrown(world, records, partitions);
  return {
    positions,
    values,
    taskOf: (entry, from) => place?.(entry, plan.tasks) ?? from,
  };
}

/** I18: inputs from where they were read to, tables from their beginning. */
async function checkGrown(world: StartWorld, records: readonly TaskRecord[], before: number): Promise<void> {
  const { plan, log } = world;
  const offsets = new Map(
    records.flatMap(({ inputs }) => inputs.map((each) => [`${each.topic}-${each.partition}`, each.offset])),
  );
  const streams = plan.streams.flatMap((input) => input.topics).filter(({ partitions }) => partitions > 0);
  const tables = plan.tables.filter(({ global }) => !global).flatMap((input) => input.topics);
  const partitions = [...streams, ...tables].flatMap(({ name, partitions }) =>
    Array.from({ length: Math.min(partitions, before) }, (_, partition) => ({ topic: name, partition })),
  );
  const targets = (await log.bounds(partitions)).map(({ topic, partition, start, end }) => {
    return { topic, partition, from: offsets.get(`${topic}-${partition}`) ?? start, to: end };
  });
  await checkGrowth({ ...world, onStalled: async () => undefined }, targets, plan.tasks);
}

/** Where the savepoint is of other inputs than the job has: which go on, and which do not. */
function sayInputs({ jobLog, plan }: StartWorld, { begun, left }: NewPositions): void {
  if (begun.length === 0 && left.length === 0) return;
  const all = plan.streams.flatMap(({ topics }) => topics.map(({ name }) => name));
  const goesOn = all.filter((name) => !begun.includes(name));
  const clauses = [
    `${goesOn.join(', ')} go on where it was taken`,
    ...(begun.length === 0
      ? []
      : [`${begun.join(', ')} begin as new inputs do (startFrom), since it has nothing of them`]),
    ...(left.length === 0 ? [] : [`${left.join(', ')} are read no more`]),
  ];
  const renamed = begun.length > 0 && left.length > 0;
  const advice = renamed
    ? '. Where a topic is called otherwise here, say so (--topics): state has its records already'
    : '';
  const what = `the savepoint is of other inputs than the job has: ${clauses.join('; ')}${advice}`;
  jobLog[renamed ? 'warn' : 'info']({ goesOn, begun, left }, what);
}

/** What comes out twice is said before it does. */
async function announce(
  { log, plan, jobLog }: StartWorld,
  { info }: OpenSavepoint,
  { tasks }: NewPositions,
): Promise<void> {
  const others = info.group === plan.group ? [] : await log.instances(info.group);
  const inputs = tasks.flatMap((task) => task.inputs);
  const now = await log.committedOffsets(info.group, inputs);
  const ahead = now.reduce((sum, { topic, partition, offset }) => {
    const from = inputs.find((each) => each.topic === topic && each.partition === partition);
    return sum + Math.max(0, offset - (from?.offset ?? offset));
  }, 0);
  if (ahead === 0 && others.length === 0) return;
  const what =
    others.length > 0
      ? 'the job of the savepoint is running still: what follows the savepoint is processed twice, and its outputs are doubled'
      : 'the job of the savepoint has gone on since: what followed is processed again, and its outputs are doubled';
  jobLog.warn({ group: plan.group, from: info.group, taken: info.taken, records: ahead, running: others }, what);
}

async function importInto(
  world: StartWorld,
  savepoint: OpenSavepoint,
  { positions, taskOf }: Content,
  { member, alone, slices }: Pick<SoleMember, 'member' | 'alone'> & { readonly slices: ImportSlices },
): Promise<void> {
  const { log, plan, clock } = world;
  const { changelog, declaration, transactionalId } = plan;
  const alive = (): void => {
    world.alive();
    alone();
  };
  if (changelog === undefined || transactionalId === undefined) {
    const { checkpoint } = positions;
    const at = Math.round(clock.now());
    const identity = { checkpoint, producerId: 0, epoch: 0, state: false, at, origin: savepoint.info.id };
    const offsets = offsetsOf(positions, (topicId, partitions) => offsetMetadata(identity, topicId, partitions));
    // What it has kept elsewhere counts no more.
    const fences = formerFences(plan).map((place) => fenceOf(place, { ...identity, checkpoint: 0 }));
    await retrying(clock, alive, () => log.commitOffsets(member, [...offsets, ...fences]));
    return;
  }
  const producer = await log.producer(transactionalId);
  try {
    await endDeadOwners(world);
    mustKnow(plan, await importMarks(world));
    const target = new ChangelogImport({
      changelog,
      id: savepoint.info.id,
      states: savedStates(declaration),
      keys: keyEncodings(declaration),
      positions,
      producer,
      member,
      clock,
      slices,
      alive,
    });
    const former = (await log.topics([changelog])).get(changelog)?.id;
    await target.begin();
    await makeAnew(world, changelog, former);
    await target.writeOrigin();
    let task = 0;
    await savepoint.walk({
      task: (record) => {
        task = record.task;
      },
      entry: (entry) => target.add(entry, taskOf(entry, task)),
    });
    await target.end();
  } catch (error) {
    await producer.abort().catch(ignoreLogErrors);
    throw error;
  } finally {
    producer.close();
  }
}

/**
 * Deletes the changelog that was there before this import began, by its id: whoever imports later makes another one when it has begun.
 * An importer that stood still meanwhile finds that one, and deletes nothing; what it writes there is never committed (I4).
 */
async function makeAnew(
  { log, plan, changelog: options }: StartWorld,
  name: string,
  former: string | undefined,
): Promise<void> {
  if (former !== undefined) await log.deleteTopics([{ name, id: former }]);
  await createChangelog(log, name, plan.tasks, options);
}

/** What was left open is ended by whoever starts next. */
function ignoreLogErrors(error: unknown): void {
  if (!isLogError(error)) throw error;
}

function occupied(group: string, file: string): JobError {
  const what = `group ${group} has offsets and state of its own, which do not come from savepoint ${file}`;
  const advice = 'To delete them for it, say so (--replace, or `replace: true`); to keep them, give another --group';
  return new JobError('JOB_SAVEPOINT', `${what}. ${advice}`);
}
