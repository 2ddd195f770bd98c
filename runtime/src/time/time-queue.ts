/** What can wait in a {@link TimeQueue}: it remembers where it stands, so that it is found again. */
export interface Queued {
  /** -1 while it is in no queue; otherwise the queue's own affair. */
  place: number;
}

/** Each item has up to so many below it: a flatter heap than a binary one, and fewer cache misses. */
const CHILDREN = 4;

/**
 * Items by time, the earliest first: a heap. Times lie in one array of numbers, so that a million waiting items cost the
 * garbage collector nothing but themselves.
 */
export class TimeQueue<T extends Queued> {
  readonly #isBefore: (a: T, b: T) => boolean;
  readonly #items: T[] = [];
  #times: Float64Array = new Float64Array(64);

  /** `isBefore` decides among items of one time, so that their order is the same after a restart. */
  constructor(isBefore: (a: T, b: T) => boolean) {
    this.#isBefore = isBefore;
  }

  get size(): number {
    return this.#items.length;
  }

  get first(): T | undefined {
    return this.#items[0];
  }

  /** When the first is due; infinity where there is none. */
  get nextTime(): number {
    return this.#items.length === 0 ? Number.POSITIVE_INFINITY : (this.#times[0] as number);
  }

  has(item: T): boolean {
    return this.#items[item.place] === item;
  }

  /** The time of an item that is in this queue. */
  timeOf(item: T): number {
    return this.#times[item.place] as number;
  }

  /** Adds an item, or gives it another time. */
  put(item: T, time: number): void {
    if (item.place < 0) {
      item.place = this.#items.push(item) - 1;
      if (item.place === this.#times.length) this.#grow();
    }
    this.#times[item.place] = time;
    this.#settle(item.place);
  }

  remove(item: T): void {
    const hole = item.place;
    item.place = -1;
    const last = this.#items.pop() as T;
    if (last === item) return;
    this.#set(hole, last, this.#times[this.#items.length] as number);
    this.#settle(hole);
  }

  /** Moves the item at `index` to where its time belongs. */
  #settle(index: number): void {
    const item = this.#items[index] as T;
    const time = this.#times[index] as number;
    let at = index;
    while (at > 0) {
      const parent = Math.floor((at - 1) / CHILDREN);
      if (!this.#comesBefore(time, item, parent)) break;
      this.#set(at, this.#items[parent] as T, this.#times[parent] as number);
      at = parent;
    }
    if (at === index) at = this.#sink(index, item, time);
    this.#set(at, item, time);
  }

  /** Lifts what comes before the item into the place at `index`, and returns where the item is to stand. */
  #sink(index: number, item: T, time: number): number {
    let at = index;
    for (;;) {
      let best = -1;
      const from = at * CHILDREN + 1;
      const to = Math.min(from + CHILDREN, this.#items.length);
      for (let child = from; child < to; child++) {
        const childTime = this.#times[child] as number;
        const rival: T = best < 0 ? item : (this.#items[best] as T);
        const rivalTime = best < 0 ? time : (this.#times[best] as number);
        if (isEarlier(childTime, rivalTime, this.#items[child] as T, rival, this.#isBefore)) best = child;
      }
      if (best < 0) return at;
      this.#set(at, this.#items[best] as T, this.#times[best] as number);
      at = best;
    }
  }

  #comesBefore(time: number, item: T, index: number): boolean {
    return isEarlier(time, this.#times[index] as number, item, this.#items[index] as T, this.#isBefore);
  }

  #set(index: number, item: T, time: number): void {
    this.#items[index] = item;
    this.#times[index] = time;
    item.place = index;
  }

  #grow(): void {
    const larger = new Float64Array(this.#times.length * 2);
    larger.set(this.#times);
    this.#times = larger;
  }
}

function isEarlier<T>(time: number, otherTime: number, item: T, other: T, isBefore: (a: T, b: T) => boolean): boolean {
  return time < otherTime || (time === otherTime && isBefore(item, other));
}
