import { Writer } from '../../codec/writer.ts';
import type { KeyIdentity } from '../../state/key-identity.ts';
import type { CallTask } from '../calls/call-context.ts';
import type { Calls } from '../calls/calls.ts';
import type { Effects } from '../calls/effects.ts';
import type { HandlerLimit } from '../calls/handler-limit.ts';
import { type Append, partlyApplied } from '../calls/stage.ts';
import { isThenable } from '../calls/thenable.ts';
import type { FailedRecords, FailedTask } from '../errors/failed-records.ts';
import { keyText } from '../errors/key-text.ts';
import { callFailure } from '../errors/record-failure.ts';
import type { Handler, Timer } from '../handlers.ts';
import { JobError, overdueAdvice } from '../job-error.ts';
import type { Pace } from '../pace.ts';
import { readable } from '../thrown.ts';
import type { KeyedTimers, TimerCell } from './keyed-timers.ts';
import { handlerOf, TimerCall } from './timer-call.ts';
import type { TimerSetting } from './timer-codec.ts';
import { timerOf } from './timer-handle.ts';

/** The task that timers are of. */
export interface FiringTask extends CallTask, FailedTask {
  readonly identities: KeyIdentity;
  readonly effects: Effects;
  readonly timers: KeyedTimers | undefined;
  /** Handlers that run at once; undefined where they do not. */
  readonly calls: Calls | undefined;
  /** Timers fired since the last checkpoint. */
  fired: number;
}

export interface FiringLoop {
  readonly pace: Pace;
  readonly append: Append;
  /** True when nothing that a handler did is to count any more. */
  readonly isOver: () => boolean;
  readonly limit: HandlerLimit;
  readonly failures: FailedRecords;
}

/** What each is called with is a `Timer`. */
export type TimerHandlers = { readonly [name: string]: Handler<unknown, unknown> };

/**
 * Calls what is to be called when timers are due, one after the other, between two records: a timer and a handler of one
 * key never overlap, and a timer is gone in the transaction that its effects are in (I9).
 */
export class Firing {
  readonly #task: FiringTask;
  readonly #timers: KeyedTimers;
  readonly #handlers: TimerHandlers;
  readonly #loop: FiringLoop;

  constructor(task: FiringTask, timers: KeyedTimers, handlers: TimerHandlers, loop: FiringLoop) {
    this.#task = task;
    this.#timers = timers;
    this.#handlers = handlers;
    this.#loop = loop;
  }

  /** When the next goes by the clock, in milliseconds since 1970; now where one is due by the watermark. */
  nextAt(): number {
    const { byEventTime, byClock } = this.#timers.memory;
    return byEventTime.nextTime <= this.#task.watermark.value ? Number.NEGATIVE_INFINITY : byClock.nextTime;
  }

  /**
   * Fires what is due, by the watermark and up to `now` by the clock, until nothing is (undefined), or until something is to
   * be awaited: a handler, the log's back-pressure, or the turn of others. Whoever awaited it may do a checkpoint, and calls
   * again.
   * @throws JobError
   */
  step(now: number): Promise<void> | undefined {
    const { pace, append } = this.#loop;
    while (!pace.halted) {
      const timer = this.#timers.due(this.#task.watermark.value, now);
      if (timer === undefined) return undefined;
      // A timer and a handler of one key never overlap (I9). Those of other keys have effects of their own.
      const busy = this.#task.calls?.free(timer.identity);
      if (busy !== undefined) return busy;
      const setting = this.#timers.memory.read(timer) as TimerSetting;
      const fires = timerOf(timer.id, setting);
      const call = this.#begin(timer, fires);
      let pressure: Promise<void> | undefined;
      try {
        const result = call.run(this.#handlers[timer.id] as Handler<unknown, unknown>);
        if (isThenable(result)) return this.#settle(result, call, timer, fires);
        pressure = call.apply(append);
        this.#task.fired++;
      } catch (error) {
        pressure = this.#pass(error, call, timer, fires);
      }
      const wait = pressure ?? pace.step();
      if (wait !== undefined) return wait;
    }
    return undefined;
  }

  /** The timer is not set any more: its handler may set it again, and it is set again where the handler fails. */
  #begin({ identity, id }: TimerCell, timer: Timer): TimerCall {
    const { identities, effects } = this.#task;
    const call = new TimerCall(this.#task, identities.key(identity), identity, timer, effects);
    this.#timers.clear(call, id);
    return call;
  }

  /** Effects of an asynchronous handler apply when it settles. */
  async #settle(result: PromiseLike<unknown>, call: TimerCall, cell: TimerCell, timer: Timer): Promise<void> {
    const settled = this.#loop.limit.begin(() => this.#overdue(timer));
    let pressure: Promise<void> | undefined;
    try {
      await result;
      settled();
      // Killed or expelled meanwhile: whoever waited has given up.
      if (this.#loop.isOver()) return;
      pressure = call.apply(this.#loop.append);
      this.#task.fired++;
    } catch (error) {
      settled();
      if (this.#loop.isOver()) return;
      pressure = this.#pass(error, call, cell, timer);
    }
    await pressure;
  }

  #overdue(timer: Timer): JobError {
    const what = `task ${this.#task.number}: handler \`${handlerOf(timer)}\`, for the timer of ${timer.time},`;
    return new JobError('JOB_HANDLER_FAILED', `${what} ${overdueAdvice(this.#loop.limit.limit)}`);
  }

  /**
   * A call has failed: its effects are taken back (I17), the end of the timer included. Where the job goes on without it, the
   * timer is over nevertheless. @throws JobError, or what the log has failed with
   */
  #pass(thrown: unknown, call: TimerCall, cell: TimerCell, timer: Timer): Promise<void> | undefined {
    const error = readable(thrown);
    const what = call.revert(error);
    if (what === 'log') throw partlyApplied(error);
    const { number, identities } = this.#task;
    const key = identities.key(cell.identity);
    const place = { handler: handlerOf(timer), where: `task ${number}`, about: ` for the timer of ${timer.time}` };
    const failure = callFailure(what, error, place, { key: keyText(key) });
    const writer = new Writer(64);
    identities.write(writer, cell.identity);
    const keyBytes = writer.bytes.subarray(0, writer.position);
    const pressure = this.#loop.failures.pass(failure, { timer, key, keyBytes }, this.#task);
    this.#begin(cell, timer).apply(this.#loop.append);
    return pressure;
  }
}
