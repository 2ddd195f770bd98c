import { writeFileSync } from 'node:fs';
import type { Log } from '@kgen/runtime';
import { writeString } from '../../runtime/src/codec/primitives/text.ts';
import { writeInt, writeLength, writeLongNumber } from '../../runtime/src/codec/primitives/write.ts';
import type { Writer } from '../../runtime/src/codec/writer.ts';
import { ContainerWriter } from '../../runtime/src/container/container-writer.ts';
import { fileSchema } from '../../runtime/src/savepoint/file-schema.ts';
import { keyTypeOf } from '../../runtime/src/savepoint/key-type.ts';
import { savedStates } from '../../runtime/src/savepoint/saved-state.ts';
import { INFO_KEY } from '../../runtime/src/savepoint/savepoint-info.ts';
import { type TaskRecord, writeTaskRecord } from '../../runtime/src/savepoint/task-record.ts';
import { keyEncodings } from '../../runtime/src/task/plan/key-encodings.ts';
import { cartJob } from './cart-job.ts';

const { declaration } = cartJob();
const states = savedStates(declaration);
const AMOUNTS = 1 + states.findIndex(({ name }) => name === 'amounts');

export interface Made {
  /** Laid over what a savepoint says of itself. */
  readonly info?: object;
  /** Of the input that the task has read. */
  readonly topic?: string;
  readonly task?: Partial<TaskRecord>;
  /** Tasks that are there as well, at the end. */
  readonly more?: readonly Partial<TaskRecord>[];
  /** Items of list `amounts`, by key and index. */
  readonly items?: readonly (readonly [key: string, index: number])[];
  readonly schema?: (schema: string) => string;
  /** Values of any other kind; returns how many. */
  readonly write?: (writer: Writer) => number;
}

/** Writes a savepoint of the cart job, of one partition, that no cart job has made. */
export async function makeSavepoint(file: string, log: Log, made: Made = {}): Promise<string> {
  const { topic = 'orders', items = [], schema = (text: string) => text } = made;
  const id = (await log.topics([topic])).get(topic)?.id ?? 'none';
  const pieces: Uint8Array[] = [];
  const info = {
    version: 1,
    id: 'abc123',
    job: 'cart',
    group: 'cart',
    partitions: 1,
    keys: keyEncodings(declaration),
    taken: '2026-01-01T00:00:00.000Z',
    ...made.info,
  };
  const container = await ContainerWriter.begin(async (piece) => void pieces.push(Uint8Array.from(piece)), {
    schema: schema(fileSchema(keyTypeOf(declaration.key), states)),
    metadata: { [INFO_KEY]: JSON.stringify(info) },
    sync: Buffer.alloc(16, 7),
  });
  const { writer } = container;
  const position = { topic, id, partition: 0, offset: 0, leaderEpoch: -1, watermark: null };
  const task = { task: 0, checkpoint: 3, watermark: null, inputs: [position], tables: [] };
  const tasks = [{ ...task, ...made.task }, ...(made.more ?? []).map((each) => ({ ...task, ...each }))];
  const [first, ...others] = tasks;
  const add = async (record: TaskRecord | undefined): Promise<void> => {
    if (record === undefined) return;
    writeLength(writer, 0);
    writeTaskRecord(writer, record);
    await container.added();
  };
  await add(first);
  for (const [key, index] of items) {
    writeLength(writer, AMOUNTS);
    writeString(writer, key);
    writeInt(writer, index);
    writeString(writer, `${index}`);
    await container.added();
  }
  const more = made.write?.(writer) ?? 0;
  for (let i = 0; i < more; i++) await container.added();
  for (const each of others) await add(each);
  writeLength(writer, states.length + 1);
  writeLongNumber(writer, items.length + more);
  await container.added();
  await container.end();
  writeFileSync(file, Buffer.concat(pieces));
  return file;
}
