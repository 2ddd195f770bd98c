import type { InputModel, JobModel } from '../../model/model.ts';

/** An input that its job narrows, with the names of what reads it in the job's file. */
export interface Narrowed {
  readonly input: InputModel;
  /** `flightsInput` */
  readonly codec: string;
  /** `readFlightsInput` */
  readonly reader: string;
}

export interface LocalNames {
  readonly narrowed: readonly Narrowed[];
  /** Names that no import may take. */
  readonly declares: readonly string[];
}

/** Names that a job's file uses without importing them. A topic may be called any of these. */
const USED = 'Array BigInt Date Map Number Object Pick Promise Readonly Record String Uint8Array handlers undefined';

/** Settles what a job's file declares. */
export function localNames(job: JobModel): LocalNames {
  const { functionName, typeName } = job;
  const types = ['', 'Handlers', 'Context', 'State', 'Tables', 'Emit', 'TimerHandlers', 'TimerContext'].map(
    (suffix) => typeName + suffix,
  );
  const taken = new Set([functionName, ...types, ...USED.split(' ')]);
  const free = (name: string): string => {
    let result = name;
    for (let n = 2; taken.has(result); n++) result = `${name}${n}`;
    taken.add(result);
    return result;
  };
  const narrowed = job.inputs
    .filter(({ fields }) => fields !== undefined)
    .map((input) => {
      const codec = free(`${input.topic.id}Input`);
      return { input, codec, reader: free(`read${codec.charAt(0).toUpperCase()}${codec.slice(1)}`) };
    });
  return { narrowed, declares: [...taken] };
}
