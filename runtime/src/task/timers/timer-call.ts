import type { RecordCursor, RecordHeaders } from '../../log/port.ts';
import type { Identity } from '../../state/key-identity.ts';
import { CallContext, type CallTask } from '../calls/call-context.ts';
import type { Effects } from '../calls/effects.ts';
import type { RecordInfo, Timer } from '../handlers.ts';
import { JobError } from '../job-error.ts';

const NO_BYTES = Buffer.alloc(0);

/** Stands where records have theirs. */
const NOTHING: RecordCursor = {
  timestamp: 0,
  isAppendTime: false,
  leaderEpoch: -1,
  offset: -1,
  bytes: NO_BYTES,
  keyStart: -1,
  keyEnd: -1,
  valueStart: -1,
  valueEnd: -1,
  next: () => false,
  headers: (): RecordHeaders => [],
};

/** The context of a call for a timer that fires. What its handler gets as a value is the timer. */
export class TimerCall extends CallContext {
  readonly #timer: Timer;

  constructor(task: CallTask, key: unknown, identity: Identity, timer: Timer, effects: Effects) {
    const handlerName = handlerOf(timer);
    super(
      { handlerName, topic: '', partition: -1, timestampFrom: undefined, task },
      key,
      identity,
      timer,
      NOTHING,
      effects,
    );
    this.#timer = timer;
  }

  override get record(): RecordInfo {
    throw new JobError('JOB_TIMER', `handler \`${handlerOf(this.#timer)}\` has no record: it is called by the time`);
  }

  /** What a timer emits happens when the timer was due. */
  override eventTime(): number {
    return Number(this.#timer.time);
  }
}

/** As errors name it. */
export function handlerOf({ name }: Timer): string {
  return `onTimer.${name}`;
}
