import type { Job, JobContext } from '@kgen/runtime';
import type { HookedMemoryLog } from '../../../runtime/src/log/memory/memory-log.ts';
import type { Chance } from '../chance.ts';
import type { ChangelogState } from '../changelog-state.ts';
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
  readonly id: number;
  readonly shown: { readonly [feature: string]: unknown };
}

/** A call that the job is to make, exactly once. */
export interface Call {
  readonly input: Input;
  /** Calls of one key that come from one place are made in their order. Undefined where any order will do. */
  readonly from: string | undefined;
}

/** Something a job can do: what it does of it in the simulation, and what that must come to. */
export interface Feature {
  readonly name: string;
  /** Its part of the job's declaration. */
  readonly declares: Partial<Pick<Declaration, 'inputs' | 'outputs' | 'state'>>;
  /** Topics it needs, with their partition counts. */
  readonly topics?: { readonly [name: string]: number };
  /** Its part of each call. What it returns is shown in the call's output. */
  work?(input: Input, ctx: JobContext<string>): unknown;
  /** Writes to its topics, from before the job starts until long before the simulation ends. */
  feed?(feeder: Feeder): Promise<void>;
  /** What it must come to if all calls are made one after the other: one model for each check. */
  model?(history: History): Model;
}

export interface Feeder {
  readonly log: HookedMemoryLog;
  readonly time: SimTime;
  readonly chance: Chance;
  /** Keys of inputs. */
  readonly keys: readonly string[];
  /** How long things go wrong, in milliseconds. */
  readonly trouble: number;
}

/** What is left when all is over. */
export interface History {
  readonly log: HookedMemoryLog;
  /** As an independent reader restores it. Undefined for a job without state. */
  readonly changelog: ChangelogState | undefined;
}

export interface Model {
  /** Calls that follow from those for inputs: timers. */
  causes?(inputs: readonly Input[]): readonly Call[];
  /** One call, in the order that outputs of its key have. Says what is wrong with what was shown. */
  call?(input: Input, shown: unknown): string | undefined;
  /** After all calls: says what is wrong with what is left. */
  end?(): string | undefined;
}

/** A model whose calls show what `expected` gives, as JSON has it. */
export function expecting(expected: (input: Input) => unknown): NonNullable<Model['call']> {
  return (input, shown) => {
    const [is, should] = [JSON.stringify(shown), JSON.stringify(expected(input))];
    return is === should ? undefined : `${is} instead of ${should}`;
  };
}
