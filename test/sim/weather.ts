import type { Log } from '@kgen/runtime';
import type { Chance } from './chance.ts';
import type { Fault, Faults } from './faults.ts';
import type { SimTime } from './time.ts';
import type { Trace } from './trace.ts';

export interface WeatherWorld {
  readonly time: SimTime;
  readonly chance: Chance;
  readonly faults: Faults;
  readonly trace: Trace;
  readonly log: Log;
  readonly group: string;
  /** Topics that the job reads, and whether each instance reads all of them. */
  readonly inputs: ReadonlyMap<string, boolean>;
  /** Topics that may be unknown for a while. */
  readonly topics: readonly string[];
  readonly killAll: () => void;
  readonly cutAll: () => void;
  /** Compacts the changelog, where there is one. */
  readonly compact: () => void;
}

/** What befalls the brokers, or all processes at once. */
export class Weather {
  #coordinatorBack = 0;
  #brokerBack = 0;
  readonly #unknown = new Set<string>();

  /** Requests get no further than the broker's door. */
  brokerIsAway(now: number): boolean {
    return now < this.#brokerBack;
  }

  coordinatorIsAway(now: number): boolean {
    return now < this.#coordinatorBack;
  }

  isUnknown(topic: string): boolean {
    return this.#unknown.has(topic);
  }

  /** Decides what happens in the next `trouble` milliseconds. */
  forecast(world: WeatherWorld, trouble: number): void {
    const { time, chance, faults, trace } = world;
    const perhaps = (fault: Fault, probability: number, happen: () => void): void => {
      time.after(chance.between(0, trouble), () => {
        if (!faults.strikes(fault, probability)) return;
        trace.say('', fault);
        happen();
      });
    };
    const away = (): number => time.monotonic() + chance.between(5, 120);
    perhaps('coordinator away', 0.3, () => {
      this.#coordinatorBack = away();
    });
    perhaps('broker restart', 0.15, () => {
      this.#brokerBack = away();
      world.cutAll();
    });
    perhaps('crash of all', 0.1, world.killAll);
    perhaps('unknown topic', 0.2, () => {
      const topic = world.topics[chance.below(world.topics.length)] ?? '';
      this.#unknown.add(topic);
      trace.say('', `${topic} is unknown`);
      time.after(chance.between(5, 150), () => this.#unknown.delete(topic));
    });
    for (let i = 0; i < 3; i++) perhaps('compaction', 0.3, world.compact);
    for (let i = 0; i < 2; i++) perhaps('passing member', 0.25, () => void pass(world));
  }
}

/** Joins, takes tasks, and leaves without having looked at them. */
async function pass({ time, chance, log, group, inputs }: WeatherWorld): Promise<void> {
  const listener = { revoked: () => Promise.resolve(), assigned: () => undefined, lost: () => undefined };
  const found = await log.topics([...inputs.keys()]);
  const layout = [...found].map(([topic, { partitions }]) => ({
    topic,
    partitions,
    global: inputs.get(topic) === true,
  }));
  const options = { group, instance: 'visitor', static: false, layout };
  const membership = await log.join(options, listener);
  await time.wait(chance.between(0, 60));
  await membership.end({ leave: true });
}
