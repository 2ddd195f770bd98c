import { readLongNumber, readUnionIndex } from '../codec/primitives/varint.ts';
import type { Reader } from '../codec/reader.ts';
import { parseSchema } from '../codec/schema/read-schemas.ts';
import type { RecordType } from '../codec/schema/type.ts';
import { type Container, type ContainerBlock, openContainer } from '../container/container-reader.ts';
import { type FileSource, openFile } from '../container/file-source.ts';
import { isLogError } from '../log/port.ts';
import type { JobDeclaration } from '../task/declaration.ts';
import { isJobError, JobError, reasonOf } from '../task/job-error.ts';
import { INFO_KEY, parseSavepointInfo, type SavepointInfo } from './savepoint-info.ts';
import { type SavedEntry, type StateReader, stateReaders } from './state-reader.ts';
import { END_NAME, TASK_NAME, type TaskRecord, taskReader } from './task-record.ts';

/** A savepoint that is open, and checked against the job that is to start from it. To be closed. */
export interface OpenSavepoint {
  readonly info: SavepointInfo;
  /** States that it has, and the job does not. */
  readonly unknown: readonly string[];
  /** States of the job that it does not have. */
  readonly missing: readonly string[];
  /**
   * Walks through the whole file, in bounded memory. The visitor's promises are awaited.
   * @throws JobError with code `JOB_SAVEPOINT` where it is damaged, or holds what the job cannot read
   */
  walk(visitor: SavepointVisitor): Promise<void>;
  /**
   * Finds whether the file goes on to its end, without reading all of what it holds.
   * @throws JobError with code `JOB_SAVEPOINT` where it is cut off, or something else lies in it
   */
  checkEnd(): Promise<void>;
  close(): Promise<void>;
}

export interface SavepointVisitor {
  /** A task begins: what follows is the state of its keys. */
  task(record: TaskRecord): void;
  /** One value of state; valid until the next. */
  entry(entry: SavedEntry): Promise<void> | undefined;
}

/**
 * Opens a savepoint's file, which is not trusted: anyone may have written it.
 * @throws JobError with code `JOB_SAVEPOINT`, where the job cannot start from it whatever it holds
 */
export async function openSavepoint(file: string, declaration: JobDeclaration): Promise<OpenSavepoint> {
  const source = await openFile(file).catch((cause: unknown) => {
    throw new JobError('JOB_SAVEPOINT', `savepoint ${file} cannot be opened: ${reasonOf(cause)}`, { cause });
  });
  try {
    return await readHeader(file, source, declaration);
  } catch (cause) {
    await source.close();
    throw unusable(file, cause);
  }
}

async function readHeader(file: string, source: FileSource, declaration: JobDeclaration): Promise<OpenSavepoint> {
  const container = await openContainer(source);
  const text = container.metadata.get(INFO_KEY);
  if (text === undefined) throw new Error('it is an Avro file, but no savepoint of kgen');
  const info = parseSavepointInfo(Buffer.from(text).toString('utf8'));
  const root = parseSchema(container.schema, {}, { defaults: 'ignore' });
  const types = root.kind === 'union' ? root.branches.map(({ type }) => type) : [];
  const records = types.filter((type): type is RecordType => type.kind === 'record');
  const task = records.find(({ name }) => name === TASK_NAME);
  if (task === undefined || records.length !== types.length) throw new Error('its schema is not that of a savepoint');
  const { readers, unknown, missing } = stateReaders(records, info, declaration);
  const readTask = taskReader(task);
  const branches = records.map((type): Branch | undefined => {
    if (type === task) return readTask;
    return type.name === END_NAME ? 'end' : readers.get(type);
  });
  return {
    info,
    unknown,
    missing,
    async walk(visitor) {
      try {
        await walk(container, branches, visitor);
      } catch (cause) {
        throw unusable(file, cause);
      }
    },
    async checkEnd() {
      try {
        await checkEnd(container, branches);
      } catch (cause) {
        throw unusable(file, cause);
      }
    },
    close: () => source.close(),
  };
}

type Branch = 'end' | ((reader: Reader) => TaskRecord) | StateReader;

async function walk(
  container: Container,
  branches: readonly (Branch | undefined)[],
  visitor: SavepointVisitor,
): Promise<void> {
  let begun = false;
  let values = 0;
  /** What the end says. */
  let whole = -1;
  for await (const block of container.blocks()) {
    for (let i = 0; i < block.count; i++) {
      const branch = branchAt(block, branches);
      if (whole >= 0) throw new Error('something follows its end');
      if (branch === 'end') {
        whole = readLongNumber(block.reader);
      } else if (typeof branch === 'function') {
        visitor.task(branch(block.reader));
        begun = true;
      } else {
        if (!begun) throw new Error('it begins with state of no task');
        const entry = branch.read(block.reader);
        values++;
        const pressure = entry === undefined ? undefined : visitor.entry(entry);
        if (pressure !== undefined) await pressure;
      }
    }
    const left = block.reader.end - block.reader.position;
    if (left > 0) throw new Error(`${left} bytes follow the last value of the block at byte ${block.offset}`);
  }
  if (whole < 0) throw cutOff();
  if (whole !== values) throw new Error(`it has ${values} values of state, and was written with ${whole}`);
}

async function checkEnd(container: Container, branches: readonly (Branch | undefined)[]): Promise<void> {
  const block = await container.last();
  if (block === undefined) throw cutOff();
  const { count, reader } = block;
  let ended = false;
  for (let i = 0; i < count; i++) {
    const branch = branchAt(block, branches);
    ended = branch === 'end';
    if (branch === 'end') readLongNumber(reader);
    else if (typeof branch === 'function') branch(reader);
    else branch.read(reader);
  }
  if (!ended) throw cutOff();
}

function cutOff(): Error {
  return new Error('it is cut off: what says that it is whole is missing');
}

/** What is read next; memory bounds are those of one value. */
function branchAt({ reader }: ContainerBlock, branches: readonly (Branch | undefined)[]): Branch {
  reader.moveTo(reader.position, reader.end);
  const branch = branches[readUnionIndex(reader, branches.length)];
  if (branch === undefined) throw new Error('a branch that is missing');
  return branch;
}

function unusable(file: string, cause: unknown): unknown {
  // What came of the log while it was read is no fault of the file.
  if (isJobError(cause) || isLogError(cause)) return cause;
  return new JobError('JOB_SAVEPOINT', `savepoint ${file} cannot be used: ${reasonOf(cause)}`, { cause });
}
