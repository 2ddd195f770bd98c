import { AtBarriers } from './barriers.ts';

/** As long as nothing is known of event time. */
export const NO_WATERMARK: number = Number.NEGATIVE_INFINITY;

interface LanePlace {
  readonly value: number;
  readonly isIdle: boolean;
}

const START: LanePlace = { value: NO_WATERMARK, isIdle: false };

/**
 * How far event time has come in one lane: records up to and including that time are not expected there any more.
 * In milliseconds since 1970; it never goes back, but with an abort.
 */
export class LaneWatermark {
  value: number = NO_WATERMARK;
  /** True while it holds nobody back, since no records come. */
  isIdle = false;
  /** Records that were begun and are not completed. */
  underWay = 0;
  /** In milliseconds. */
  readonly #idleAfter: number;
  readonly #task: TaskWatermark;
  /** Since when no records have come, by the clock's `monotonic`. */
  #quietSince: number | undefined;
  #cameSinceLook = false;
  readonly #place: AtBarriers<LanePlace> = new AtBarriers(START);

  constructor(task: TaskWatermark, idleAfter: number) {
    this.#task = task;
    this.#idleAfter = idleAfter;
  }

  /** A record is at hand: a lane that was idle is so no more, and joins the others where they are (I9). */
  begin(): void {
    this.underWay++;
    this.#cameSinceLook = true;
    if (!this.isIdle) return;
    this.isIdle = false;
    this.value = Math.max(this.value, this.#task.value);
  }

  /** A record is completed, and all before it: event time has come to `value`, unless it was further already. */
  complete(value: number): void {
    this.underWay--;
    if (!(value > this.value)) return;
    const held = this.value <= this.#task.value;
    this.value = value;
    if (held) this.#task.advance();
  }

  /**
   * Called between fetches. A lane is idle when all fetches of a time that long brought it nothing: one alone proves
   * nothing, as records may have waited elsewhere while others were processed.
   */
  look(now: number): void {
    if (this.#cameSinceLook || this.underWay > 0) {
      this.#cameSinceLook = false;
      this.#quietSince = undefined;
      return;
    }
    if (this.isIdle) return;
    this.#quietSince ??= now;
    if (now - this.#quietSince < this.#idleAfter) return;
    this.isIdle = true;
    this.#task.advance();
  }

  /** When `look` may find it idle; infinity where it is so already. */
  get idleAt(): number {
    return this.isIdle || this.#quietSince === undefined
      ? Number.POSITIVE_INFINITY
      : this.#quietSince + this.#idleAfter;
  }

  restore(value: number): void {
    this.value = value;
    this.#place.restore({ value, isIdle: this.isIdle });
  }

  seal(): void {
    this.#place.seal({ value: this.value, isIdle: this.isIdle });
  }

  commit(): void {
    this.#place.commit();
  }

  rollback(): void {
    const { value, isIdle } = this.#place.rollback();
    this.value = value;
    this.isIdle = isIdle;
    this.underWay = 0;
    this.#quietSince = undefined;
    this.#cameSinceLook = false;
  }
}

/**
 * How far event time has come in a task: as far as in the lane that is furthest behind, idle ones left out.
 * It never goes back, but with an abort, to the last checkpoint (I9, I12).
 */
export class TaskWatermark {
  value: number = NO_WATERMARK;
  /** False until someone wants to know: then nothing is noted for any record. */
  isWatched: boolean;
  readonly lanes: LaneWatermark[] = [];
  readonly #place: AtBarriers<number> = new AtBarriers(NO_WATERMARK);

  constructor(isWatched: boolean) {
    this.isWatched = isWatched;
  }

  /** `idleAfter` in milliseconds. */
  addLane(idleAfter: number): LaneWatermark {
    const lane = new LaneWatermark(this, idleAfter);
    this.lanes.push(lane);
    return lane;
  }

  /** A lane has advanced, or is idle now. */
  advance(): void {
    let least = Number.POSITIVE_INFINITY;
    let most = NO_WATERMARK;
    for (const { value, isIdle } of this.lanes) {
      most = Math.max(most, value);
      if (!isIdle) least = Math.min(least, value);
    }
    // Where all are idle nobody is behind: whoever went idle first decides nothing.
    this.value = Math.max(this.value, least === Number.POSITIVE_INFINITY ? most : least);
  }

  /** Called between fetches, with the clock's `monotonic`. */
  look(now: number): void {
    // Alone, a lane holds back nobody.
    if (!this.isWatched || this.lanes.length < 2) return;
    for (const lane of this.lanes) lane.look(now);
  }

  /** When `look` is due without any records, by the clock's `monotonic`. */
  get lookAt(): number {
    let next = Number.POSITIVE_INFINITY;
    for (const lane of this.lanes) next = Math.min(next, lane.idleAt);
    return next;
  }

  /** What a checkpoint held. Lanes of which it knew nothing join where the task is (I9). */
  restore(value: number, lanes: readonly (number | undefined)[]): void {
    this.value = value;
    this.#place.restore(value);
    this.isWatched ||= value > NO_WATERMARK || lanes.some((lane) => lane !== undefined);
    this.lanes.forEach((lane, i) => {
      lane.restore(lanes[i] ?? value);
    });
  }

  /** What a checkpoint under way holds is settled; who goes on meanwhile changes nothing of it. */
  seal(): void {
    this.#place.seal(this.value);
    for (const lane of this.lanes) lane.seal();
  }

  /** The oldest checkpoint that is sealed is committed. */
  commit(): void {
    this.#place.commit();
    for (const lane of this.lanes) lane.commit();
  }

  rollback(): void {
    this.value = this.#place.rollback();
    for (const lane of this.lanes) lane.rollback();
  }
}
