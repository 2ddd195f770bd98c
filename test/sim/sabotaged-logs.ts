import type { Log } from '@kgen/runtime';
import type { HookedMemoryLog } from '../../runtime/src/log/memory/memory-log.ts';
import { type Producer, withProducer } from '../task/wrapped-log.ts';
import { CHANGELOG, SECOND_CHANGELOG } from './job.ts';
import type { Sabotages, SabotageWorld } from './simulate.ts';

// Logs that break an invariant for the job.

export type Membership = Awaited<ReturnType<Log['join']>>;

/** The members of the group, as the coordinator knows them. */
export function withMembers(log: Log, members: Membership[]): Log {
  return {
    ...log,
    async join(options, listener) {
      const membership = await log.join(options, listener);
      members.push(membership);
      return membership;
    },
  };
}

/** Tasks are given up at once, while a checkpoint is under way that was sealed before, and its offsets go under the newest generation. */
export function newestGeneration(log: Log): Log {
  const own = new Map<string, Membership>();
  const committing = new Set<string>();
  const joining: Log = {
    ...log,
    async join(options, listener) {
      const membership: Membership = await log.join(options, {
        assigned: (tasks, layout) => listener.assigned(tasks, layout),
        lost: (why) => listener.lost(why),
        async revoked(tasks) {
          const done = listener.revoked(tasks);
          if (!committing.has(membership.member().memberId)) await done;
        },
      });
      own.set(membership.member().memberId, membership);
      return membership;
    },
  };
  return withProducer(joining, (producer) => ({
    async commitOffsets(member, offsets) {
      committing.add(member.memberId);
      for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
      committing.delete(member.memberId);
      await producer.commitOffsets(own.get(member.memberId)?.member() ?? member, offsets);
    },
  }));
}

/** State is serialised after the barrier. What was emitted since then is still held back: it is the state alone that is late. */
export function serialiseLate(): Sabotages {
  const barriers = new Map<string, () => void>();
  return {
    stateless: false,
    serialiseLate: ({ producerId, epoch }) => barriers.get(`${producerId}:${epoch}`)?.(),
    log: (log) =>
      withProducer(log, (producer) => {
        let held: Parameters<Producer['append']>[0][] | undefined;
        barriers.set(`${producer.producerId}:${producer.epoch}`, () => {
          held = [];
        });
        return {
          append(record) {
            if (held === undefined || record.topic === 'sim-changelog') return producer.append(record);
            held.push({ ...record, bytes: Buffer.from(record.bytes) });
            return undefined;
          },
          async commit() {
            await producer.commit();
            const late = held ?? [];
            held = undefined;
            for (const record of late) void producer.append(record);
          },
          async abort() {
            held = undefined;
            await producer.abort();
          },
        };
      }),
  };
}

/** Transactions in which no position moved have no offsets: those of timers. */
export function timersWithoutOffsets(log: Log): Log {
  return withProducer(log, (producer) => {
    const committed = new Map<string, number>();
    let last: Parameters<Producer['commitOffsets']>[1] = [];
    return {
      async commitOffsets(member, offsets) {
        last = offsets;
        const moved = offsets.some(({ topic, partition, offset }) => committed.get(`${topic}-${partition}`) !== offset);
        if (moved) await producer.commitOffsets(member, offsets);
      },
      async commit() {
        await producer.commit();
        for (const { topic, partition, offset } of last) committed.set(`${topic}-${partition}`, offset);
      },
    };
  });
}

/** Offsets that come before others are written after them, now and then. */
export function slowOffsets(log: Log, { time, chance }: SabotageWorld): Log {
  return withProducer(log, (producer) => ({
    async commitOffsets(member, offsets) {
      if (chance.hits(0.3)) await time.wait(chance.between(2, 20));
      await producer.commitOffsets(member, offsets);
    },
  }));
}

const CHANGELOG_TIMER = [2, 3];

/** That a timer has fired is written at once, whatever becomes of the transaction. */
export function earlyTombstones(log: HookedMemoryLog): Log {
  return withProducer(log, (producer) => ({
    append(record) {
      const { topic, partition, bytes, keyStart, keyEnd, valueStart } = record;
      const isTimer = topic === CHANGELOG && CHANGELOG_TIMER.every((byte, i) => bytes[keyStart + i] === byte);
      if (!isTimer || valueStart >= 0) return producer.append(record);
      log.produce([{ topic, partition, key: Buffer.from(bytes.subarray(keyStart, keyEnd)), value: null }]);
      return undefined;
    },
  }));
}

/** Checkpoint records as `change` leaves them. */
export function checkpointRecords(log: Log, change: (record: Record<string, unknown>) => void): Log {
  return withProducer(log, (producer) => ({
    append(record) {
      const { topic, bytes, keyStart, valueStart, valueEnd } = record;
      if (topic !== CHANGELOG || bytes[keyStart] !== 0) return producer.append(record);
      const content = JSON.parse(bytes.toString('utf8', valueStart, valueEnd));
      change(content);
      const changed = Buffer.from(`\0${JSON.stringify(content)}`);
      const place = { keyStart: 0, keyEnd: 1, valueStart: 1, valueEnd: changed.length };
      return producer.append({ ...record, bytes: changed, ...place });
    },
  }));
}

/** State is written as outputs are, and offsets behind it. */
export function plainChangelog(log: Log): Log {
  return {
    ...log,
    async producer() {
      const plain = await log.idempotentProducer();
      return {
        producerId: plain.producerId,
        epoch: plain.epoch,
        append: (record) => plain.append(record),
        seal: () => undefined,
        hold: () => undefined,
        release: () => undefined,
        flush: () => plain.flush(),
        commitOffsets: (member, offsets) => log.commitOffsets(member, offsets),
        commit: async () => undefined,
        abort: async () => undefined,
        close: () => undefined,
      };
    },
  };
}

export function forgetWatermarks(record: Record<string, unknown>): void {
  delete record['watermark'];
  for (const input of record['inputs'] as Record<string, unknown>[]) delete input['watermark'];
}

export function forgetAsleep(record: Record<string, unknown>): void {
  const inputs = record['inputs'] as readonly { readonly asleep?: true }[];
  Object.assign(record, { inputs: inputs.filter(({ asleep }) => asleep !== true) });
}

/** Each member reads what it has found itself, some time after it has, and not what the group agrees on. */
export function ownLayout(log: Log, { time, chance }: SabotageWorld): Log {
  return {
    ...log,
    async join(options, listener) {
      let own = options.layout;
      const membership = await log.join(options, {
        revoked: (tasks) => listener.revoked(tasks),
        lost: (why) => listener.lost(why),
        assigned: (tasks) => listener.assigned(tasks, own),
      });
      return {
        member: () => membership.member(),
        end: (how) => membership.end(how),
        know(layout) {
          time.after(chance.between(0, 400), () => {
            own = layout;
            membership.know(layout);
          });
        },
      };
    },
  };
}

/** Who reads a changelog finds the first checkpoint record in each of its partitions wherever there is one. */
export function firstCheckpoints(log: Log): Log {
  return {
    ...log,
    source(isolation) {
      const source = log.source(isolation);
      const first = new Map<string, Buffer>();
      return {
        assign: (partitions) => source.assign(partitions),
        unassign: (partitions) => source.unassign(partitions),
        pause: (partition) => source.pause(partition),
        resume: (partition) => source.resume(partition),
        wake: () => source.wake(),
        close: () => source.close(),
        async poll(wait) {
          const fetched = await source.poll(wait);
          return fetched.map((part) => ({ ...part, records: withFirst(part.records, `${part.partition}`, first) }));
        },
      };
    },
  };
}

type Records = Awaited<ReturnType<ReturnType<Log['source']>['poll']>>[number]['records'];

function withFirst(records: Records, place: string, first: Map<string, Buffer>): Records {
  const replaced = (): Buffer | undefined => {
    const { bytes, keyStart, valueStart, valueEnd } = records;
    if (bytes[keyStart] !== 0) return undefined;
    const known = first.get(place) ?? Buffer.concat([Buffer.of(0), bytes.subarray(valueStart, valueEnd)]);
    first.set(place, known);
    return known;
  };
  return new Proxy(records, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value === 'function') return value.bind(target);
      const other = PLACES.has(name) ? replaced() : undefined;
      if (other === undefined) return value;
      return { bytes: other, keyStart: 0, keyEnd: 1, valueStart: 1, valueEnd: other.length }[String(name)];
    },
  });
}

const PLACES: ReadonlySet<string | symbol> = new Set(['bytes', 'keyStart', 'keyEnd', 'valueStart', 'valueEnd']);

/** Each transaction of an import has checkpoint records and offsets already, whatever state is still to come. */
export function hastyImport(log: Log): Log {
  return withProducer(log, (producer) => ({
    async commitOffsets(member, offsets) {
      const isImport = offsets.some(({ metadata }) => metadata.startsWith('kgen:import:'));
      const topics = await log.topics([SECOND_CHANGELOG, ...new Set(offsets.map(({ topic }) => topic))]);
      if (!isImport || !topics.has(SECOND_CHANGELOG)) return await producer.commitOffsets(member, offsets);
      const { producerId, epoch } = producer;
      const positions = offsets.map((each) => ({ ...each, id: topics.get(each.topic)?.id ?? '' }));
      for (const [partition, inputs] of Map.groupBy(positions, (each) => each.partition)) {
        const record = { version: 1, checkpoint: 0, producerId, epoch, inputs, tables: [] };
        const bytes = Buffer.from(`\0${JSON.stringify(record)}`);
        const place = { bytes, keyStart: 0, keyEnd: 1, valueStart: 1, valueEnd: bytes.length };
        void producer.append({ topic: SECOND_CHANGELOG, partition, timestamp: 0, headers: [], ...place });
      }
      const identity = `kgen:1:0:${producerId}:${epoch}:state`;
      await producer.commitOffsets(
        member,
        positions.map(({ id, ...each }) => ({ ...each, metadata: `${identity}:${id}` })),
      );
    },
  }));
}

/** Initialised when it is used first. */
export function lateProducer(initialise: () => Promise<Producer>): Producer {
  let producer: Promise<Producer> | undefined;
  const held: (() => Promise<void>)[] = [];
  const use = async (): Promise<Producer> => {
    producer ??= initialise();
    const made = await producer;
    for (const append of held.splice(0)) await append();
    return made;
  };
  return {
    producerId: 0,
    epoch: 0,
    append(record) {
      const own = { ...record, bytes: Buffer.from(record.bytes) };
      held.push(async () => void (await (await (producer as Promise<Producer>)).append(own)));
      return undefined;
    },
    seal() {
      held.push(async () => void (await (producer as Promise<Producer>)).seal());
    },
    hold() {
      held.push(async () => void (await (producer as Promise<Producer>)).hold());
    },
    release() {
      held.push(async () => void (await (producer as Promise<Producer>)).release());
    },
    flush: async () => (await use()).flush(),
    commitOffsets: async (member, offsets) => (await use()).commitOffsets(member, offsets),
    commit: async () => (await use()).commit(),
    abort: async () => (await use()).abort(),
    close: () => undefined,
  };
}
