import type { CallScope } from '../../state/scope.ts';
import type { Clock } from '../../time/clock.ts';
import type { Timer, Timers, TimerTime } from '../handlers.ts';
import { JobError } from '../job-error.ts';
import type { KeyedTimers } from './keyed-timers.ts';
import type { TimerSetting } from './timer-codec.ts';

/** What timers go by, and what names they have. */
export interface TimerRules {
  readonly clock: Clock;
  readonly names: readonly string[];
}

/** `ctx.timers` of one call. */
export class TimerHandle implements Timers<string> {
  readonly #scope: CallScope;
  readonly #timers: KeyedTimers;
  readonly #rules: TimerRules;

  constructor(scope: CallScope, timers: KeyedTimers, rules: TimerRules) {
    this.#scope = scope;
    this.#timers = timers;
    this.#rules = rules;
  }

  set(name: string, at: TimerTime): void {
    this.#check(name);
    this.#timers.set(this.#scope, name, this.#setting(name, at));
  }

  get(name: string): Timer | undefined {
    this.#check(name);
    const setting = this.#timers.setting(this.#scope.identity, name);
    return setting === undefined ? undefined : timerOf(name, setting);
  }

  clear(name: string): void {
    this.#check(name);
    this.#timers.clear(this.#scope, name);
  }

  #check(name: string): void {
    this.#scope.check();
    const { names } = this.#rules;
    if (names.includes(name)) return;
    const known = names.length === 0 ? 'none' : names.join(', ');
    throw new JobError(
      'JOB_TIMER',
      `the job has no timer '${name}'; it declares ${known}. Name it in the job's \`timers\``,
    );
  }

  #setting(name: string, { eventTime, processingTime, after }: TimerTime): TimerSetting {
    const time =
      after === undefined ? Number(eventTime ?? processingTime) : Math.ceil(this.#rules.clock.now() + Number(after));
    if (Number.isSafeInteger(time)) return { time, eventTime: eventTime !== undefined };
    const advice =
      'Give { eventTime } or { processingTime } as a bigint in milliseconds since 1970, or { after } as a number of milliseconds';
    throw new JobError('JOB_TIMER', `timer ${name} cannot be set: that is no time. ${advice}`);
  }
}

export function timerOf(name: string, { time, eventTime }: TimerSetting): Timer {
  return { name, time: BigInt(time), in: eventTime ? 'event' : 'processing' };
}
