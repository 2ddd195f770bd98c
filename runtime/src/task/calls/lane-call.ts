import type { RecordCursor, RecordHeaders } from '../../log/port.ts';
import type { Identity } from '../../state/key-identity.ts';
import type { CallContext, CallRecord } from '../call-context.ts';
import type { Effects } from '../effects.ts';
import type { JobError } from '../job-error.ts';
import type { QueuedCall } from './calls.ts';

/** The lane that a call is of. */
export interface CallingLane {
  run(context: CallContext): unknown;
  apply(context: CallContext): Promise<void> | undefined;
  /** A call has completed, perhaps before others that were taken earlier. */
  completed(): void;
  /** Takes effects back, and says what went wrong. */
  failure(context: CallContext, error: unknown, record: RecordAt): unknown;
  /** What to say when it takes too long. */
  overdue(record: RecordAt): JobError;
}

/** What stays of a record when its cursor has moved on. */
export class RecordAt implements CallRecord {
  readonly offset: number;
  readonly timestamp: number;
  readonly isAppendTime: boolean;
  readonly leaderEpoch: number;
  readonly #headers: RecordHeaders;

  constructor(record: RecordCursor) {
    this.offset = record.offset;
    this.timestamp = record.timestamp;
    this.isAppendTime = record.isAppendTime;
    this.leaderEpoch = record.leaderEpoch;
    this.#headers = record.headers().map(([name, value]) => [name, value === null ? null : new Uint8Array(value)]);
  }

  headers(): RecordHeaders {
    return this.#headers;
  }
}

/** The call for one record, among others that are under way. */
export class LaneCall implements QueuedCall {
  readonly identity: Identity;
  readonly context: CallContext;
  readonly effects: Effects;
  /** How far event time has come when it and all before it are completed. */
  readonly claim: number;
  /** Where the lane goes on then. */
  next: number;
  isDone = false;
  readonly #lane: CallingLane;
  readonly #record: RecordAt;

  constructor(lane: CallingLane, context: CallContext, effects: Effects, record: RecordAt, claim: number) {
    this.#lane = lane;
    this.effects = effects;
    this.identity = context.identity;
    this.context = context;
    this.#record = record;
    this.claim = claim;
    this.next = record.offset + 1;
  }

  run(): unknown {
    return this.#lane.run(this.context);
  }

  apply(): Promise<void> | undefined {
    return this.#lane.apply(this.context);
  }

  complete(): void {
    this.isDone = true;
    this.#lane.completed();
  }

  fail(error: unknown): unknown {
    return this.#lane.failure(this.context, error, this.#record);
  }

  overdue(): JobError {
    return this.#lane.overdue(this.#record);
  }

  revoke(): void {
    this.context.revert();
  }
}
