import type { Clock } from '@kgen/runtime';
import type { Chance } from './chance.ts';
import type { Faults } from './faults.ts';
import { PhaseTracker } from './phase.ts';
import type { SimTime } from './time.ts';
import type { Trace } from './trace.ts';
import type { Weather } from './weather.ts';

export interface ProcessWorld {
  /** Of the job that its processes work on. */
  readonly group: string;
  readonly time: SimTime;
  readonly chance: Chance;
  readonly faults: Faults;
  readonly weather: Weather;
  readonly trace: Trace;
  /** How long a member that is not heard of keeps its place, in milliseconds. */
  readonly session: number;
  /** How long a member may take to give tasks up, in milliseconds. */
  readonly rebalance: number;
  /** When each instance that is a member joined. */
  readonly members: Map<string, number>;
  /** Topics and partitions that have come, by topic. */
  readonly arrivals: ReadonlyMap<string, Arrival>;
  /** Called where a process fenced an instance that it must have known to be alive. */
  readonly fenceAlive: (what: string) => void;
}

/** When a topic came, or got more partitions, and how many it had before. */
export interface Arrival {
  readonly at: number;
  readonly before: number;
}

/** What a process has at the group: to be ended when the process is. */
export interface Place {
  /** As a crash does, or as the coordinator does with who is silent for too long. */
  end(how: { readonly leave: boolean }): unknown;
  /** The process hears that it is no member any more. */
  expelled(): void;
}

/**
 * One process, as an operating system treats it: it may be killed, or stand still. Nothing happens in it while it stands
 * still, and nothing any more when it is dead.
 */
export class Process {
  readonly name: string;
  readonly phase: PhaseTracker = new PhaseTracker();
  /** Resolves when it was killed. */
  readonly death: Promise<void>;
  /** The name under which it is a member. */
  instance = '';
  readonly #world: ProcessWorld;
  readonly #die: () => void;
  readonly #places = new Set<Place>();
  readonly #held: (() => void)[] = [];
  #dead = false;
  #paused = false;

  constructor(name: string, world: ProcessWorld) {
    this.name = name;
    this.#world = world;
    const death = Promise.withResolvers<void>();
    this.death = death.promise;
    this.#die = death.resolve;
  }

  get isDead(): boolean {
    return this.#dead;
  }

  get standsStill(): boolean {
    return this.#paused;
  }

  /** Of this process, for the trace; `key` where it is about one key alone. */
  say(what: string, key?: string): void {
    this.#world.trace.say(this.name, what, key);
  }

  /** Nothing of it is heard any more; its session runs out. */
  kill(): void {
    if (this.#dead) return;
    this.#dead = true;
    const { time, session, faults, members } = this.#world;
    members.delete(this.instance);
    this.say('is dead');
    for (const place of this.#places) place.end({ leave: false });
    if (this.#places.size > 0) time.after(session, () => faults.counts.count('session time-out'));
    this.#die();
  }

  joined(place: Place): void {
    this.#places.add(place);
    if (this.#dead) place.end({ leave: false });
    else this.#world.members.set(this.instance, this.#world.time.monotonic());
  }

  left(place: Place): void {
    this.#places.delete(place);
    this.#world.members.delete(this.instance);
  }

  /** Its own time: timers fire when it is awake. */
  clock(): Clock {
    const { time, chance } = this.#world;
    return {
      now: time.now,
      monotonic: time.monotonic,
      after: (ms, call) => time.after(ms, () => this.deliver(call)),
      turn: () => this.#turn(),
      random: () => chance.next(),
    };
  }

  /** Brings an answer, after a while, and when the process is awake. It may have died waiting. */
  async answer<T>(answer: Promise<T>): Promise<T> {
    try {
      return await answer;
    } finally {
      await this.#wait(1.5);
    }
  }

  /** It stands still until the group has expelled it. */
  becomeZombie(): void {
    this.pause(this.#world.session * this.#world.chance.between(1.2, 8));
  }

  pause(ms: number): void {
    const { time, session, faults, chance } = this.#world;
    if (this.#paused || this.#dead) return;
    this.#paused = true;
    this.say(`stands still for ${Math.round(ms)} ms, ${this.phase.now()}`);
    const expelled = ms > session;
    if (expelled) {
      time.after(session, () => {
        if (this.#places.size === 0) return;
        faults.counts.count('session time-out');
        this.say('is expelled');
        this.#world.members.delete(this.instance);
        for (const place of this.#places) place.end({ leave: true });
      });
    }
    time.after(ms, () => {
      this.#paused = false;
      if (this.#dead) return;
      this.say('goes on');
      for (const call of this.#held.splice(0)) this.deliver(call);
      if (!expelled) return;
      // It hears so with its next heartbeat.
      const places = [...this.#places];
      time.after(chance.between(0, 20), () =>
        this.deliver(() => {
          for (const place of places) place.expelled();
        }),
      );
    });
  }

  deliver(call: () => void): void {
    if (this.#dead) return;
    if (this.#paused) this.#held.push(call);
    else call();
  }

  #turn(): Promise<void> {
    return this.#wait(0.5);
  }

  #wait(longest: number): Promise<void> {
    const { time, chance, faults } = this.#world;
    const phase = (): ReturnType<PhaseTracker['now']> => this.phase.now();
    if (!this.#dead && faults.strikes('crash while it waits', 0.0015, phase)) {
      this.say(`crashes while it waits, ${this.phase.now()}`);
      this.kill();
    }
    return new Promise((resolve) => void time.after(chance.between(0, longest), () => this.deliver(resolve)));
  }
}
