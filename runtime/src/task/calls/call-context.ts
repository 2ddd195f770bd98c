import type { AnyTopic } from '../../format/topic.ts';
import type { RecordCursor } from '../../log/port.ts';
import type { JobLog } from '../../ops/job-log.ts';
import type { Identity } from '../../state/key-identity.ts';
import type { KeyedState } from '../../state/keyed-state.ts';
import { isStoreFailed } from '../../state/local/store-failed.ts';
import type { CallScope } from '../../state/scope.ts';
import type { TableState } from '../../state/table-state.ts';
import type { UndoLog } from '../../state/undo.ts';
import { NO_WATERMARK, type TaskWatermark } from '../../time/watermarks.ts';
import type { EmitOptions, Handler, JobContext, RecordInfo, WatermarkOf } from '../handlers.ts';
import { JobError } from '../job-error.ts';
import type { BagOwner, Bags } from './bags.ts';
import type { Effects } from './effects.ts';
import type { EventTime, TaskOutput } from './output.ts';
import type { Append } from './stage.ts';

/** Where calls happen: a lane of a task. */
export interface CallPlace {
  /** Of the input, or of the timer. */
  readonly handlerName: string;
  readonly topic: string;
  readonly partition: number;
  readonly timestampFrom: AnyTopic['timestampFrom'];
  readonly task: CallTask;
}

/** What calls use of their record. */
export type CallRecord = Pick<RecordCursor, 'offset' | 'timestamp' | 'isAppendTime' | 'leaderEpoch' | 'headers'>;

/** What calls use of their task. */
export interface CallTask {
  readonly bags: Bags;
  readonly log: JobLog;
  readonly watermark: TaskWatermark;
  /** Undefined where the job declares none. */
  readonly timers: Pick<KeyedState, 'handle'> | undefined;
  stateAt(index: number): Pick<KeyedState, 'handle'>;
  tableAt(index: number): Pick<TableState, 'handle'>;
  outputAt(index: number): TaskOutput;
}

/** `output`: it cannot be written, and was found out before any was. `log`: it failed while effects were applied, or state was read. */
export type WhatFailed = 'handler' | 'output' | 'log';

/** What handlers see before anything is known of event time: the least of Avro's longs. */
const BEFORE_ALL = -(2n ** 63n);

/** The context of one handler call. It expires: what outlives the call can do nothing any more. */
export class CallContext implements JobContext<unknown>, CallScope, EventTime, BagOwner {
  readonly identity: Identity;
  readonly #place: CallPlace;
  readonly #key: unknown;
  readonly #value: unknown;
  readonly #effects: Effects;
  readonly #cursor: CallRecord;
  #live = true;
  #record: RecordInfo | undefined;
  #state: object | undefined;
  #tables: object | undefined;
  #emit: object | undefined;

  constructor(
    place: CallPlace,
    key: unknown,
    identity: Identity,
    value: unknown,
    cursor: CallRecord,
    effects: Effects,
  ) {
    this.#place = place;
    this.#key = key;
    this.identity = identity;
    this.#value = value;
    this.#cursor = cursor;
    this.#effects = effects;
  }

  get key(): unknown {
    this.check();
    return this.#key;
  }

  get record(): RecordInfo {
    this.check();
    if (this.#record === undefined) {
      this.#record = recordInfo(this.#place, this.#cursor, this.eventTime());
    }
    return this.#record;
  }

  get watermark(): bigint {
    this.check();
    const { watermark } = this.#place.task;
    watermark.isWatched = true;
    return watermark.value === NO_WATERMARK ? BEFORE_ALL : BigInt(watermark.value);
  }

  get state(): object {
    this.check();
    this.#state ??= this.#place.task.bags.state(this);
    return this.#state;
  }

  get tables(): object {
    this.check();
    this.#tables ??= this.#place.task.bags.tables(this);
    return this.#tables;
  }

  get emit(): object {
    this.check();
    this.#emit ??= this.#place.task.bags.emit(this);
    return this.#emit;
  }

  /** Undefined in a job without timers: its types have no such member. */
  get timers(): object | undefined {
    this.check();
    return this.#place.task.timers?.handle(this);
  }

  get log(): JobLog {
    this.check();
    return this.#place.task.log;
  }

  get undo(): UndoLog {
    return this.#effects.undo;
  }

  check(): void {
    if (!this.#live) throw expired(this.#place.handlerName);
  }

  /** Calls the handler. */
  run(handler: Handler<unknown, unknown>): unknown {
    return handler(this.#value, this);
  }

  /** What the user's own function says of event time. */
  ask(watermarkOf: WatermarkOf<unknown>): bigint | undefined {
    return watermarkOf(this.#value, this.record);
  }

  /** The handler has settled: its effects stand. A promise asks to wait before the next record. */
  apply(append: Append): Promise<void> | undefined {
    this.#live = false;
    return this.#effects.apply(append);
  }

  /** The call failed with `error`: it has no effects. Says what it was that failed. */
  revert(error?: unknown): WhatFailed {
    const { stage } = this.#effects;
    const what = this.#live
      ? stage.hasRefused(error)
        ? 'output'
        : isStoreFailed(error)
          ? 'log'
          : 'handler'
      : stage.isRefused(error)
        ? 'output'
        : 'log';
    this.#live = false;
    this.#effects.revert();
    return what;
  }

  stateHandle(index: number): object {
    return this.#place.task.stateAt(index).handle(this);
  }

  tableHandle(index: number): object {
    return this.#place.task.tableAt(index).handle(this);
  }

  /** `emit.x(value, options)` where the key derives from the value, else `emit.x(key, value, options)`, as of a tombstone. */
  emitTo(index: number, first: unknown, second: unknown, third: unknown): void {
    this.check();
    const output = this.#place.task.outputAt(index);
    const { stage } = this.#effects;
    if (output.keyFrom === undefined || (second === null && output.tombstones))
      output.emit(stage, first, second, third as EmitOptions | undefined, this);
    else output.emitValue(stage, first, second as EmitOptions | undefined, this);
  }

  eventTime(): number {
    const time = this.#value === null ? undefined : this.#place.timestampFrom?.(this.#value);
    return time === undefined ? this.#cursor.timestamp : Number(time);
  }
}

function recordInfo({ topic, partition }: CallPlace, record: CallRecord, eventTime: number): RecordInfo {
  return {
    topic,
    partition,
    offset: BigInt(record.offset),
    timestamp: BigInt(eventTime),
    logTimestamp: BigInt(record.timestamp),
    timestampType: record.isAppendTime ? 'log-append-time' : 'create-time',
    leaderEpoch: record.leaderEpoch < 0 ? undefined : record.leaderEpoch,
    headers: record.headers(),
  };
}

function expired(handler: string): JobError {
  return new JobError(
    'JOB_CONTEXT_EXPIRED',
    `the context of a call of handler \`${handler}\` was used after the call was over. Await in the handler what uses it`,
  );
}
