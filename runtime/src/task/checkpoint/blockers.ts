import type { Log, TopicPartition, UndecidedTransaction } from '../../log/port.ts';
import { abortCommand } from '../../log/tool-command.ts';
import type { JobLog } from '../../ops/job-log.ts';
import type { Clock } from '../../time/clock.ts';
import { reasonOf } from '../job-error.ts';
import type { Counters } from '../metrics.ts';
import { partitionKey } from '../positions/start-rule.ts';

/** How often it is looked whether transactions hold readers back, in milliseconds. */
const LOOK_EVERY = 10_000;
/** A partition that gives no record for so long, in milliseconds, is held back; transactions of other jobs are over by then. */
const AFTER = 30_000;
/** So many transactions are named in one look; of the others it is said how many there are. */
const MOST_NAMED = 5;

export interface BlockersWorld {
  readonly log: Log;
  readonly clock: Clock;
  readonly jobLog: JobLog;
  readonly counters: Counters;
}

type Reader = TopicPartition & { readonly offset: number };

interface Held {
  readonly stableEnd: number;
  /** When it was first found so, by the clock's `monotonic`. */
  readonly since: number;
}

/**
 * Open transactions of other programs hold readers of committed records back: for as long as such a one is open, nothing behind it
 * is read. A job that waits for one says who it is, once, and when it is over.
 */
export class Blockers {
  readonly #world: BlockersWorld;
  readonly #readers: () => readonly Reader[];
  /** Partitions whose readers stand at the last stable offset, with something behind it. */
  #held: ReadonlyMap<string, Held> = new Map();
  /** Those that were named, by producer and partition. */
  #told: ReadonlyMap<string, UndecidedTransaction> = new Map();
  #nextLook: number;
  #isLooking = false;

  /** `readers`: which partitions are read, and where they are. */
  constructor(world: BlockersWorld, readers: () => readonly Reader[]) {
    this.#world = world;
    this.#readers = readers;
    this.#nextLook = world.clock.monotonic() + LOOK_EVERY;
  }

  /** To be called now and then: it asks beside the loop, and seldom. */
  look(): void {
    const { clock, jobLog } = this.#world;
    const now = clock.monotonic();
    if (now < this.#nextLook || this.#isLooking) return;
    this.#nextLook = now + LOOK_EVERY;
    this.#isLooking = true;
    this.#find(now)
      .catch((error: unknown) => {
        // It is only to tell people: the job itself finds out what is wrong with the log.
        jobLog.debug({ err: error }, `it could not be found out who holds readers back: ${reasonOf(error)}`);
      })
      .finally(() => {
        this.#isLooking = false;
      });
  }

  async #find(now: number): Promise<void> {
    const { log, counters } = this.#world;
    const readers = this.#readers();
    const bounds = readers.length === 0 ? [] : await log.bounds(readers);
    const held = new Map<string, Held>();
    const late: (TopicPartition & { readonly stableEnd: number })[] = [];
    bounds.forEach(({ topic, partition, stableEnd, end }, i) => {
      if (stableEnd >= end || (readers[i]?.offset ?? 0) < stableEnd) return;
      const key = partitionKey(topic, partition);
      const before = this.#held.get(key);
      const since = before?.stableEnd === stableEnd ? before.since : now;
      held.set(key, { stableEnd, since });
      if (now - since >= AFTER) late.push({ topic, partition, stableEnd });
    });
    this.#held = held;
    counters.blockedPartitions = late.length;
    const open = late.length === 0 ? [] : await log.undecided(late);
    const first = open.filter(({ topic, partition, offset }) => {
      return offset === held.get(partitionKey(topic, partition))?.stableEnd;
    });
    this.#tell(new Map(first.map((one) => [`${one.producerId} ${partitionKey(one.topic, one.partition)}`, one])), now);
  }

  #tell(found: ReadonlyMap<string, UndecidedTransaction>, now: number): void {
    const { log, jobLog } = this.#world;
    const before = this.#told;
    this.#told = found;
    const isKnown = ({ producerId }: UndecidedTransaction, among: Iterable<UndecidedTransaction>): boolean =>
      [...among].some((one) => one.producerId === producerId);
    const groups = Map.groupBy(found.values(), ({ producerId }) => producerId);
    let left = 0;
    let named = 0;
    for (const [producerId, all] of groups) {
      const [first] = all;
      if (first === undefined || isKnown(first, before.values())) continue;
      if (named++ >= MOST_NAMED) {
        left++;
        continue;
      }
      const { topic, partition, offset, transactionalId } = first;
      const since = this.#held.get(partitionKey(topic, partition))?.since ?? now;
      const partitions = all.map((one) => partitionKey(one.topic, one.partition));
      jobLog.warn(
        { producerId, transactionalId, partitions, offset, seconds: Math.round((now - since) / 1000) },
        `${describe(first)} is open, and holds back ${partitions.join(', ')}: nothing behind offset ${offset} is read until it ends. ${todo(first, log)}`,
      );
    }
    if (left > 0) jobLog.warn({ transactions: left }, `and ${left} more transactions hold readers back`);
    for (const one of Map.groupBy(before.values(), ({ producerId }) => producerId).values()) {
      const [first] = one;
      if (first === undefined || isKnown(first, found.values())) continue;
      const { producerId, transactionalId } = first;
      jobLog.info({ producerId, transactionalId }, `${describe(first)} holds readers back no more`);
    }
  }
}

function describe({ producerId, transactionalId }: UndecidedTransaction): string {
  return `a transaction${transactionalId === undefined ? '' : ` '${transactionalId}'`} of producer ${producerId}`;
}

function todo(one: UndecidedTransaction, log: Pick<Log, 'tools'>): string {
  const { transactionalId, timeout } = one;
  if (transactionalId === undefined) {
    return `Its transactional id is not told: this user may not Describe it; or no coordinator knows it, and it does not end by itself: ${abortCommand(log, one)}`;
  }
  const least = timeout === undefined ? 'its timeout' : `${Math.round(timeout / 1000)} s`;
  return `Its broker aborts it after ${least}; \`kgen transactions\` shows it, and ends it where its program is gone`;
}
