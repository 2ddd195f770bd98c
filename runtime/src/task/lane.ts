import { isSchemaWanted } from '../format/schema-source.ts';
import { isLogError, type RecordCursor } from '../log/port.ts';
import type { KeyIdentity } from '../state/key-identity.ts';
import { AtBarriers } from '../time/barriers.ts';
import { type LaneWatermark, NO_WATERMARK } from '../time/watermarks.ts';
import { CallContext, type CallPlace, type CallRecord, type CallTask } from './calls/call-context.ts';
import type { Calls } from './calls/calls.ts';
import { Effects } from './calls/effects.ts';
import type { HandlerLimit } from './calls/handler-limit.ts';
import { type CallingLane, LaneCall, RecordAt } from './calls/lane-call.ts';
import { RecordReader } from './calls/record-reader.ts';
import { type Append, partlyApplied } from './calls/stage.ts';
import { isThenable } from './calls/thenable.ts';
import type { FailedRecords, FailedTask } from './errors/failed-records.ts';
import { keyText } from './errors/key-text.ts';
import type { OriginalRecord, RecordSource } from './errors/original.ts';
import { callFailure, nullFailure, timeFailure, unreadFailure, whereOf } from './errors/record-failure.ts';
import type { Handler } from './handlers.ts';
import { HeldRecord } from './held-record.ts';
import { JobError, type JobErrorDetails, overdueAdvice, schemaFailure } from './job-error.ts';
import type { Pace } from './pace.ts';
import type { PlannedInput } from './plan/plan.ts';
import type { Sabotage } from './sabotage.ts';
import { readable } from './thrown.ts';
import type { Firing, FiringLoop } from './timers/firing.ts';

/** The task that a lane is of. */
export interface LaneTask extends CallTask, FailedTask {
  readonly identities: KeyIdentity;
  readonly effects: Effects;
  /** Calls that may run at once; undefined where they are made one after the other. */
  readonly calls: Calls | undefined;
  /** Undefined where the job declares no timers. */
  readonly firing: Firing | undefined;
  /** Records processed since the last barrier. */
  processed: number;
  /** True where its positions are to be committed, whether or not something was processed since the last barrier. */
  moved: boolean;
}

/** The loop that a lane is part of. */
export interface LaneLoop extends FiringLoop {
  readonly sabotage: Sabotage;
}

/** Only the watermark makes timers due between two records; those that go by the clock wait until the loop looks at it. */
const BY_WATERMARK = Number.NEGATIVE_INFINITY;
/** In place of what a record says of event time, as long as nobody wants to know. */
const UNWATCHED = Number.POSITIVE_INFINITY;

/**
 * The stream of one partition into its handler. The loop over its records is the hot path: a handler that returns
 * no promise costs no promise, and no closure.
 */
export class Lane implements CallPlace, CallingLane {
  readonly task: LaneTask;
  readonly handlerName: string;
  readonly topic: string;
  /** Another topic of the same name has other records (I19). */
  readonly topicId: string;
  readonly partition: number;
  /** The offset after the last record whose effects apply. */
  position = 0;
  /**
   * Under which leader of the partition the records before the position were written; -1 where it is not known. Perhaps that
   * of some records behind it: an epoch in which records are lost is a later one than any that was read.
   */
  leaderEpoch = -1;
  /** How many partitions the topic had when the job first read it: those beyond are new (I20). */
  first: number = Number.POSITIVE_INFINITY;
  /** What the position goes back to. */
  readonly #positions: AtBarriers<number> = new AtBarriers(0);
  /** In a bounded run, the first offset that is not read. */
  end: number = Number.POSITIVE_INFINITY;
  readonly timestampFrom: PlannedInput['timestampFrom'];
  readonly watermark: LaneWatermark;
  readonly input: PlannedInput;
  readonly #handler: Handler<unknown, unknown>;
  readonly #pace: Pace;
  readonly #append: Append;
  readonly #isOver: () => boolean;
  readonly #limit: HandlerLimit;
  readonly #sabotage: Sabotage;
  readonly #failures: FailedRecords;
  readonly #reader: RecordReader = new RecordReader();
  /** Of calls that run at once: those that were taken, in order, from the first that has not completed. */
  readonly #taken: LaneCall[] = [];
  /** Memory of calls that have completed. */
  readonly #spare: Effects[] = [];
  #call: CallContext | undefined;
  #held: HeldRecord | undefined;

  constructor(
    task: LaneTask,
    input: PlannedInput,
    topic: { readonly name: string; readonly id: string },
    loop: LaneLoop,
  ) {
    this.task = task;
    this.handlerName = input.name;
    this.topic = topic.name;
    this.topicId = topic.id;
    this.partition = task.number;
    this.timestampFrom = input.timestampFrom;
    this.watermark = task.watermark.addLane(input.idleAfter);
    this.input = input;
    this.#handler = input.handler;
    this.#pace = loop.pace;
    this.#append = loop.append;
    this.#isOver = loop.isOver;
    this.#limit = loop.limit;
    this.#sabotage = loop.sabotage;
    this.#failures = loop.failures;
  }

  /**
   * Processes records until there are no more, or the next one waits (undefined), or until something is to be awaited: a
   * handler, the log's back-pressure, or the turn of others. Whoever awaited it may do a checkpoint, and calls again.
   * @throws JobError
   */
  step(records: RecordCursor): Promise<void> | undefined {
    const pace = this.#pace;
    const { firing, watermark, calls } = this.task;
    if (this.#held?.failure !== undefined && !pace.halted) {
      const pressure = this.#passHeld(this.#held);
      if (pressure !== undefined) return pressure;
    }
    let again = this.#held !== undefined;
    if (calls !== undefined) return this.#stepAmong(records, calls, again);
    for (;;) {
      if (firing !== undefined) {
        const fired = firing.step(BY_WATERMARK);
        if (fired !== undefined) return fired;
      }
      let claim = UNWATCHED;
      try {
        if (pace.halted || !(again ? this.#release() : records.next())) return undefined;
        again = false;
        const call = this.#decode(records);
        if (watermark.isWatched) claim = this.#begin(call, records);
        this.#call = call;
        const result = call.run(this.#handler);
        if (isThenable(result)) return this.#settle(result, call, claim, records);
        const pressure = call.apply(this.#append);
        this.#advance(records.offset + 1, claim, call);
        if (pressure !== undefined) return pressure;
      } catch (error) {
        if (this.#hold(error, records)) return undefined;
        const pressure = this.#pass(error, records, claim);
        if (pressure !== undefined) return pressure;
      }
      const wait = pace.step();
      if (wait !== undefined) return wait;
    }
  }

  /** As `step`, where calls of several keys run at once. */
  #stepAmong(records: RecordCursor, calls: Calls, held: boolean): Promise<void> | undefined {
    let again = held;
    const pace = this.#pace;
    const { firing } = this.task;
    for (;;) {
      const fired = firing?.step(BY_WATERMARK);
      if (fired !== undefined) return fired;
      let call: LaneCall | undefined;
      let pressure: Promise<void> | undefined;
      try {
        if (pace.halted || !(again ? this.#release() : records.next())) return undefined;
        again = false;
        call = this.#take(records);
      } catch (error) {
        if (this.#hold(error, records)) return undefined;
        pressure = this.#passUnread(error, records);
      }
      const wait = (call === undefined ? pressure : calls.add(call)) ?? pace.step();
      if (wait !== undefined) return wait;
    }
  }

  #take(records: RecordCursor): LaneCall {
    const record = new RecordAt(records, this.#failures.wantsRecords);
    const effects = this.#spare.pop() ?? new Effects();
    const context = this.#decode(records, record, effects);
    const claim = this.task.watermark.isWatched ? this.#begin(context, record) : UNWATCHED;
    const call = new LaneCall(this, context, effects, record, claim);
    this.#taken.push(call);
    return call;
  }

  run(context: CallContext): unknown {
    return context.run(this.#handler);
  }

  apply(context: CallContext): Promise<void> | undefined {
    return context.apply(this.#append);
  }

  /** The position is that after the completed prefix (I9). */
  completed(): void {
    for (let call = this.#taken[0]; call?.isDone === true; call = this.#taken[0]) {
      this.#taken.shift();
      this.#spare.push(call.effects);
      if (call.isPassedOver) this.#goOn(call.next, call.claim);
      else this.#advance(call.next, call.claim, call.context);
    }
  }

  /** All records before an offset have been taken. */
  passed(offset: number): void {
    const last = this.#taken.at(-1);
    if (last === undefined) this.position = offset;
    else last.next = offset;
  }

  /** The position at the last barrier. */
  get sealed(): number {
    return this.#positions.last;
  }

  /** Where a checkpoint left it, or where its first one begins. */
  resume(position: number): void {
    this.position = position;
    this.#positions.restore(position);
  }

  seal(): void {
    this.#positions.seal(this.position);
  }

  commit(): void {
    this.#positions.commit();
  }

  /** Back to the last checkpoint. No call is under way. */
  rollback(): void {
    this.#taken.length = 0;
    this.#held = undefined;
    this.position = this.#positions.rollback();
  }

  /** Settles when the next record, which waits for its schema, is worth another look; undefined where none waits. */
  get waits(): Promise<void> | undefined {
    return this.#held?.settled;
  }

  /** True where the current record waits for its schema. The lane is not idle meanwhile, and event time does not pass it by (I9). */
  #hold(thrown: unknown, record: RecordCursor): boolean {
    const error = readable(thrown);
    if (this.#call !== undefined || !isSchemaWanted(error)) return false;
    this.#held = new HeldRecord(record, error);
    this.watermark.begin();
    return true;
  }

  #release(): true {
    this.#held = undefined;
    this.watermark.complete(NO_WATERMARK);
    return true;
  }

  #passHeld({ record, failure }: HeldRecord): Promise<void> | undefined {
    this.#release();
    return this.#passUnread(schemaFailure(failure, this.#where(record), this.#details(record)), record);
  }

  /** How far event time has come when the record is completed. The handler may change the value: it is asked before. */
  #begin(call: CallContext, record: RecordSource): number {
    this.watermark.begin();
    const { watermarkOf, outOfOrderness } = this.input;
    try {
      if (watermarkOf === undefined) return call.eventTime() - outOfOrderness - 1;
      const claim = call.ask(watermarkOf);
      return claim === undefined ? NO_WATERMARK : Number(claim);
    } catch (cause) {
      // Nothing of it is under way any more: the lane may be idle.
      this.watermark.complete(NO_WATERMARK);
      throw timeFailure(cause, this.#original(record), watermarkOf !== undefined);
    }
  }

  /** Its handler was the first to ask for event time. Where that cannot be told, the record has been handled nevertheless. */
  #beginLate(call: CallContext): void {
    this.watermark.begin();
    let claim = NO_WATERMARK;
    try {
      claim = call.eventTime() - this.input.outOfOrderness - 1;
    } catch {
      // As of those before it, of which nobody asked for it. The next such record fails.
    }
    this.watermark.complete(claim);
  }

  /** Effects of an asynchronous handler apply when it settles. */
  async #settle(result: PromiseLike<unknown>, call: CallContext, claim: number, records: RecordCursor): Promise<void> {
    let pressure: Promise<void> | undefined;
    const settled = this.#limit.begin(() => this.overdue(records));
    try {
      await result;
      settled();
      // Killed or expelled meanwhile: whoever waited has given up.
      if (this.#isOver()) return;
      pressure = call.apply(this.#append);
      this.#advance(records.offset + 1, claim, call);
    } catch (error) {
      settled();
      if (this.#isOver()) return;
      pressure = this.#pass(error, records, claim);
    }
    // What the log says while the rest of the outputs waits is no failure of the handler, or of the record.
    await pressure;
  }

  #advance(next: number, claim: number, call: CallContext): void {
    this.#call = undefined;
    this.position = next;
    this.task.processed++;
    if (claim === UNWATCHED) {
      if (this.task.watermark.isWatched) this.#beginLate(call);
    } else this.watermark.complete(claim);
  }

  /** As `#advance`, without a record that was passed over. */
  #goOn(next: number, claim: number): void {
    this.position = next;
    if (claim !== UNWATCHED) this.watermark.complete(claim);
  }

  #decode(record: RecordCursor, at: CallRecord = record, effects: Effects = this.task.effects): CallContext {
    if (record.keyStart < 0) throw nullFailure('key', this.#original(record));
    const { input } = this;
    if (record.valueStart < 0 && !input.tombstones) throw nullFailure('value', this.#original(record));
    const key = this.#reader.key(record, input.key);
    const value = record.valueStart < 0 ? null : this.#reader.value(record, input.value);
    return new CallContext(this, key, this.task.identities.of(key), value, at, effects);
  }

  /** The current record has failed: the lane goes on without it where the job's policy says so. @throws JobError, LogError */
  #pass(error: unknown, record: RecordCursor, claim: number): Promise<void> | undefined {
    const call = this.#call;
    this.#call = undefined;
    if (call === undefined) return this.#passUnread(error, record);
    const pressure = this.passOver(call, error, record);
    this.#goOn(record.offset + 1, claim);
    return pressure;
  }

  /** As `#pass`, where no handler was called for it. */
  #passUnread(thrown: unknown, record: RecordCursor): Promise<void> | undefined {
    const error = readable(thrown);
    // Of what was fetched, and of no record: nothing behind it can be read either.
    if (isLogError(error)) throw error;
    const original = this.#original(record);
    const pressure = this.#failures.pass(unreadFailure(error, original), original, this.task);
    this.#passBy(record);
    return pressure;
  }

  /**
   * Nothing is known of the value. Event time advances where it is the record's own; else the record says nothing of it, and is
   * no sign that others are to come: a partition that has no other records is idle.
   */
  #passBy({ offset, timestamp }: RecordCursor): void {
    const { watermarkOf, outOfOrderness } = this.input;
    const isKnown = watermarkOf === undefined && this.timestampFrom === undefined;
    const claim = isKnown ? timestamp - outOfOrderness - 1 : NO_WATERMARK;
    const last = this.#taken.at(-1);
    this.passed(offset + 1);
    if (last !== undefined) last.claim = Math.max(last.claim, claim);
    else if (isKnown && this.task.watermark.isWatched) {
      this.watermark.begin();
      this.watermark.complete(claim);
    }
  }

  /** A sabotage: what a call did before it failed stays (against I17). */
  async #keep(call: CallContext): Promise<void> {
    this.task.processed++;
    await call.apply(this.#append);
  }

  /**
   * A call has failed: its effects are taken back (I17), and its record is passed over where the job's policy says so. A promise
   * asks to wait. @throws JobError, or what the log has failed with
   */
  passOver(call: CallContext, thrown: unknown, record: RecordSource): Promise<void> | undefined {
    const error = readable(thrown);
    const keeps = this.#sabotage.keepPartialEffects !== undefined;
    if (keeps) this.#keep(call).catch(() => undefined);
    const what = keeps ? 'handler' : call.revert(error);
    if (what === 'log') throw partlyApplied(error);
    const place = { handler: this.handlerName, where: this.#where(record) };
    const key = keyText(this.task.identities.key(call.identity));
    const failure = callFailure(what, error, place, { ...this.#details(record), key });
    return this.#failures.pass(failure, this.#original(record), this.task);
  }

  overdue(record: Pick<RecordCursor, 'offset'>): JobError {
    const what = `${this.#where(record)}: handler \`${this.handlerName}\` ${overdueAdvice(this.#limit.limit)}`;
    return new JobError('JOB_HANDLER_FAILED', what, this.#details(record));
  }

  #where(record: Pick<RecordCursor, 'offset'>): string {
    return whereOf(this.topic, this.partition, record);
  }

  #original(record: RecordSource): OriginalRecord {
    const { name, key, value } = this.input;
    return { input: name, topic: this.topic, partition: this.partition, record, key, value };
  }

  #details(record: Pick<RecordCursor, 'offset'>): JobErrorDetails {
    return { topic: this.topic, partition: this.partition, offset: BigInt(record.offset) };
  }
}
