import { writeBlockCount, writeBlockEnd } from '../codec/primitives/block.ts';
import { writeString } from '../codec/primitives/text.ts';
import { writeInt, writeLength, writeLongNumber } from '../codec/primitives/write.ts';
import type { Reader } from '../codec/reader.ts';
import { interpret } from '../codec/resolution/interpreter.ts';
import { planRead } from '../codec/resolution/plan-read.ts';
import { writeJson } from '../codec/schema/json.ts';
import { parseSchema } from '../codec/schema/read-schemas.ts';
import type { AvroType, Json } from '../codec/schema/type.ts';
import type { Writer } from '../codec/writer.ts';
import type { CheckpointRecord } from '../task/checkpoint/checkpoint-record.ts';

/** Names of a savepoint's own types are in here; those of states one below. */
export const NAMESPACE = 'kgen.savepoint';
export const TASK_NAME: string = `${NAMESPACE}.Task`;
export const END_NAME: string = `${NAMESPACE}.End`;

/** Milliseconds since 1970. */
const TIME: Json = { type: 'long', logicalType: 'timestamp-millis' };

const TASK: Json = {
  type: 'record',
  name: TASK_NAME,
  doc: 'Where one task has come to. The state of its keys follows, up to the next one of these.',
  fields: [
    { name: 'task', type: 'int', doc: 'Partition number of its inputs.' },
    { name: 'checkpoint', type: 'long', doc: 'The checkpoint that this is of.' },
    { name: 'watermark', type: ['null', TIME], default: null, doc: 'How far event time has come.' },
    {
      name: 'inputs',
      type: {
        type: 'array',
        items: {
          type: 'record',
          name: `${NAMESPACE}.Position`,
          fields: [
            { name: 'topic', type: 'string' },
            { name: 'id', type: 'string', doc: 'Of the topic: one of the same name that was made anew has another.' },
            { name: 'partition', type: 'int' },
            { name: 'offset', type: 'long', doc: 'Of the next record.' },
            { name: 'leaderEpoch', type: 'int', default: -1, doc: '-1 where it is not known.' },
            { name: 'watermark', type: ['null', TIME], default: null },
          ],
        },
      },
    },
    { name: 'tables', type: { type: 'array', items: `${NAMESPACE}.Position` } },
  ],
};

/** Times are numbers, in milliseconds since 1970. */
export const TASK_TYPE: AvroType = /* @__PURE__ */ parseSchema(/* @__PURE__ */ writeJson(TASK), {
  long: 'number',
  logical: { 'timestamp-millis': 'number' },
});
export const TIME_TYPE: AvroType = /* @__PURE__ */ parseSchema(/* @__PURE__ */ writeJson(TIME));

export interface TaskPosition {
  readonly topic: string;
  readonly id: string;
  readonly partition: number;
  readonly offset: number;
  readonly leaderEpoch: number;
  readonly watermark: number | null;
}

/** Where one task has come to. */
export interface TaskRecord {
  readonly task: number;
  readonly checkpoint: number;
  readonly watermark: number | null;
  readonly inputs: readonly TaskPosition[];
  readonly tables: readonly TaskPosition[];
}

export function taskRecord(task: number, { checkpoint, watermark, inputs, tables }: CheckpointRecord): TaskRecord {
  const known = { leaderEpoch: -1, watermark: null };
  return {
    task,
    checkpoint,
    watermark: watermark ?? null,
    inputs: inputs.map(({ topic, id, partition, offset, leaderEpoch = -1, ...other }) => {
      return { topic, id, partition, offset, leaderEpoch, watermark: other.watermark ?? null };
    }),
    tables: tables.map(({ topic, id, partition, offset }) => ({ topic, id, partition, offset, ...known })),
  };
}

/** Appends it, as `TASK_TYPE` says. */
export function writeTaskRecord(writer: Writer, { task, checkpoint, watermark, inputs, tables }: TaskRecord): void {
  writeInt(writer, task);
  writeLongNumber(writer, checkpoint);
  writeTime(writer, watermark);
  writePositions(writer, inputs);
  writePositions(writer, tables);
}

function writePositions(writer: Writer, positions: readonly TaskPosition[]): void {
  writeBlockCount(writer, positions.length);
  for (const { topic, id, partition, offset, leaderEpoch, watermark } of positions) {
    writeString(writer, topic);
    writeString(writer, id);
    writeInt(writer, partition);
    writeLongNumber(writer, offset);
    writeInt(writer, leaderEpoch);
    writeTime(writer, watermark);
  }
  writeBlockEnd(writer);
}

function writeTime(writer: Writer, time: number | null): void {
  writeLength(writer, time === null ? 0 : 1);
  if (time !== null) writeLongNumber(writer, time);
}

/** Reads what was written as `type` says, which a later version may have changed. @throws AvroSchemaError */
export function taskReader(type: AvroType): (reader: Reader) => TaskRecord {
  return interpret(planRead(type, TASK_TYPE)) as (reader: Reader) => TaskRecord;
}
