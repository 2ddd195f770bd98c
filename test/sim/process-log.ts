import { type Log, LogError } from '@kgen/runtime';
import { ownerOf } from '../../runtime/src/task/checkpoint/transactional-ids.ts';
import { Network, never, type Request } from './network.ts';
import type { Place, Process, ProcessWorld } from './process.ts';
import { processOutputs } from './process-outputs.ts';
import { type Producer, processProducer } from './process-producer.ts';
import { StaleMetadata, type Topics } from './stale-metadata.ts';

type Membership = Awaited<ReturnType<Log['join']>>;
type Source = ReturnType<Log['source']>;
type JoinOptions = Parameters<Log['join']>[0];
type Listener = Parameters<Log['join']>[1];
type Member = Parameters<Log['commitOffsets']>[0];
type Offsets = Parameters<Log['commitOffsets']>[1];

/** What each topic is to the job. */
export type TopicRole = 'stream' | 'table' | 'changelog';

/** The log as one process sees it: behind its network. */
export class ProcessLog {
  readonly network: Network;
  readonly #process: Process;
  readonly #world: ProcessWorld;
  readonly #log: Log;
  readonly #roles: ReadonlyMap<string, TopicRole>;
  readonly #news: StaleMetadata;
  /** When it asked last who is a member. */
  #looked = 0;

  constructor(process: Process, world: ProcessWorld, log: Log, roles: ReadonlyMap<string, TopicRole>) {
    this.network = new Network(process, world);
    this.#process = process;
    this.#world = world;
    this.#log = log;
    this.#roles = roles;
    this.#news = new StaleMetadata(process, world);
  }

  port(): Log {
    const log = this.#log;
    return {
      topics: (names) => this.#ask('topics', async () => this.#known(await log.topics(names))),
      createTopics: (topics) => this.#ask('createTopics', () => log.createTopics(topics)),
      deleteTopics: (topics) => this.#ask('deleteTopics', () => log.deleteTopics(topics)),
      topicSettings: (topic) => this.#ask('topicSettings', () => log.topicSettings(topic)),
      offsetsAt: (times) => this.#ask('offsetsAt', () => log.offsetsAt(times)),
      epochEnds: (positions) => this.#ask('epochEnds', () => log.epochEnds(positions)),
      undecided: (partitions) => this.#ask('undecided', () => log.undecided(partitions)),
      openTransactions: (prefix) => this.#askCoordinator('openTransactions', () => log.openTransactions(prefix)),
      instances: (group) => {
        this.#looked = this.#world.time.monotonic();
        return this.#askCoordinator('instances', () => log.instances(group));
      },
      committedOffsets: (group, partitions) =>
        this.#askCoordinator('committedOffsets', () => log.committedOffsets(group, partitions)),
      bounds: (partitions) =>
        this.#ask('bounds', () => {
          const unknown = partitions.find(({ topic }) => this.#world.weather.isUnknown(topic));
          if (unknown !== undefined) throw new LogError('retriable', `topic ${unknown.topic} is unknown`);
          return log.bounds(partitions);
        }),
      source: (isolation) => this.#source(log.source(isolation)),
      producer: (id) => this.#initialise(id),
      idempotentProducer: async () => {
        const producer = await this.#ask('idempotentProducer', () => log.idempotentProducer());
        return processOutputs(log, producer, this.#process, this.#world, this.network);
      },
      commitOffsets: (member, offsets) => this.#commitOffsets(member, offsets),
      join: (options, listener) => this.#join(options, listener),
    };
  }

  #known(topics: Topics): Topics {
    return this.#news.seen(new Map([...topics].filter(([name]) => !this.#world.weather.isUnknown(name))));
  }

  #source(source: Source): Source {
    const { phase } = this.#process;
    const { faults } = this.#world;
    const isStream = (topic: string): boolean => this.#roles.get(topic) === 'stream';
    let reading: 'changelog' | 'table' | 'stream' | undefined;
    return {
      assign: (partitions) => {
        const roles = new Set(partitions.map(({ topic }) => this.#roles.get(topic)));
        for (const { topic, partition } of partitions) if (isStream(topic)) phase.opened(partition);
        // What reads streams goes on to read tables; others are there to catch up.
        if (roles.has('stream')) {
          reading = 'stream';
        } else if (reading === undefined && partitions.length > 0) {
          reading = roles.has('changelog') ? 'changelog' : 'table';
          phase.reading(reading, 1);
        }
        source.assign(partitions);
      },
      unassign: (partitions) => {
        for (const { topic, partition } of partitions) if (isStream(topic)) phase.closed(partition);
        source.unassign(partitions);
      },
      pause: (partition) => source.pause(partition),
      resume: (partition) => source.resume(partition),
      wake: () => source.wake(),
      close: () => {
        if (reading === 'changelog' || reading === 'table') phase.reading(reading, -1);
        reading = undefined;
        source.close();
      },
      poll: async (wait) => {
        const current = (): ReturnType<typeof phase.now> => phase.now();
        // Catching up takes a few polls only.
        const rate = reading === 'stream' ? 0.002 : 0.015;
        if (phase.now() === 'between transactions' && faults.strikes('idle zombie', 0.02, current))
          this.#process.becomeZombie();
        if (faults.strikes('zombie', rate, current)) this.#process.becomeZombie();
        if (faults.strikes('short pause', rate, current)) this.#process.pause(this.#world.session / 2);
        if (faults.strikes('crash while it waits', rate, current)) {
          this.#process.say(`crashes while it fetches, ${phase.now()}`);
          this.#process.kill();
        }
        if (faults.strikes('failed fetch', rate, current)) {
          this.#process.say(`cannot fetch, ${phase.now()}`);
          return this.#process.answer(Promise.reject(new LogError('retriable', 'records cannot be fetched')));
        }
        if (reading === 'changelog' && faults.strikes('slow restore', 0.03)) {
          this.#process.say(`restores slowly, ${phase.now()}`);
          await this.#world.time.wait(this.#world.chance.between(1, 1.5 * this.#world.rebalance));
        }
        return this.#process.answer(source.poll(wait));
      },
    };
  }

  /** Outside of transactions: what comes late, or again, sets them back at most. */
  async #commitOffsets(member: Member, offsets: Offsets): Promise<void> {
    const { phase } = this.#process;
    const which = offsets.map(({ topic, partition, offset }) => `${topic}-${partition}@${offset}`).join(' ');
    const send = (): Promise<void> => {
      phase.offsetsSent();
      return this.#log.commitOffsets(member, offsets);
    };
    try {
      await this.network.request({
        name: `offsets, generation ${member.generation}: ${which}`,
        send,
        late: () => this.#log.commitOffsets(member, offsets),
        coordinator: true,
        unanswered: 'retriable',
        repeatable: true,
      });
    } finally {
      phase.ended();
    }
  }

  async #initialise(id: string): Promise<Producer> {
    const process = this.#process;
    const { members, fenceAlive, group } = this.#world;
    const owner = ownerOf(id, group);
    const joined = members.get(owner);
    if (owner !== process.instance && joined !== undefined && joined < this.#looked) {
      fenceAlive(`${process.name} fenced ${owner}, a member`);
    }
    const producer = await this.#tell(`producer ${id}`, () => this.#log.producer(id));
    return processProducer(producer, process, this.#world, (name, send) => this.#tell(name, send, true));
  }

  async #join(options: JoinOptions, listener: Listener): Promise<Membership> {
    const process = this.#process;
    process.instance = options.instance;
    process.phase.restarted();
    let givenUp = false;
    let silence = (): void => undefined;
    const send = async (): Promise<{ membership: Membership; place: Place }> => {
      const membership = await this.#log.join(options, this.#hearing(listener));
      const place: Place = {
        end: (how) => void membership.end(how),
        expelled: () => listener.lost('expelled'),
      };
      process.joined(place);
      silence = (): void => {
        process.left(place);
        void membership.end({ leave: false });
      };
      if (givenUp) silence();
      return { membership, place };
    };
    // Who joins late is a member that nobody speaks for.
    const late = async (): Promise<void> => {
      const ghost = await this.#log.join(options, { revoked: never, assigned: () => undefined, lost: () => undefined });
      await ghost.end({ leave: false });
    };
    const request = { name: 'join', send, late, coordinator: true, unanswered: 'retriable' } as const;
    // Who gives up on an answer sends no heartbeats.
    const { membership, place } = await this.network.request(request).catch((error: unknown) => {
      givenUp = true;
      silence();
      throw error;
    });
    return {
      member: () => membership.member(),
      know: (layout) => membership.know(layout),
      end: async (how) => {
        process.left(place);
        // Its heartbeats end, whether or not the group hears that it leaves.
        const fallSilent = (): void => void membership.end({ leave: false });
        void process.death.then(fallSilent);
        await this.#askCoordinator('end', () => membership.end(how)).catch((error: unknown) => {
          fallSilent();
          throw error;
        });
      },
    };
  }

  /** What the coordinator tells a member, in its order, after a while, and when the process is awake. */
  #hearing(listener: Listener): Listener {
    const { time, chance, faults, rebalance } = this.#world;
    const process = this.#process;
    let member = true;
    return {
      revoked: (tasks) =>
        new Promise((done) => {
          const ask = (): void =>
            process.deliver(() => {
              if (!member) return;
              process.say(`is asked for tasks ${tasks.join() || 'none'}`);
              if (process.phase.revoked(tasks)) faults.counts.count('revocation during an opening');
              void listener.revoked(tasks).then(done);
            });
          if (!faults.strikes('rebalance time-out', 0.02)) return ask();
          process.say('hears too late that it is asked for tasks');
          time.after(rebalance * chance.between(1, 1.5), ask);
        }),
      assigned: (tasks, layout) =>
        process.deliver(() => {
          process.say(`gets tasks ${tasks.join() || 'none'}`);
          process.phase.assigned(tasks);
          listener.assigned(tasks, layout);
        }),
      lost: (why) => {
        // So it is from now on, whenever it hears of it.
        this.#world.members.delete(process.instance);
        process.deliver(() => {
          member = false;
          process.say(`is no member any more: ${why}`);
          listener.lost(why);
        });
      },
    };
  }

  /** A request that changes nothing, or may be repeated. */
  #ask<T>(name: string, send: () => Promise<T>): Promise<T> {
    return this.network.request({ name, send, coordinator: false, unanswered: 'retriable' });
  }

  #askCoordinator<T>(name: string, send: () => Promise<T>): Promise<T> {
    return this.network.request({ name, send, coordinator: true, unanswered: 'retriable' });
  }

  /** A request of which it matters whether it was applied. */
  #tell<T>(name: string, send: () => Promise<T>, repeatable = false): Promise<T> {
    const request: Request<T> = { name, send, coordinator: true, unanswered: 'unknown-outcome', repeatable };
    return this.network.request(request);
  }
}
