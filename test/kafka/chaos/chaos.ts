import { setTimeout as sleep } from 'node:timers/promises';
import { type KafkaLog, kafkaLog } from '@kgen/runtime/kafka';
import type { TopicPartition } from '../../../runtime/src/log/port.ts';
import { unique } from '../../support/kafka/requests.ts';
import { WorkerProcess } from './instances.ts';
import { manyOrders, produceOrders } from './orders.ts';
import { type Judged, judge, type Verdict } from './verdict.ts';
import type { WorkerOptions } from './worker.ts';

export interface ChaosOptions {
  readonly brokers: readonly string[];
  readonly seed: number;
  readonly records: number;
  readonly partitions: number;
  readonly keys: number;
  /** For how many milliseconds faults go on. The last half of the records comes meanwhile, little by little. */
  readonly duration: number;
  /** A handler pauses each so many records. */
  readonly pauseEvery: number;
  /** Default: exactly-once. */
  readonly guarantee?: Judged['guarantee'];
  /** A job without state. */
  readonly stateless?: boolean;
  /** Processes have several checkpoints under way, each start another number of them. */
  readonly several?: boolean;
  /** Kills the broker and starts it again. Default: nobody touches it. */
  readonly restartBroker?: () => Promise<void>;
  /** Each fault as it happens. */
  readonly say?: (line: string) => void;
}

export interface ChaosResult extends Verdict {
  /** How often each kind of fault has happened. */
  readonly faults: { readonly [Name in Fault]: number };
  /** Processes that ended otherwise than by a fault, with what they said. */
  readonly unexpected: readonly string[];
}

export type Fault = 'kill' | 'zombie' | 'replaced zombie' | 'stop' | 'broker';

/** Dealt in any order, all of them before the first comes again. */
const FAULTS: readonly Fault[] = ['kill', 'kill', 'kill', 'zombie', 'replaced zombie', 'stop'];
/** Two are static members; the third has another name each time. */
const ANY = 'any';
const NAMES: readonly string[] = ['a', 'b', ANY];
/** Long enough that nobody is expelled who only waits for a processor. */
const SESSION_TIMEOUT = 2500;
/** How much longer faults go on where one of a kind is missing. */
const LINGER = 45_000;
/** How long the last records may take when faults are over. */
const CATCH_UP_WITHIN = 60_000;

/** Runs instances as processes, and lets them die, sleep and stop as the seed decides; then compares what came out. */
export async function chaos(options: ChaosOptions): Promise<ChaosResult> {
  const log = kafkaLog({ brokers: options.brokers });
  const run = new ChaosRun(options, log);
  try {
    return await run.go();
  } finally {
    await run.end();
    await log.close();
  }
}

class ChaosRun {
  readonly #options: ChaosOptions;
  readonly #log: KafkaLog;
  readonly #group: string = unique('chaos');
  readonly #topics: { readonly orders: string; readonly names: string; readonly totals: string };
  readonly #random: () => number;
  readonly #faults: { [Name in Fault]: number } = { kill: 0, zombie: 0, 'replaced zombie': 0, stop: 0, broker: 0 };
  readonly #unexpected: string[] = [];
  /** By name of the instance. */
  readonly #workers = new Map<string, WorkerProcess>();
  readonly #all: WorkerProcess[] = [];
  readonly #underWay = new Set<Promise<void>>();
  #deck: Fault[] = [];
  #started = 0;
  #fed = 0;

  constructor(options: ChaosOptions, log: KafkaLog) {
    this.#options = options;
    this.#log = log;
    this.#topics = { orders: unique('orders'), names: unique('names'), totals: unique('totals') };
    this.#random = randomOf(options.seed);
  }

  async go(): Promise<ChaosResult> {
    const { records, partitions, duration, brokers, keys } = this.#options;
    await this.#log.createTopics(Object.values(this.#topics).map((name) => ({ name, partitions })));
    await this.#feed(Math.floor(records / 2));
    for (const name of NAMES) this.#start(name);
    const end = performance.now() + duration;
    const feeding = this.#feedSlowly(end);
    while (performance.now() < end || (this.#isSpared() && performance.now() < end + LINGER)) {
      const before = this.#records;
      await sleep(100 + this.#random() * 700);
      // Faults are to find work under way, also on a busy machine, where a process takes seconds to come to it.
      for (const until = performance.now() + 5000; this.#records === before && performance.now() < until; )
        await sleep(20);
      await this.#fault();
    }
    await Promise.all([feeding, ...this.#underWay]);
    for (const name of NAMES) if (this.#workers.get(name)?.alive !== true) this.#start(name);
    await this.#caughtUp();
    await this.#stopAll();
    // State as it was restored by another instance: each key's next total tells it.
    await produceOrders(this.#log, { topic: this.#topics.orders, partitions }, this.#oneOfEach(keys));
    this.#start('last');
    await this.#caughtUp();
    await this.#stopAll();
    await this.#ends(this.#topics.totals);
    return {
      ...(await judge(brokers, this.#topics, this.#options)),
      faults: this.#faults,
      unexpected: this.#unexpected,
    };
  }

  /** A kind of fault that is dealt has befallen nobody yet: on a busy machine instances take long to come to work. */
  #isSpared(): boolean {
    return this.#dealt().some((fault) => this.#faults[fault] === 0);
  }

  #dealt(): Fault[] {
    return this.#options.restartBroker === undefined ? [...FAULTS] : [...FAULTS, 'broker'];
  }

  async end(): Promise<void> {
    await Promise.all(this.#all.map((worker) => worker.kill()));
  }

  #start(name: string): WorkerProcess {
    const { brokers, pauseEvery, guarantee, stateless, several } = this.#options;
    const options: WorkerOptions = {
      brokers,
      group: this.#group,
      topics: this.#topics,
      ...(name === ANY ? {} : { instance: name }),
      sessionTimeout: SESSION_TIMEOUT,
      checkpointInterval: several === true ? 5 : 50,
      // A start is to end what one with more of them left open.
      ...(several === true ? { concurrentCheckpoints: 1 + ((this.#started * 2) % 5) } : {}),
      pauseEvery,
      ...(guarantee === undefined ? {} : { guarantee }),
      ...(stateless === undefined ? {} : { stateless }),
    };
    const worker = new WorkerProcess(`${name}#${++this.#started}`, options);
    this.#say(`start: ${worker.name}`);
    this.#workers.set(name, worker);
    this.#all.push(worker);
    // One that ends by itself, with an error, is started again, as a supervisor would.
    void worker.ended.then((ending) => {
      this.#say(`ended with ${ending}: ${worker.name}${ending === 1 ? `: ${worker.said.slice(-400)}` : ''}`);
      if (typeof ending !== 'number' || ending === 0 || this.#workers.get(name) !== worker) return;
      this.#unexpected.push(worker.said);
      this.#start(name);
    });
    return worker;
  }

  #say(line: string): void {
    this.#options.say?.(line);
  }

  async #fault(): Promise<void> {
    if (this.#deck.length === 0) this.#deck = this.#dealt();
    const at = Math.floor(this.#random() * this.#deck.length);
    const fault = this.#deck[at];
    if (fault === 'broker') {
      this.#deck.splice(at, 1);
      this.#note(fault, 'a broker');
      return this.#options.restartBroker?.();
    }
    // One that sleeps before it has joined, or has joined again, takes its name back when it wakes, as any that starts does.
    const names = NAMES.filter((each) => {
      const worker = this.#workers.get(each);
      return (
        worker?.alive === true &&
        !worker.disturbed &&
        (fault !== 'replaced zombie' || (each !== ANY && worker.records > worker.recordsAwake))
      );
    });
    const name = names[Math.floor(this.#random() * names.length)];
    const worker = this.#workers.get(name ?? '');
    if (fault === undefined || name === undefined || worker === undefined) return;
    this.#deck.splice(at, 1);
    this.#note(fault, worker.name);
    // While one of them sleeps, others are disturbed as well.
    const done = this.#befall(worker, name, fault);
    this.#underWay.add(done);
    void done.finally(() => this.#underWay.delete(done)).catch(() => undefined);
    if (this.#random() < 0.5) await done;
  }

  #note(fault: Fault, what: string): void {
    this.#faults[fault]++;
    this.#say(`${fault}: ${what}, ${this.#records} records are known`);
  }

  /** In committed checkpoints, as far as processes have told. */
  get #records(): number {
    return this.#all.reduce((sum, { records }) => sum + records, 0);
  }

  async #befall(worker: WorkerProcess, name: string, fault: Exclude<Fault, 'broker'>): Promise<void> {
    worker.disturbed = true;
    const away = this.#random() < 0.5 ? 0 : this.#random() * 2000;
    if (fault === 'kill') {
      await worker.kill();
      await sleep(away);
      this.#start(name);
    } else if (fault === 'stop') {
      worker.signal('SIGTERM');
      await this.#ended(worker);
      await sleep(away);
      this.#start(name);
    } else {
      worker.signal('SIGSTOP');
      // Its successor takes its place while it sleeps. Were that one expelled before this one finds out, the name would be free.
      const successor = fault === 'replaced zombie' ? this.#start(name) : undefined;
      if (successor !== undefined) successor.disturbed = true;
      await sleep(SESSION_TIMEOUT + 500 + this.#random() * 1000);
      if (successor !== undefined) await this.#atWork(successor);
      worker.signal('SIGCONT');
      this.#say(`awake: ${worker.name}`);
      // Before it finds out that it was expelled, it may be stopped, or killed.
      worker.disturbed = false;
      worker.recordsAwake = worker.records;
      if (successor === undefined) return;
      const ending = await Promise.race([worker.ended, sleep(30_000, 'nothing' as const)]);
      if (ending !== 1) this.#unexpected.push(`a zombie that was replaced ended with ${ending}: ${worker.said}`);
      await worker.kill();
      successor.disturbed = false;
    }
  }

  /** It has joined: who of a name wakes before another has taken its place keeps it. */
  async #atWork(worker: WorkerProcess): Promise<void> {
    for (const until = performance.now() + CATCH_UP_WITHIN; !worker.atWork; await sleep(20)) {
      if (worker.alive && performance.now() < until) continue;
      this.#unexpected.push(`it does not come to work: ${worker.said}`);
      return;
    }
  }

  async #feedSlowly(end: number): Promise<void> {
    const { records, duration } = this.#options;
    while (this.#fed < records) {
      const left = Math.max(0, end - performance.now()) / duration;
      await this.#feed(Math.ceil((records / 2) * (1 - left)) + Math.floor(records / 2) - this.#fed);
      await sleep(this.#random() * 50);
    }
  }

  async #feed(count: number): Promise<void> {
    if (count <= 0) return;
    const { partitions, keys } = this.#options;
    const list = manyOrders(this.#fed, Math.min(count, this.#options.records - this.#fed), keys);
    try {
      await produceOrders(this.#log, { topic: this.#topics.orders, partitions }, list);
      this.#fed += list.length;
    } catch (error) {
      // Perhaps they are there, perhaps not: what the topic holds counts, and they come again.
      if (this.#options.restartBroker === undefined) throw error;
      await sleep(200);
    }
  }

  #oneOfEach(keys: number): { readonly customer: string; readonly amount: number }[] {
    return Array.from({ length: keys }, (_, key) => ({ customer: `c${key}`, amount: 0 }));
  }

  /** Ends by partition, when no transaction is undecided: a commit is answered before readers see it. */
  async #ends(topic: string): Promise<ReadonlyMap<number, number>> {
    const all = this.#partitionsOf(topic);
    for (const deadline = performance.now() + CATCH_UP_WITHIN; ; await sleep(20)) {
      const bounds = await this.#log.bounds(all);
      if (bounds.every(({ stableEnd, end }) => stableEnd === end))
        return new Map(bounds.map(({ partition, end }) => [partition, end]));
      if (performance.now() > deadline) throw new Error(`a transaction in ${topic} stays undecided`);
    }
  }

  #partitionsOf(topic: string): readonly TopicPartition[] {
    return Array.from({ length: this.#options.partitions }, (_, partition) => ({ topic, partition }));
  }

  /** All of the input is processed, and committed. */
  async #caughtUp(): Promise<void> {
    const all = this.#partitionsOf(this.#topics.orders);
    const ends = await this.#ends(this.#topics.orders);
    for (const deadline = performance.now() + CATCH_UP_WITHIN; ; await sleep(50)) {
      const committed = await this.#log.committedOffsets(this.#group, all);
      const behind = all.filter(({ partition }) => {
        const at = committed.find((offset) => offset.partition === partition)?.offset ?? -1;
        // Behind the last record lies the marker of its transaction, which need not be stepped over.
        return at < (ends.get(partition) ?? 0) - 1;
      });
      if (behind.length === 0) return;
      if (performance.now() < deadline) continue;
      const said = this.#all.slice(-6).map((worker) => worker.said);
      throw new Error(`partitions ${behind.map(({ partition }) => partition)} stay behind\n${said.join('\n')}`);
    }
  }

  async #stopAll(): Promise<void> {
    const running = [...this.#workers.values()].filter(({ alive }) => alive);
    this.#workers.clear();
    for (const worker of running) worker.signal('SIGTERM');
    for (const worker of running) await this.#ended(worker);
  }

  /** By SIGTERM, which ends it by itself where it comes before the program has begun. */
  async #ended(worker: WorkerProcess): Promise<void> {
    const ending = await worker.ended;
    if (ending !== 0 && ending !== 'SIGTERM') this.#unexpected.push(worker.said);
  }
}

function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
