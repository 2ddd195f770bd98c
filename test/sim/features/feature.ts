import type { Job, JobContext, OnError } from '@kgen/runtime';
import type { HookedMemoryLog } from '../../../runtime/src/log/memory/memory-log.ts';
import type { Chance } from '../chance.ts';
import type { ChangelogState } from '../changelog-state.ts';
import type { Violation } from '../check.ts';
import type { SimTime } from '../time.ts';

type Declaration = Job['declaration'];

/** What goes in. */
export interface Input {
  readonly key: string;
  /** Unique. */
  readonly id: number;
  readonly amount: number;
}

/** What comes out for each call: all that the features of the job have seen in it, by their names. */
export interface Output {
  /** Of the input. */
  readonly id: number;
  /** The feature that made the call, where it was not for an input. */
  readonly by?: string;
  /** Of the call: no other has it, also where it is of the same input. Left out where a call has one output. */
  readonly attempt?: number;
  readonly shown: { readonly [feature: string]: unknown };
}

/** A call that the job is to make, exactly once. */
export interface Call {
  readonly input: Input;
  /** The topic: calls of one key and topic are made in their order. */
  readonly from: string;
  readonly partition: number;
  readonly offset: number;
}

/** Something a job can do: what it does of it in the simulation, and what that must come to. */
export interface Feature {
  readonly name: string;
  /** Its part of the job's declaration. */
  readonly declares: Partial<Pick<Declaration, 'inputs' | 'outputs' | 'state' | 'timers' | 'onError'>>;
  /** Topics it needs, with their partition counts. */
  readonly topics?: { readonly [name: string]: number };
  /** True where it is for jobs alone that keep nothing by key. */
  readonly keyless?: true;
  /** Topics that come while the job runs, or get more partitions: up to so many. */
  readonly comes?: { readonly [topic: string]: number };
  /** How inputs lie in its topics, where it is not as JSON. */
  readonly values?: { readonly [topic: string]: InputCodec };
  /** Its part of each call. What it returns is shown in the call's output. */
  work?(input: Input, ctx: JobContext<string>): unknown;
  /** Called when its timers fire. What it returns is shown in an output of its own. */
  readonly onTimer?: {
    readonly [timer: string]: (
      timer: { readonly name: string; readonly time: bigint },
      ctx: JobContext<string>,
    ) => unknown;
  };
  /** Decides about records that fail. */
  readonly onError?: OnError<{ key: string; streams: { readonly [input: string]: unknown }; deadLetters: 'dead' }>;
  /** True for an input that fails, and that the job goes on without. */
  passesOver?(input: Input, from: string): boolean;
  /** Writes to its topics, from before the job starts until long before the simulation ends. */
  feed?(feeder: Feeder): Promise<void>;
  /** What it must come to if all calls are made one after the other: one model for each check. */
  model?(history: History): Model;
}

export interface InputCodec {
  encode(input: Input, chance: Chance): Uint8Array;
  decode(value: Uint8Array): Input;
}

export interface Feeder {
  readonly log: HookedMemoryLog;
  readonly time: SimTime;
  readonly chance: Chance;
  /** Keys of inputs. */
  readonly keys: readonly string[];
  /** How long things go wrong, in milliseconds. */
  readonly trouble: number;
  /** Called when a topic has come, or got partitions. */
  readonly came: (topic: string, what: 'topic' | 'partitions') => void;
}

/** What is left when all is over. */
export interface History {
  readonly log: HookedMemoryLog;
  /** As an independent reader restores it. Undefined for a job without state. */
  readonly changelog: ChangelogState | undefined;
  /** What may become of outputs: each is there once, or at least once, or not at all. */
  readonly guarantee: Declaration['guarantee'];
}

/** What is wrong, and by which name it is known. */
export type Wrong = Pick<Violation, 'name' | 'what'>;

export interface Model {
  /** One call, in the order that outputs of its key have. Says what is wrong with what was shown. */
  call?(input: Input, shown: unknown): string | undefined;
  /** One call of the feature's own, in the order that outputs of its key have. */
  own?(key: string, shown: unknown): Wrong | undefined;
  /** After all calls: says what is wrong with what is left. */
  end?(): string | Wrong | undefined;
}

/** A model whose calls show what `expected` gives, as JSON has it. */
export function expecting(expected: (input: Input) => unknown): NonNullable<Model['call']> {
  return (input, shown) => {
    const [is, should] = [JSON.stringify(shown), JSON.stringify(expected(input))];
    return is === should ? undefined : `${is} instead of ${should}`;
  };
}
