import type { RecordCursor, RecordHeaders } from '../../log/port.ts';
import type { Identity } from '../../state/key-identity.ts';
import type { RecordSource } from '../errors/original.ts';
import type { JobError } from '../job-error.ts';
import type { CallContext, CallRecord } from './call-context.ts';
import type { QueuedCall } from './calls.ts';
import type { Effects } from './effects.ts';

/** The lane that a call is of. */
export interface CallingLane {
  run(context: CallContext): unknown;
  apply(context: CallContext): Promise<void> | undefined;
  /** A call has completed, perhaps before others that were taken earlier. */
  completed(): void;
  /** Takes effects back, and passes over the record where the job goes on without it. @throws what it fails with where it does not */
  passOver(context: CallContext, error: unknown, record: RecordAt): Promise<void> | undefined;
  /** What to say when it takes too long. */
  overdue(record: RecordAt): JobError;
}

const NOTHING: Buffer = Buffer.alloc(0);

/** What stays of a record when its cursor has moved on; key and value where somebody may ask for them. */
export class RecordAt implements CallRecord, RecordSource {
  readonly offset: number;
  readonly timestamp: number;
  readonly isAppendTime: boolean;
  readonly leaderEpoch: number;
  readonly bytes: Buffer;
  readonly keyStart: number;
  readonly keyEnd: number;
  readonly valueStart: number;
  readonly valueEnd: number;
  readonly #headers: RecordHeaders;

  constructor(record: RecordCursor, whole: boolean) {
    this.offset = record.offset;
    this.timestamp = record.timestamp;
    this.isAppendTime = record.isAppendTime;
    this.leaderEpoch = record.leaderEpoch;
    const key = whole && record.keyStart >= 0 ? record.bytes.subarray(record.keyStart, record.keyEnd) : undefined;
    const value =
      whole && record.valueStart >= 0 ? record.bytes.subarray(record.valueStart, record.valueEnd) : undefined;
    this.bytes = whole ? Buffer.concat([key ?? NOTHING, value ?? NOTHING]) : NOTHING;
    this.keyStart = key === undefined ? -1 : 0;
    this.keyEnd = key?.length ?? 0;
    this.valueStart = value === undefined ? -1 : this.keyEnd;
    this.valueEnd = this.bytes.length;
    this.#headers = copyOf(record.headers());
  }

  /** Whoever asks may do with them as he likes: a dead letter has them as they were. */
  headers(): RecordHeaders {
    return this.#headers.length === 0 ? this.#headers : copyOf(this.#headers);
  }
}

function copyOf(headers: RecordHeaders): RecordHeaders {
  return headers.map(([name, value]) => [name, value === null ? null : new Uint8Array(value)]);
}

/** The call for one record, among others that are under way. */
export class LaneCall implements QueuedCall {
  readonly identity: Identity;
  readonly context: CallContext;
  readonly effects: Effects;
  /** How far event time has come when it and all before it are completed. */
  claim: number;
  /** Where the lane goes on then. */
  next: number;
  isDone = false;
  /** Its record has failed, and the lane goes on without it. */
  isPassedOver = false;
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

  fail(error: unknown): Promise<void> | undefined {
    const pressure = this.#lane.passOver(this.context, error, this.#record);
    this.isPassedOver = true;
    return pressure;
  }

  overdue(): JobError {
    return this.#lane.overdue(this.#record);
  }

  revoke(): void {
    this.context.revert();
  }
}
