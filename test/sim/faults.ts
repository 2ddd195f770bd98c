import type { Chance } from './chance.ts';
import type { Phase } from './phase.ts';

/** What may happen. */
export const FAULTS = [
  /** The process dies before a request is sent. */
  'crash before a request',
  /** It dies when the request was applied, and nobody hears the answer. */
  'crash after a request',
  /** It dies while it waits for an answer, a record, or its turn. */
  'crash while it waits',
  /** It dies among the records of a transaction. */
  'crash between records',
  /** All processes die at once. */
  'crash of all',
  /** It stands still for less than its session lasts. */
  'short pause',
  /** It stands still until the group has expelled it, and goes on as if nothing had been. */
  'zombie',
  /** As that, with nothing to do, and no transaction that would tell who it was: what is due then, it finds due when it goes on. */
  'idle zombie',
  /** The group expels a member that it does not hear of. */
  'session time-out',
  /** A member does not give tasks up in time, and is expelled. */
  'rebalance time-out',
  /** A transaction is aborted by the coordinator under its owner, who is well. */
  'transaction time-out',
  /** A request is lost on its way: after a while the client gives up on it. */
  'lost request',
  /** A request is applied, and its answer is lost. */
  'lost answer',
  /** A request arrives when the client has given up on it long ago. */
  'late request',
  /** A request is sent and applied twice, as when the first answer was lost. */
  'repeated request',
  /** An answer takes long, but comes in time. */
  'slow answer',
  /** All connections of a process are cut: what it has asked for stays without answer. */
  'cut connections',
  /** Records cannot be fetched. */
  'failed fetch',
  /** A record is refused, and the transaction with it. */
  'refused record',
  /** A handler throws; the job ends, and is started again. */
  'failing handler',
  /** The markers of a transaction reach the partitions late, and at different times. */
  'late markers',
  /** An instance is stopped, and started again: its tasks move. */
  'stop and start',
  /** Another member joins, and is gone at once: tasks move there and back. */
  'passing member',
  /** The coordinator of group and transactions cannot be asked for a while. */
  'coordinator away',
  /** A topic is unknown for a while, as just after it was created. */
  'unknown topic',
  /** The changelog is compacted: older values of a key go. */
  'compaction',
  /** The broker is gone for a while, and comes back with all that it had. */
  'broker restart',
  /** Reading a changelog takes long, perhaps longer than a member may take to give tasks up. */
  'slow restore',
  /** Tasks are asked back that are being opened. */
  'revocation during an opening',
  /** The Schema Registry does not answer. */
  'registry away',
  /** A topic comes that matches the pattern of an input. */
  'new topic',
  /** Topics that are read get more partitions. */
  'new partitions',
  /** A process hears late of a topic, or of partitions, that others know already. */
  'stale metadata',
  /** A bounded run has come to its end; the next one goes on there. */
  'end of a run',
] as const;

/** What may happen where a savepoint is taken, and a second job starts from it. */
export const SAVEPOINT_FAULTS = [
  'crash while a savepoint is written',
  'crash while a savepoint is imported',
  /** The group of the job that is saved gets another generation meanwhile. */
  'stop and start while a savepoint is written',
  /** The changelog is compacted meanwhile. */
  'compaction while a savepoint is written',
] as const;

export type Fault = (typeof FAULTS)[number] | (typeof SAVEPOINT_FAULTS)[number];

/** What keeps a process from its next step: counted for each phase of its work. */
export type Harm = 'crash' | 'pause' | 'zombie' | 'loss';

export const HARMS: readonly Harm[] = ['crash', 'pause', 'zombie', 'loss'];

const HARM_OF: { readonly [fault in Fault]?: Harm } = {
  'crash before a request': 'crash',
  'crash after a request': 'crash',
  'crash while it waits': 'crash',
  'crash between records': 'crash',
  'crash of all': 'crash',
  'short pause': 'pause',
  zombie: 'zombie',
  'idle zombie': 'zombie',
  'lost request': 'loss',
  'lost answer': 'loss',
  'late request': 'loss',
  'cut connections': 'loss',
  'failed fetch': 'loss',
};

/** How often each fault has happened, and each harm in each phase. */
export class FaultCounts {
  readonly faults: Map<Fault, number> = new Map();
  readonly #phases = new Map<string, number>();

  count(fault: Fault, phase?: Phase): void {
    this.faults.set(fault, this.of(fault) + 1);
    const harm = HARM_OF[fault];
    if (phase === undefined || harm === undefined) return;
    this.#phases.set(`${phase} ${harm}`, this.in(phase, harm) + 1);
  }

  of(fault: Fault): number {
    return this.faults.get(fault) ?? 0;
  }

  in(phase: Phase, harm: Harm): number {
    return this.#phases.get(`${phase} ${harm}`) ?? 0;
  }

  add(other: FaultCounts): void {
    for (const [fault, count] of other.faults) this.faults.set(fault, this.of(fault) + count);
    for (const [place, count] of other.#phases) this.#phases.set(place, (this.#phases.get(place) ?? 0) + count);
  }
}

/** Decides which faults happen, until the world is to calm down. */
export class Faults {
  readonly counts: FaultCounts = new FaultCounts();
  readonly #chance: Chance;
  /** How often each kind happens, relative to its usual rate: seeds differ in what goes wrong. */
  readonly #weights = new Map<Fault, number>();
  #calm = false;

  /** `often`: what is to happen far more often than by the seed alone. */
  constructor(chance: Chance, often: readonly Fault[] = []) {
    this.#chance = chance;
    for (const fault of FAULTS) this.#weights.set(fault, chance.hits(0.3) ? 0 : chance.between(0.3, 2));
    for (const fault of often) this.#weights.set(fault, 6);
  }

  get areOver(): boolean {
    return this.#calm;
  }

  calmDown(): void {
    this.#calm = true;
  }

  /** True where the fault is to happen now. `phase`: what the process is about. */
  strikes(fault: Fault, probability: number, phase?: () => Phase): boolean {
    if (this.#calm || !this.#chance.hits(probability * (this.#weights.get(fault) ?? 1))) return false;
    this.counts.count(fault, phase?.());
    return true;
  }
}
