import type { Identity } from '../../state/key-identity.ts';
import type { JobError } from '../job-error.ts';
import type { HandlerLimit } from './handler-limit.ts';
import { isThenable } from './thenable.ts';

/** A call of a handler that waits for its turn, or is under way. Its effects are its own until it has settled. */
export interface QueuedCall {
  readonly identity: Identity;
  /** Calls the handler. What it throws, and what its promise is rejected with, is the handler's. */
  run(): unknown;
  /** The handler has settled: effects apply, whole. A promise asks to wait before anything that comes after it. @throws LogError */
  apply(): Promise<void> | undefined;
  /** Effects have applied. */
  complete(): void;
  /**
   * Takes effects back. Where the job goes on without it, it is complete then; a promise asks to wait before anything that comes
   * after it. @throws what the task fails with where the job does not
   */
  fail(error: unknown): Promise<void> | undefined;
  /** What to say when its handler takes too long. */
  overdue(): JobError;
  /** Takes effects back: the call is not to count. Its handler may run on, and can do nothing any more. */
  revoke(): void;
}

/** The loop that calls are part of. */
export interface CallsLoop {
  /** True when nothing that a handler did is to count any more. */
  readonly isOver: () => boolean;
  /** Called when nothing is under way, or a call failed. */
  readonly wake: () => void;
  readonly limit: HandlerLimit;
}

/** A call that was taken and has not completed, and the next one of its key. */
interface Taken {
  readonly call: QueuedCall;
  next: Taken | undefined;
}

/** For each that may run, so many are taken: those behind a key that is busy keep nobody else waiting. */
const TAKEN_PER_RUNNING = 2;

/**
 * Calls of one task that may run at once: of each key one at a time, in order. Effects apply as calls settle, so that those
 * of one key keep their order, and those of different keys need not wait for each other. When one fails, none of the others
 * that are under way has any effect.
 */
export class Calls {
  readonly #limit: number;
  readonly #isOver: () => boolean;
  readonly #idle: () => void;
  readonly #handlers: HandlerLimit;
  readonly #taken = new Set<Taken>();
  /** The last that was taken of each key. */
  readonly #last = new Map<Identity, Taken>();
  /** Their keys are free, and too many others run. */
  #ready: Taken[] = [];
  /** Handlers that were called and have not settled, of calls that do not count any more as well. */
  #running = 0;
  #failure: { readonly error: unknown } | undefined;
  /** Called when anything has changed that somebody waits for. */
  #waiting: (() => void)[] = [];

  constructor(limit: number, { isOver, wake, limit: handlers }: CallsLoop) {
    this.#limit = limit;
    this.#isOver = isOver;
    this.#idle = wake;
    this.#handlers = handlers;
  }

  /** True while calls are under way, and from a failure of one until somebody has seen to it: what the log took of it is to be aborted (I17). */
  get isBusy(): boolean {
    return this.#taken.size > 0 || this.#failure !== undefined;
  }

  /** @throws what a call has failed with */
  check(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  /** Takes a call. A promise asks to wait before the next one: it never rejects. @throws what a call has failed with */
  add(call: QueuedCall): Promise<void> | undefined {
    this.check();
    const { identity } = call;
    const taken: Taken = { call, next: undefined };
    this.#taken.add(taken);
    const before = this.#last.get(identity);
    this.#last.set(identity, taken);
    if (before === undefined) this.#start(taken);
    else before.next = taken;
    this.check();
    return this.#isFull ? this.#room() : undefined;
  }

  /** Resolves when all that were taken have completed. @throws what a call has failed with */
  async idle(): Promise<void> {
    this.check();
    while (this.isBusy && !this.#isOver()) {
      await this.#changed();
      this.check();
    }
  }

  /** Undefined where no call of that key is under way or waits for its turn; else resolves when none does. @throws what a call has failed with */
  free(identity: Identity): Promise<void> | undefined {
    this.check();
    return this.#last.has(identity) ? this.#freed(identity) : undefined;
  }

  async #freed(identity: Identity): Promise<void> {
    while (this.#last.has(identity) && !this.#isOver()) await this.#changed();
    this.check();
  }

  /** What is under way does not count any more. Resolves when its handlers have settled: those that come again do not meet them. */
  async abandon(): Promise<void> {
    this.#drop();
    this.#failure = undefined;
    while (this.#running > 0 && !this.#isOver()) await this.#changed();
  }

  get #isFull(): boolean {
    return this.#taken.size >= this.#limit * TAKEN_PER_RUNNING;
  }

  async #room(): Promise<void> {
    while (this.#isFull && this.#failure === undefined && !this.#isOver()) await this.#changed();
  }

  #start(taken: Taken): void {
    if (this.#running >= this.#limit) {
      this.#ready.push(taken);
      return;
    }
    this.#running++;
    let result: unknown;
    let isLater: boolean;
    try {
      result = taken.call.run();
      isLater = isThenable(result);
    } catch (error) {
      this.#settled();
      this.#fail(taken, error);
      return;
    }
    if (isLater) {
      void this.#await(taken, result as PromiseLike<unknown>);
      return;
    }
    this.#settled();
    this.#apply(taken);
  }

  async #await(taken: Taken, result: PromiseLike<unknown>): Promise<void> {
    const settled = this.#handlers.begin(() => taken.call.overdue());
    try {
      await result;
    } catch (error) {
      settled();
      this.#settled();
      this.#fail(taken, error);
      return;
    }
    settled();
    this.#settled();
    this.#apply(taken);
  }

  /** A handler has settled: another one may run, unless the job is over for it. */
  #settled(): void {
    this.#running--;
    const next = this.#isOver() ? undefined : this.#ready.shift();
    if (next !== undefined) this.#start(next);
    if (this.#running === 0) this.#wake();
  }

  #apply(taken: Taken): void {
    if (!this.#taken.has(taken)) return;
    // Killed or expelled meanwhile: whoever waited has given up.
    if (this.#isOver()) {
      this.#wake();
      return;
    }
    let pressure: Promise<void> | undefined;
    try {
      pressure = taken.call.apply();
    } catch (error) {
      this.#fail(taken, error);
      return;
    }
    this.#completeAfter(taken, pressure);
  }

  #completeAfter(taken: Taken, pressure: Promise<void> | undefined): void {
    if (pressure === undefined) this.#complete(taken);
    else
      pressure.then(
        () => this.#complete(taken),
        (error: unknown) => this.#fail(taken, error),
      );
  }

  #complete(taken: Taken): void {
    if (!this.#taken.delete(taken)) return;
    const { call, next } = taken;
    call.complete();
    if (next !== undefined) this.#start(next);
    else this.#last.delete(call.identity);
    this.#wake();
    if (!this.isBusy) this.#idle();
  }

  #fail(taken: Taken, error: unknown): void {
    if (!this.#taken.has(taken)) return;
    if (this.#isOver()) {
      this.#wake();
      return;
    }
    try {
      this.#completeAfter(taken, taken.call.fail(error));
    } catch (failure) {
      this.#taken.delete(taken);
      this.#failure ??= { error: failure };
      this.#drop();
      this.#idle();
    }
  }

  #drop(): void {
    for (const { call } of this.#taken) call.revoke();
    this.#taken.clear();
    this.#last.clear();
    this.#ready = [];
    this.#wake();
  }

  #changed(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
