import type { Log, PartitionBounds } from '../log/port.ts';
import type { CheckpointPosition, InputPosition } from '../task/checkpoint/checkpoint-record.ts';
import { JobError } from '../task/job-error.ts';
import type { JobPlan } from '../task/plan/plan.ts';
import { startPositions } from '../task/positions/start-from.ts';
import type { TaskPosition, TaskRecord } from './task-record.ts';

/** Where each task of a job is to begin that starts from a savepoint. */
export interface NewPositions {
  readonly checkpoint: number;
  readonly tasks: readonly NewTask[];
  /** Topics of the job's streams of which the savepoint has nothing: they begin as any job begins them. */
  readonly begun: readonly string[];
  /** Topics of the savepoint that the job does not read. */
  readonly left: readonly string[];
}

export interface NewTask {
  readonly inputs: readonly InputPosition[];
  readonly watermark: number | undefined;
  readonly tables: readonly CheckpointPosition[];
}

/** What a savepoint says of tasks, and how many partitions there were. */
export interface SavedTasks {
  readonly partitions: number;
  readonly records: readonly TaskRecord[];
}

/**
 * The positions of a savepoint, for the partitions that the inputs have now. A partition that it does not know is new, and read from
 * its beginning (I20), as is a topic that matches a pattern; an input of which it knows nothing, and a task that had not begun yet,
 * begin as `startFrom` says.
 * @throws JobError with code `JOB_SAVEPOINT` where positions are of other topics, or of records that are gone (I19);
 * `JOB_NO_OFFSETS` where an input is to begin with offsets of the group, which has none yet
 */
export async function newPositions(plan: JobPlan, saved: SavedTasks, log: Log): Promise<NewPositions> {
  const { records } = saved;
  const topics = plan.streams.flatMap((input) => input.topics);
  const known = byPartition(records.flatMap(({ inputs }) => inputs));
  const read = [...new Set(Array.from(known.values(), ({ topic }) => topic))];
  const names = topics.map(({ name }) => name);
  checkTopics(read, names);
  const partitions = topics.flatMap(({ name, partitions }) =>
    Array.from({ length: partitions }, (_, partition) => ({ topic: name, partition })),
  );
  const bounds = new Map((await log.bounds(partitions)).map((each) => [`${each.topic}-${each.partition}`, each]));
  const tables = tablePositions(plan, records);
  const begun = await begunPositions(plan, saved, bounds, log);
  const tasks = Array.from({ length: plan.tasks }, (_, task): NewTask => {
    const inputs = topics.flatMap(({ name: topic, id, partitions }): InputPosition[] => {
      if (task >= partitions) return [];
      const position = known.get(`${topic}-${task}`);
      const { start = 0 } = bounds.get(`${topic}-${task}`) ?? {};
      if (position === undefined)
        return [{ topic, id, partition: task, offset: begun.get(`${topic}-${task}`) ?? start }];
      check(position, id, bounds.get(`${topic}-${task}`));
      const { offset, leaderEpoch, watermark } = position;
      return [{ topic, id, partition: task, offset, leaderEpoch, watermark: watermark ?? undefined }];
    });
    return { inputs, watermark: watermarkOf(task, plan.tasks, saved), tables: tables(task) };
  });
  return {
    checkpoint: 1 + Math.max(-1, ...records.map(({ checkpoint }) => checkpoint)),
    tasks,
    begun: read.length === 0 ? [] : names.filter((name) => !read.includes(name)),
    left: read.filter((name) => !names.includes(name)),
  };
}

/**
 * Of inputs that are new to the job, and of tasks that had not begun when the savepoint was taken: where they are to begin, by partition.
 * A topic that matches a pattern may have come since the job began, and is read from its beginning (I20).
 */
async function begunPositions(
  { streams, group }: JobPlan,
  { partitions: before, records }: SavedTasks,
  bounds: ReadonlyMap<string, PartitionBounds>,
  log: Log,
): Promise<ReadonlyMap<string, number>> {
  const read = new Set(records.flatMap(({ inputs }) => inputs.map(({ topic }) => topic)));
  const begun = new Set(records.map(({ task }) => task));
  const lanes = streams
    .filter(({ topic }) => topic.pattern === undefined)
    .flatMap((input) => {
      const isNew = !input.topics.some(({ name }) => read.has(name));
      return input.topics.flatMap(({ name: topic, partitions }) =>
        Array.from({ length: partitions }, (_, partition) => ({ topic, partition, input })).filter(
          ({ partition }) => isNew || (partition < before && !begun.has(partition)),
        ),
      );
    });
  const limits = lanes.flatMap(({ topic, partition }) => bounds.get(`${topic}-${partition}`) ?? []);
  const positions = await startPositions(lanes, limits, { log, group });
  return new Map(lanes.map(({ topic, partition }, i) => [`${topic}-${partition}`, positions[i] ?? 0]));
}

/** State of what was read elsewhere does not go with inputs from their beginning. A job may have inputs more, and inputs less. */
function checkTopics(saved: readonly string[], now: readonly string[]): void {
  if (saved.length === 0 || saved.some((topic) => now.includes(topic))) return;
  const names = [...new Set(saved)].slice(0, 10).join(', ');
  const what = `it is of a job that reads ${names}, and this one reads ${now.join(', ')}`;
  const advice = 'Is it the right file, and are topics called as they were when it was taken (--topics)?';
  throw new JobError('JOB_SAVEPOINT', `the job cannot start from the savepoint: ${what}. ${advice}`);
}

function byPartition(positions: readonly TaskPosition[]): ReadonlyMap<string, TaskPosition> {
  const found = new Map<string, TaskPosition>();
  for (const position of positions) {
    const key = `${position.topic}-${position.partition}`;
    const other = found.get(key);
    if (other === undefined || other.offset < position.offset) found.set(key, position);
  }
  return found;
}

function check(position: TaskPosition, id: string, bounds: PartitionBounds | undefined): void {
  const { topic, partition, offset } = position;
  if (position.id !== id)
    throw gone(position, `topic ${topic} was deleted and made anew since the savepoint was taken`);
  const { start = 0, end = 0 } = bounds ?? {};
  if (offset >= start && offset <= end) return;
  const what = offset < start ? `records up to ${start} are gone` : `the log ends at ${end}`;
  throw gone(position, `${topic}-${partition} was read up to ${offset} when the savepoint was taken, but ${what}`);
}

function gone({ topic, partition, offset }: TaskPosition, what: string): JobError {
  const advice = 'The job would miss records. Take a later savepoint, or begin anew from what the inputs have';
  const details = { topic, partition, offset: BigInt(offset) };
  return new JobError('JOB_SAVEPOINT', `the job cannot start from the savepoint: ${what}. ${advice}`, details);
}

/** I22: a table is never read to less than where it was. Of a global one each task had all partitions. */
function tablePositions(plan: JobPlan, saved: readonly TaskRecord[]): (task: number) => readonly CheckpointPosition[] {
  const known = byPartition(saved.flatMap(({ tables }) => tables));
  const tables = plan.tables.flatMap(({ global, topics }) => topics.map(({ name, id }) => ({ name, id, global })));
  return (task) =>
    [...known.values()].flatMap(({ topic, id, partition, offset }) => {
      const table = tables.find((each) => each.name === topic && each.id === id);
      const isOurs = table !== undefined && (table.global || partition === task);
      return isOurs ? [{ topic, id, partition, offset }] : [];
    });
}

/**
 * Of the tasks that keys come from: where the number of partitions was multiplied that is one, and the watermark of a key goes on
 * where it was; else it is the least of all, since records of keys from others may still come.
 */
function watermarkOf(task: number, tasks: number, { partitions, records }: SavedTasks): number | undefined {
  const sources = tasks % partitions === 0 ? records.filter((each) => each.task === task % partitions) : records;
  const marks = sources.map(({ watermark }) => watermark);
  if (marks.length === 0 || marks.includes(null)) return undefined;
  return Math.min(...marks.flatMap((mark) => mark ?? []));
}
