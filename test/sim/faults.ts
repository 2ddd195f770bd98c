import type { Chance } from './chance.ts';

/** What may happen to a process, and how often it has. */
export const FAULTS = [
  /** The process dies before a request is sent. */
  'crash before a request',
  /** It dies when the request was applied, and nobody hears the answer. */
  'crash after a request',
  /** It stands still for less than its session lasts. */
  'short pause',
  /** It stands still until the group has expelled it, and goes on as if nothing had been. */
  'zombie',
  /** A request is lost on its way: after a while the client gives up on it. */
  'lost request',
  /** A request is applied, and its answer is lost. */
  'lost answer',
  /** A request arrives when the client has given up on it long ago. */
  'late request',
  /** A record is refused, and the transaction with it. */
  'refused record',
  /** A handler throws; the job ends, and is started again. */
  'failing handler',
  /** The markers of a transaction reach the partitions late, and at different times. */
  'late markers',
  /** An instance is stopped, and started again: its tasks move. */
  'stop and start',
] as const;

export type Fault = (typeof FAULTS)[number];
export type FaultCounts = Map<Fault, number>;

/** Decides which faults happen, until the world is to calm down. */
export class Faults {
  readonly counts: FaultCounts = new Map();
  readonly #chance: Chance;
  /** How often each kind happens, relative to its usual rate: seeds differ in what goes wrong. */
  readonly #weights = new Map<Fault, number>();
  #calm = false;

  constructor(chance: Chance) {
    this.#chance = chance;
    for (const fault of FAULTS) this.#weights.set(fault, chance.hits(0.3) ? 0 : chance.between(0.3, 2));
  }

  calmDown(): void {
    this.#calm = true;
  }

  /** True where the fault is to happen now. */
  strikes(fault: Fault, probability: number): boolean {
    if (this.#calm || !this.#chance.hits(probability * (this.#weights.get(fault) ?? 0))) return false;
    this.counts.set(fault, (this.counts.get(fault) ?? 0) + 1);
    return true;
  }
}
