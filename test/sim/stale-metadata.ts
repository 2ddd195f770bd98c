import type { Log } from '@kgen/runtime';
import type { Process, ProcessWorld } from './process.ts';

export type Topics = Awaited<ReturnType<Log['topics']>>;

/** So long, at most, a broker may not have heard of what others tell already, in milliseconds. */
const LONGEST = 300;

/** What one process is told of topics: the broker that it asks may hear late of those that have come. */
export class StaleMetadata {
  readonly #process: Process;
  readonly #world: ProcessWorld;
  /** Until when it is not told of what has come of a topic. */
  readonly #until = new Map<string, number>();

  constructor(process: Process, world: ProcessWorld) {
    this.#process = process;
    this.#world = world;
  }

  seen(topics: Topics): Topics {
    const seen = new Map(topics);
    for (const [name, { before }] of this.#world.arrivals) {
      const topic = seen.get(name);
      if (topic === undefined || !this.#isHidden(name)) continue;
      if (before === 0) seen.delete(name);
      else seen.set(name, { ...topic, partitions: before });
    }
    return seen;
  }

  #isHidden(topic: string): boolean {
    const { time, chance, faults, arrivals } = this.#world;
    const now = time.now();
    const { at } = arrivals.get(topic) ?? { at: now };
    let until = this.#until.get(topic);
    if (until === undefined) {
      const isStale = now - at < LONGEST && faults.strikes('stale metadata', 0.5);
      until = isStale ? at + chance.between(0.2, 1) * LONGEST : 0;
      this.#until.set(topic, until);
      if (isStale) this.#process.say(`does not hear of what has come of ${topic} until later`);
    }
    return now < until && !faults.areOver;
  }
}
