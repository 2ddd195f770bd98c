import { randomBytes } from 'node:crypto';
import { open, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { writeLength, writeLongNumber } from '../codec/primitives/write.ts';
import { ContainerWriter } from '../container/container-writer.ts';
import { SYNC_SIZE } from '../container/layout.ts';
import type { JobLog } from '../ops/job-log.ts';
import { ChangelogReader } from '../state/changelog-reader.ts';
import { WriterSchemas } from '../state/writer-schemas.ts';
import {
  type CheckpointRecord,
  parseCheckpointRecord,
  parseOffsetMetadata,
} from '../task/checkpoint/checkpoint-record.ts';
import type { JobDeclaration } from '../task/declaration.ts';
import { isJobError, JobError, reasonOf } from '../task/job-error.ts';
import { keyEncodings } from '../task/plan/key-encodings.ts';
import { fileSchema } from './file-schema.ts';
import { type KeyType, keyTypeOf } from './key-type.ts';
import { whenKnown } from './known-topics.ts';
import { type SpoolWorld, spoolChangelog } from './read-changelog.ts';
import { type SavedState, savedStates } from './saved-state.ts';
import { SavedValues } from './saved-values.ts';
import { INFO_KEY, type SavepointInfo } from './savepoint-info.ts';
import { Spool } from './spool.ts';
import { taskRecord, writeTaskRecord } from './task-record.ts';

/** What is to be saved, and where to. */
export interface SavepointWorld extends SpoolWorld {
  readonly jobLog: JobLog;
  readonly declaration: JobDeclaration;
  readonly group: string;
  /** Of the inputs. */
  readonly partitions: number;
  /** Undefined for a job without state. */
  readonly changelog: string | undefined;
  /** Path of the file to be. */
  readonly file: string;
  /** Checkpoints of a job without state, by task: it has no records of them. */
  readonly stateless: readonly (CheckpointRecord | undefined)[];
}

export interface SavedTask {
  readonly task: number;
  readonly checkpoint: number;
  /** Values of state: of keys, items of lists, entries of maps, timers. */
  readonly values: number;
}

/** A savepoint that was written. */
export interface Savepoint extends SavepointInfo {
  readonly file: string;
  /** Of the file. */
  readonly bytes: number;
  /** Tasks that have a checkpoint. */
  readonly tasks: readonly SavedTask[];
  /** Instances that ran when it was done: the job has gone on since. */
  readonly running: readonly string[];
}

/**
 * Writes offsets and state of a job as of one checkpoint of each task (I21); tasks need no common one. Memory is bounded: some 40
 * bytes a key. The file is there when it is whole, and not before.
 * @throws JobError with code `JOB_SAVEPOINT`
 */
export async function writeSavepointFile(world: SavepointWorld): Promise<Savepoint> {
  const { file } = world;
  await mustBeNew(file);
  const partial = beside(file, 'partial');
  try {
    const saved = await writeTo(partial, world);
    // Another one may have been quicker.
    await mustBeNew(file);
    await rename(partial, file);
    return saved;
  } catch (error) {
    await rm(partial, { force: true });
    throw isJobError(error) || !isFileError(error) ? error : fileFailure(file, error);
  }
}

async function writeTo(path: string, world: SavepointWorld): Promise<Savepoint> {
  const { log, declaration, clock, group, partitions, file, changelog, stopped } = world;
  const key = keyTypeOf(declaration.key);
  const states = savedStates(declaration);
  const info: SavepointInfo = {
    version: 1,
    id: randomBytes(16).toString('hex'),
    job: declaration.name,
    group,
    partitions,
    keys: keyEncodings(declaration),
    taken: new Date(clock.now()).toISOString(),
  };
  const handle = await open(path, 'wx');
  try {
    let bytes = 0;
    const container = await ContainerWriter.begin(
      async (piece) => {
        await handle.writeFile(piece);
        bytes += piece.length;
      },
      { schema: fileSchema(key, states), metadata: { [INFO_KEY]: JSON.stringify(info) }, sync: randomBytes(SYNC_SIZE) },
    );
    const tasks: SavedTask[] = [];
    for (let task = 0; task < partitions; task++) {
      const saved =
        changelog === undefined
          ? await saveStateless(world, task, container)
          : await saveTask(world, { topic: changelog, partition: task }, container, { key, states });
      if (saved !== undefined) tasks.push(saved);
    }
    if (tasks.length === 0) throw nothingToSave(group, declaration.name);
    writeLength(container.writer, states.length + 1);
    writeLongNumber(
      container.writer,
      tasks.reduce((sum, { values }) => sum + values, 0),
    );
    await container.added();
    await container.end();
    await handle.sync();
    const running = await log.instances(group);
    if (stopped && running.length > 0) {
      const advice = 'Stop it, and take the savepoint again';
      throw new JobError('JOB_SAVEPOINT', `somebody has started the job meanwhile: ${running.join(', ')}. ${advice}`);
    }
    return { ...info, file, bytes, tasks, running };
  } finally {
    await handle.close();
  }
}

async function saveStateless(
  { stateless }: SavepointWorld,
  task: number,
  container: ContainerWriter,
): Promise<SavedTask | undefined> {
  const record = stateless[task];
  if (record === undefined) return undefined;
  await addTask(container, task, record);
  return { task, checkpoint: record.checkpoint, values: 0 };
}

/** Undefined where the task has no checkpoint yet. */
async function saveTask(
  world: SavepointWorld,
  place: { readonly topic: string; readonly partition: number },
  container: ContainerWriter,
  { key, states }: { readonly key: KeyType; readonly states: readonly SavedState[] },
): Promise<SavedTask | undefined> {
  const { jobLog, file, clock, alive } = world;
  const task = place.partition;
  const schemas = new WriterSchemas();
  const spool = await Spool.make(beside(file, `spool-${task}`));
  try {
    const spooled = await spoolChangelog(world, place, spool, schemas);
    if (spooled === undefined) return undefined;
    const record = parseCheckpointRecord(spooled.checkpoint);
    await mustBeWhole(world, task, place.topic, record);
    if (world.stopped) await mustAgree(world, task, record);
    await addTask(container, task, record);
    let values = 0;
    let pressure: Promise<void> | undefined;
    const common = {
      key,
      schemas,
      writer: () => container.writer,
      added: () => {
        values++;
        pressure = container.added() ?? pressure;
      },
    };
    const saved = states.map((state, i) => new SavedValues(state, i + 1, common));
    const reader = new ChangelogReader(saved, schemas);
    for await (const records of spool.latest()) {
      reader.read(records);
      await pressure;
      await clock.turn();
      alive();
    }
    reader.finish();
    if (reader.unknown.size > 0) {
      const what = 'the changelog has states that the job does not declare: the savepoint is without them';
      jobLog.warn({ task, states: [...reader.unknown] }, what);
    }
    return { task, checkpoint: record.checkpoint, values };
  } catch (cause) {
    if (isJobError(cause) || isFileError(cause)) throw cause;
    const message = `changelog ${place.topic}-${task} cannot be saved: ${reasonOf(cause)}`;
    throw new JobError('JOB_SAVEPOINT', message, { ...place, cause });
  } finally {
    await spool.close();
  }
}

/** I13: what is in the changelog is all that the checkpoint was made with. */
async function mustBeWhole(
  world: SavepointWorld,
  task: number,
  topic: string,
  { changelog, checkpoint }: CheckpointRecord,
): Promise<void> {
  if (changelog === undefined || (await whenKnown(world, [topic])).get(topic)?.id === changelog) return;
  const what = `task ${task}: changelog ${topic} was deleted and made anew while the job ran`;
  throw new JobError('JOB_STATE_MISMATCH', `${what}: checkpoint ${checkpoint} was made with state that is not there`);
}

/** I13: state and offsets of a job that is stopped are of one checkpoint. */
async function mustAgree({ log, group }: SavepointWorld, task: number, record: CheckpointRecord): Promise<void> {
  const offsets = await log.committedOffsets(group, record.inputs);
  for (const { topic, partition, offset, metadata } of offsets) {
    const identity = parseOffsetMetadata(metadata);
    const recorded = record.inputs.find((each) => each.topic === topic && each.partition === partition);
    // A topic that was not read since has its offset of then.
    const isOfThen = recorded?.asleep === true || identity?.checkpoint === record.checkpoint;
    if (identity !== undefined && isOfThen && recorded?.offset === offset) continue;
    const there = `the offset of ${topic}-${partition} is ${offset} (${metadata})`;
    const message = `task ${task}: ${there}, and its checkpoint record says ${recorded?.offset} of checkpoint ${record.checkpoint}`;
    throw new JobError('JOB_STATE_MISMATCH', `${message}. State and offsets do not belong together`);
  }
}

async function addTask(container: ContainerWriter, task: number, record: CheckpointRecord): Promise<void> {
  writeLength(container.writer, 0); // the union's first branch
  writeTaskRecord(container.writer, taskRecord(task, record));
  await container.added();
}

async function mustBeNew(file: string): Promise<void> {
  const found = await stat(file).catch(() => undefined);
  if (found === undefined) return;
  throw new JobError('JOB_SAVEPOINT', `${file} exists already. Give the savepoint another name, or remove it`);
}

/** In the same folder, so that it can be renamed. Numbers of processes are the same in each container. */
function beside(file: string, what: string): string {
  return join(dirname(file), `.${basename(file)}.${randomBytes(6).toString('hex')}.${what}`);
}

function nothingToSave(group: string, job: string): JobError {
  const advice = 'Is it the group of the job, and these the brokers that it runs on?';
  return new JobError('JOB_SAVEPOINT', `group ${group} has no checkpoint of job ${job} to save. ${advice}`);
}

function isFileError(error: unknown): error is Error {
  return error instanceof Error && 'syscall' in error;
}

function fileFailure(file: string, cause: Error): JobError {
  return new JobError('JOB_SAVEPOINT', `${file} cannot be written: ${cause.message}`, { cause });
}
