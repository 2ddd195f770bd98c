import { isJobError, type Log } from '@kgen/runtime';
import { startWith } from '../../runtime/src/job/run.ts';
import { type HookedMemoryLog, memoryLogWith } from '../../runtime/src/log/memory/memory-log.ts';
import type { Sabotage } from '../../runtime/src/task/sabotage.ts';
import { type Chance, chance } from './chance.ts';
import { check, type Violation } from './check.ts';
import { type FaultCounts, Faults } from './faults.ts';
import { GROUP, inputs, simJob } from './job.ts';
import { Process, type ProcessWorld } from './process.ts';
import { type SimTime, simTime } from './time.ts';

const TASKS = 4;
const KEYS = 6;
/** Milliseconds of trouble; then everything works, and the job is to finish within `PATIENCE`. */
const TROUBLE = 900;
const PATIENCE = 60_000;
const SESSION = 60;
/** Longer than any transaction of an instance that is well. */
const TRANSACTION_TIMEOUT = 2000;

/** What is left out on purpose, to see that the check notices. */
export interface Sabotages extends Sabotage {
  readonly deliverAborted?: boolean | undefined;
  /** The log as processes see it, behind their network. */
  readonly log?: ((log: HookedMemoryLog, world: SabotageWorld) => Log) | undefined;
  readonly startFrom?: 'latest' | undefined;
  /** A job without state. Default: as the seed decides. */
  readonly stateless?: boolean | undefined;
}

export interface SabotageWorld {
  readonly time: SimTime;
  readonly chance: Chance;
  readonly trace: (line: string) => void;
}

export interface Outcome {
  readonly seed: number;
  readonly violation: Violation | undefined;
  readonly faults: FaultCounts;
  readonly trace: readonly string[];
  /** Milliseconds of its own time that it took. */
  readonly lasted: number;
}

/** One run of a few instances over some records, with what goes wrong decided by the seed. */
export async function simulate(seed: number, sabotages: Sabotages = {}): Promise<Outcome> {
  const luck = chance(seed);
  const time = simTime(luck);
  const begin = time.now();
  const trace: string[] = [];
  const say = (line: string): void => void trace.push(`${String(time.now() - begin).padStart(6)}  ${line}`);
  const faults = new Faults(chance(seed + 1_000_003));
  const log = memoryLogWith(
    { clock: time, topics: { in: TASKS, out: 3 }, sessionTimeout: SESSION, rebalanceTimeout: 4 * SESSION },
    {
      markers: markers(time, luck, faults),
      begun: (timeOut) => void time.after(TRANSACTION_TIMEOUT, timeOut),
      deliverAborted: sabotages.deliverAborted,
    },
  );
  let fenced: Violation | undefined;
  const fenceAlive = (what: string): void => {
    fenced ??= { name: 'fenced-alive', what };
  };
  const world: ProcessWorld = {
    time,
    chance: luck,
    faults,
    trace: say,
    session: SESSION,
    members: new Map(),
    fenceAlive,
  };
  const seen = sabotages.log?.(log, { time, chance: luck, trace: say }) ?? log;
  const stateless = sabotages.stateless ?? seed % 5 === 0;
  const fleet = new Fleet(world, seen, { ...sabotages, stateless });

  const upstream = produceSlowly(log, time, luck);
  for (let slot = 0; slot < 1 + luck.below(3); slot++) fleet.launch(slot);
  await time.wait(TROUBLE);
  faults.calmDown();
  say('all is calm');
  await upstream;
  const caughtUp = await becomesTrue(time, async () => fleet.violation !== undefined || (await isDone(log)));
  const stopped = fleet.stop();
  await Promise.race([stopped, time.wait(PATIENCE)]);
  const readable = await becomesTrue(time, () => isStable(log, 'out', 3));
  const violation: Violation | undefined =
    fenced ??
    fleet.violation ??
    (caughtUp && readable
      ? check(log, stateless)
      : { name: 'stuck', what: caughtUp ? 'outputs are held back' : 'not all inputs were processed' });
  return { seed, violation, faults: faults.counts, trace, lasted: time.now() - begin };
}

/** Some instances, each started again when it ends. */
class Fleet {
  violation: Violation | undefined;
  readonly #world: ProcessWorld;
  readonly #log: Log;
  readonly #sabotages: Sabotages;
  readonly #running = new Map<number, { readonly process: Process; stop(): Promise<unknown> }>();
  #launched = 0;
  #over = false;

  constructor(world: ProcessWorld, log: Log, sabotages: Sabotages) {
    this.#world = world;
    this.#log = log;
    this.#sabotages = sabotages;
  }

  launch(slot: number): void {
    const { time, chance, faults, trace } = this.#world;
    if (this.#over) return;
    // The first has a name of its own, which it keeps; others get one at random each time.
    const instance = slot === 0 ? 'steady' : undefined;
    const process = new Process(`${slot === 0 ? 'steady' : `p${slot}`}#${++this.#launched}`, this.#world);
    const clock = process.clock();
    trace(`${process.name} starts`);
    const failing = new Error('a failing handler');
    const job = simJob({
      stateless: this.#sabotages.stateless === true,
      after() {
        if (!process.isDead && faults.strikes('failing handler', 0.002)) throw failing;
      },
      wait: chance.hits(0.5) ? () => clock.turn() : undefined,
    });
    const options = {
      log: process.log(this.#log),
      clock,
      logger: false,
      instance,
      startFrom: this.#sabotages.startFrom,
    } as const;
    const running = startWith(job, options, this.#sabotages);
    this.#running.set(slot, { process, stop: () => running.stop() });
    const again = (): void => void time.after(chance.between(1, 60), () => this.launch(slot));
    void process.death.then(again);
    running.result.then(
      () => again(),
      (error: unknown) => {
        trace(`${process.name} ended: ${error instanceof Error ? error.message : String(error)}`);
        const expected = isJobError(error) && (error.cause === failing || isPassing(error.code));
        if (!expected) this.violation ??= { name: 'failed', what: String(error) };
        again();
      },
    );
    if (faults.strikes('stop and start', 0.3)) {
      time.after(chance.between(10, TROUBLE), () => {
        if (process.isDead || this.#over) return;
        trace(`${process.name} is asked to stop`);
        void running.stop().catch(() => undefined);
      });
    }
  }

  async stop(): Promise<void> {
    this.#over = true;
    await Promise.allSettled([...this.#running.values()].map(({ process, stop }) => process.isDead || stop()));
  }
}

/** What may befall an instance in troubled times: it is started again. */
function isPassing(code: string): boolean {
  return code === 'JOB_LOG_FAILED' || code === 'JOB_FENCED';
}

/** Markers of one transaction come in any order, each in its time, and after those of the transaction before. */
function markers(
  time: SimTime,
  luck: Chance,
  faults: Faults,
): (producerId: number, writes: readonly (() => void)[]) => void {
  const waiting = new Map<number, (() => void)[]>();
  const drain = async (queue: (() => void)[]): Promise<void> => {
    for (; queue.length > 0; queue.shift()) {
      await time.wait(luck.between(0, 12));
      queue[0]?.();
    }
  };
  return (producerId, writes) => {
    const queue = waiting.get(producerId) ?? [];
    waiting.set(producerId, queue);
    const idle = queue.length === 0;
    if (idle && !faults.strikes('late markers', 0.12)) {
      for (const write of writes) write();
      return;
    }
    const left = [...writes];
    while (left.length > 0) queue.push(...left.splice(luck.below(left.length), 1));
    if (idle) void drain(queue);
  };
}

/** Records come while the job runs, in transactions of which some are aborted, or outside of any. */
async function produceSlowly(log: HookedMemoryLog, time: SimTime, luck: Chance): Promise<void> {
  const producer = await log.producer('upstream');
  let id = 0;
  for (let round = 0; round < 12; round++) {
    const records = Array.from({ length: 1 + luck.below(12) }, () =>
      inputs.serializeValue({ key: `k${luck.below(KEYS)}`, id: id++, amount: luck.below(50) }),
    );
    if (luck.hits(0.5)) {
      log.produce(records.map((record) => ({ ...record, partition: partitionOf(record.key) })));
    } else {
      const aborted = luck.hits(0.4);
      for (const { topic, key, value } of records) {
        const bytes = Buffer.concat([key ?? Buffer.alloc(0), value ?? Buffer.alloc(0)]);
        const keyEnd = key?.length ?? 0;
        const place = { bytes, keyStart: 0, keyEnd, valueStart: keyEnd, valueEnd: bytes.length };
        void producer.append({ topic, partition: partitionOf(key), timestamp: time.now(), headers: [], ...place });
      }
      await time.wait(luck.between(0, 30));
      await (aborted ? producer.abort() : producer.commit());
    }
    await time.wait(luck.between(0, TROUBLE / 10));
  }
}

function partitionOf(key: Uint8Array | null): number {
  return Number(key?.[1] ?? 0) % TASKS;
}

async function isDone(log: HookedMemoryLog): Promise<boolean> {
  const partitions = Array.from({ length: TASKS }, (_, partition) => ({ topic: 'in', partition }));
  const offsets = new Map(
    log.materialisedOffsets(GROUP, partitions).map(({ partition, offset }) => [partition, offset]),
  );
  // Markers of what came in may still be on their way.
  if (!(await isStable(log, 'in', TASKS))) return false;
  const next = [0, 0, 0, 0];
  for (const { partition, offset } of log.records('in')) next[partition] = Number(offset) + 1;
  return next.every((end, partition) => end === 0 || (offsets.get(partition) ?? 0) >= end);
}

/** True when no transaction is undecided there. */
async function isStable(log: HookedMemoryLog, topic: string, partitions: number): Promise<boolean> {
  const bounds = await log.bounds(Array.from({ length: partitions }, (_, partition) => ({ topic, partition })));
  return bounds.every(({ stableEnd, end }) => stableEnd === end);
}

async function becomesTrue(time: SimTime, what: () => Promise<boolean>): Promise<boolean> {
  const end = time.now() + PATIENCE;
  while (time.now() < end) {
    if (await what()) return true;
    await time.wait(20);
  }
  return false;
}
