import { type Clock, type Log, LogError } from '@kgen/runtime';
import { HeldRecords } from '../../runtime/src/log/memory/held-records.ts';
import type { Chance } from './chance.ts';
import type { Faults } from './faults.ts';
import type { SimTime } from './time.ts';
import type { Trace } from './trace.ts';

type Membership = Awaited<ReturnType<Log['join']>>;
type Producer = Awaited<ReturnType<Log['producer']>>;

export interface ProcessWorld {
  readonly time: SimTime;
  readonly chance: Chance;
  readonly faults: Faults;
  readonly trace: Trace;
  /** How long a member that is not heard of keeps its place, in milliseconds. */
  readonly session: number;
  /** When each instance that is a member joined. */
  readonly members: Map<string, number>;
  /** Called where a process fenced an instance that it must have known to be alive. */
  readonly fenceAlive: (what: string) => void;
}

/** Bytes that may wait for the end of a transaction before a process has to wait as well. */
const HELD_BYTES = 400;
/** Milliseconds until a client gives up on a request. */
const REQUEST_TIMEOUT = 40;

/**
 * One process, as an operating system and a network treat it: its requests take their time, and may be lost; it may be killed
 * or stand still at any of them. Nothing happens in it while it stands still, and nothing any more when it is dead.
 */
export class Process {
  readonly name: string;
  /** Resolves when it was killed. */
  readonly death: Promise<void>;
  readonly #world: ProcessWorld;
  readonly #die: () => void;
  readonly #memberships = new Set<Membership>();
  readonly #held: (() => void)[] = [];
  readonly #expelled: (() => void)[] = [];
  #instance = '';
  /** When it asked last who is a member. */
  #looked = 0;
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

  /** Of this process, for the trace; `key` where it is about one key alone. */
  say(what: string, key?: string): void {
    this.#world.trace.say(this.name, what, key);
  }

  /** Nothing of it is heard any more; its session runs out. */
  kill(): void {
    if (this.#dead) return;
    this.#dead = true;
    this.#world.members.delete(this.#instance);
    this.say('is dead');
    for (const membership of this.#memberships) void membership.end({ leave: false });
    this.#die();
  }

  /** Its own time: timers fire when it is awake. */
  clock(): Clock {
    const { time, chance } = this.#world;
    return {
      now: time.now,
      monotonic: time.monotonic,
      after: (ms, call) => time.after(ms, () => this.#deliver(call)),
      turn: () => new Promise((resolve) => void time.after(chance.between(0, 0.5), () => this.#deliver(resolve))),
      random: () => chance.next(),
    };
  }

  /** The log as it sees it. */
  log(log: Log): Log {
    return {
      topics: (names) => this.#ask('topics', () => log.topics(names)),
      createTopics: (topics) => this.#ask('createTopics', () => log.createTopics(topics)),
      retention: (topic) => this.#ask('retention', () => log.retention(topic)),
      openTransactions: (prefix) => this.#ask('openTransactions', () => log.openTransactions(prefix)),
      epochEnds: (positions) => this.#ask('epochEnds', () => log.epochEnds(positions)),
      undecided: (partitions) => this.#ask('undecided', () => log.undecided(partitions)),
      instances: (group) => {
        this.#looked = this.#world.time.monotonic();
        return this.#ask('instances', () => log.instances(group));
      },
      committedOffsets: (group, partitions) =>
        this.#ask('committedOffsets', () => log.committedOffsets(group, partitions)),
      bounds: (partitions) => this.#ask('bounds', () => log.bounds(partitions)),
      source: () => this.#source(log),
      producer: async (id) => {
        const owner = id.slice(id.indexOf('/') + 1);
        const joined = this.#world.members.get(owner);
        if (owner !== this.#instance && joined !== undefined && joined < this.#looked) {
          this.#world.fenceAlive(`${this.name} fenced ${owner}, a member`);
        }
        return this.#producer(await this.#tell(`producer ${id}`, () => log.producer(id)));
      },
      join: (options, listener) => this.#join(log, options, listener),
    };
  }

  #source(log: Log): ReturnType<Log['source']> {
    const source = log.source();
    return {
      assign: (partitions) => source.assign(partitions),
      unassign: (partitions) => source.unassign(partitions),
      pause: (partition) => source.pause(partition),
      resume: (partition) => source.resume(partition),
      wake: () => source.wake(),
      close: () => source.close(),
      poll: (wait) => this.#answer(source.poll(wait)),
    };
  }

  #producer(producer: Producer): Producer {
    const { faults } = this.#world;
    const name = `${producer.producerId}:${producer.epoch}`;
    // What waits for the end of a sealed transaction waits in the process: the network lies behind it.
    const say = (line: string): void => this.say(line);
    const held = new HeldRecords(HELD_BYTES);
    let sealed = false;
    let closed = false;
    let failure: unknown;
    const tell = async (request: string, send: () => Promise<void>): Promise<void> => {
      if (closed) throw new LogError('fatal', 'the producer is closed');
      try {
        await this.#tell(request, send);
      } catch (error) {
        failure ??= error;
        held.release();
        throw error;
      }
    };
    return {
      producerId: producer.producerId,
      epoch: producer.epoch,
      append: (record) => {
        if (this.#dead) return undefined;
        if (closed) throw new LogError('fatal', 'the producer is closed');
        if (failure !== undefined) throw failure;
        if (faults.strikes('refused record', 0.002)) {
          this.say('append is refused');
          throw new LogError('abortable', 'a record was refused');
        }
        const pressure = sealed ? held.add(record) : producer.append(record);
        return this.#world.chance.hits(0.1) ? this.#answer(Promise.resolve()) : pressure;
      },
      seal() {
        sealed = true;
      },
      commitOffsets: (member, offsets) => {
        const which = offsets.map(({ topic, partition, offset }) => `${topic}-${partition}@${offset}`).join(' ');
        const request = `offsets of ${name}, generation ${member.generation}: ${which}`;
        return tell(request, () => producer.commitOffsets(member, offsets));
      },
      async commit() {
        await tell(`commit of ${name}`, () => producer.commit());
        sealed = false;
        try {
          for (const record of held.release()) void producer.append(record);
        } catch (error) {
          // Who is fenced hears so again.
          say(`what waited is refused: ${error}`);
        }
      },
      async abort() {
        sealed = false;
        failure = undefined;
        held.release();
        await tell(`abort of ${name}`, () => producer.abort());
      },
      // What was sent is on its way all the same.
      close: () => {
        closed = true;
      },
    };
  }

  async #join(
    log: Log,
    options: Parameters<Log['join']>[0],
    listener: Parameters<Log['join']>[1],
  ): Promise<Membership> {
    this.#instance = options.instance;
    const membership = await this.#ask('join', async () => {
      const joined = await log.join(options, {
        revoked: (tasks) =>
          new Promise((done) => {
            this.#deliver(() => {
              this.say(`is asked for tasks ${tasks.join() || 'none'}`);
              void listener.revoked(tasks).then(done);
            });
          }),
        assigned: (tasks) =>
          this.#deliver(() => {
            this.say(`gets tasks ${tasks.join() || 'none'}`);
            listener.assigned(tasks);
          }),
        lost: (why) =>
          this.#deliver(() => {
            this.say(`is no member any more: ${why}`);
            listener.lost(why);
          }),
      });
      this.#memberships.add(joined);
      this.#expelled.push(() => listener.lost('expelled'));
      if (this.#dead) void joined.end({ leave: false });
      else this.#world.members.set(options.instance, this.#world.time.monotonic());
      return joined;
    });
    return {
      member: () => membership.member(),
      end: async (how) => {
        this.#memberships.delete(membership);
        this.#world.members.delete(options.instance);
        await this.#ask('end', () => membership.end(how));
      },
    };
  }

  /** A request that changes nothing, or may be repeated. */
  #ask<T>(name: string, send: () => Promise<T>): Promise<T> {
    return this.#request(name, send, 'retriable', 0.004);
  }

  /** A request of which it matters whether it was applied. */
  #tell<T>(name: string, send: () => Promise<T>): Promise<T> {
    return this.#request(name, send, 'unknown-outcome', 0.015);
  }

  async #request<T>(
    name: string,
    send: () => Promise<T>,
    lost: 'retriable' | 'unknown-outcome',
    rate: number,
  ): Promise<T> {
    const { time, chance, faults } = this.#world;
    if (this.#dead) return never();
    const say = (what: string): void => this.say(`${name}: ${what}`);
    if (faults.strikes('crash before a request', rate)) {
      say('crash before it');
      this.kill();
      return never();
    }
    if (faults.strikes('short pause', rate)) this.#pause(chance.between(1, this.#world.session * 0.8));
    if (faults.strikes('zombie', rate)) this.#pause(this.#world.session * chance.between(1.2, 8));
    if (faults.strikes('lost request', rate)) {
      say('lost');
      return this.#timeOut(lost);
    }
    if (lost === 'unknown-outcome' && faults.strikes('late request', rate)) {
      say('arrives late');
      time.after(REQUEST_TIMEOUT * chance.between(0.5, 6), () => {
        say('arrives');
        send().catch((error: unknown) => say(`late, and refused: ${error instanceof Error ? error.message : error}`));
      });
      return this.#timeOut(lost);
    }
    // What stands still may have sent its request just before, or is about to.
    if (this.#paused && chance.hits(0.6)) await new Promise<void>((resolve) => this.#deliver(resolve));
    await time.wait(chance.between(0, 1.5));
    if (this.#dead) return never();
    if (lost === 'unknown-outcome') say('arrives');
    const answer = send();
    if (faults.strikes('crash after a request', rate)) {
      answer.catch(() => undefined);
      say('crash after it');
      this.kill();
      return never();
    }
    if (faults.strikes('lost answer', rate)) {
      answer.catch(() => undefined);
      say('answer lost');
      return this.#timeOut(lost);
    }
    if (faults.strikes('zombie', rate / 2)) this.#pause(this.#world.session * chance.between(1.2, 8));
    return this.#answer(answer);
  }

  async #timeOut(kind: 'retriable' | 'unknown-outcome'): Promise<never> {
    await this.#world.time.wait(REQUEST_TIMEOUT);
    return this.#answer(Promise.reject(new LogError(kind, 'no answer')));
  }

  /** Brings an answer, after a while, and when the process is awake. */
  async #answer<T>(answer: Promise<T>): Promise<T> {
    const { time, chance } = this.#world;
    try {
      return await answer;
    } finally {
      await new Promise<void>((resolve) => void time.after(chance.between(0, 1.5), () => this.#deliver(resolve)));
    }
  }

  #pause(ms: number): void {
    const { time, session } = this.#world;
    if (this.#paused || this.#dead) return;
    this.#paused = true;
    this.say(`stands still for ${Math.round(ms)} ms`);
    const expelled = ms > session;
    if (expelled) {
      time.after(session, () => {
        this.say('is expelled');
        this.#world.members.delete(this.#instance);
        for (const membership of this.#memberships) void membership.end({ leave: true });
      });
    }
    time.after(ms, () => {
      this.#paused = false;
      if (this.#dead) return;
      this.say('goes on');
      for (const call of this.#held.splice(0)) this.#deliver(call);
      if (!expelled) return;
      // It hears so with its next heartbeat.
      const tell = [...this.#expelled];
      time.after(this.#world.chance.between(0, 20), () =>
        this.#deliver(() => {
          for (const lost of tell) lost();
        }),
      );
    });
  }

  #deliver(call: () => void): void {
    if (this.#dead) return;
    if (this.#paused) this.#held.push(call);
    else call();
  }
}

function never<T>(): Promise<T> {
  return new Promise<T>(() => undefined);
}
