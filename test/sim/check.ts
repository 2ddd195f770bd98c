import type { HookedMemoryLog } from '../../runtime/src/log/memory/memory-log.ts';
import { ChangelogState, type CheckpointPosition } from './changelog-state.ts';
import { isEarlier } from './earlier-consumer.ts';
import type { Call, Input, Model, Output } from './features/feature.ts';
import { inputs, outputs } from './features/topics.ts';
import { hasHistory, historyOf } from './history.ts';
import { CHANGELOG, GROUP } from './job.ts';
import { hasChangelog, type Profile } from './profile.ts';

export type ViolationName =
  /** A call was due, and there is no output of it. */
  | 'lost'
  /** There are two outputs of one call. */
  | 'doubled'
  /** There is an output of a call that was not due. */
  | 'invented'
  /** Outputs of a key come in another order than its inputs. */
  | 'disordered'
  /** An output shows what cannot be, if all calls of its key were made one after the other. */
  | 'wrong-state'
  /** What is left at the end is not what the calls come to. */
  | 'wrong-end'
  /** Offsets of the group and checkpoint records are not of one checkpoint. */
  | 'torn'
  /** The job does not get on although nothing is wrong any more. */
  | 'stuck'
  /** The job ended with an error that nothing accounts for. */
  | 'failed'
  /** A member of the group, alive and well, was fenced. */
  | 'fenced-alive';

export interface Violation {
  readonly name: ViolationName;
  readonly what: string;
  /** The key that it is about. */
  readonly key?: string | undefined;
}

/** Topics of streams that there are at first. */
export function firstTopics({ features }: Profile): readonly string[] {
  const own = features.flatMap(({ declares, topics = {} }) =>
    Object.values(declares.inputs ?? {}).flatMap(({ as, topic }) => {
      if (as !== 'stream') return [];
      return topic.pattern === undefined ? topic.names : Object.keys(topics);
    }),
  );
  return ['in-a', 'in-b', ...own];
}

/** Topics of streams, also those that come while the job runs. */
export function inputTopics(profile: Profile): readonly string[] {
  return [...new Set([...firstTopics(profile), ...Object.keys(comingTopics(profile))])];
}

/** Topics that come while the job runs, or get more partitions: up to so many. */
export function comingTopics({ features }: Profile): { readonly [topic: string]: number } {
  return Object.assign({}, ...features.map(({ comes }) => comes));
}

/** Whose outputs, state and offsets are compared. */
export interface Place {
  readonly group: string;
  readonly changelog: string;
  readonly out: string;
  /** By key, what another job had put out before the savepoint that this one started from. */
  readonly before: ReadonlyMap<string, readonly Output[]>;
}

const FIRST: Place = { group: GROUP, changelog: CHANGELOG, out: 'out', before: new Map() };

/**
 * Compares what came out, as a reader of committed records sees it, with what one call after the other would have made.
 * Inputs of one key may be interleaved in any way: outputs say in which, and the models follow them. Where outputs may come
 * again, the history that the job keeps in its state says it instead.
 */
export function check(log: HookedMemoryLog, profile: Profile, place: Place = FIRST): Violation | undefined {
  const { guarantee } = profile;
  const changelog = hasChangelog(profile) ? ChangelogState.read(log, place.changelog) : undefined;
  const models = profile.features.map((feature): [string, Model] => [
    feature.name,
    feature.model?.({ log, changelog, guarantee }) ?? {},
  ]);
  const due = callsDue(log, profile);
  const written = outputsByKey(log, place.out);
  for (const [key, before] of place.before) written.set(key, [...before, ...(written.get(key) ?? [])]);
  const repeated = guarantee === 'exactly-once' ? undefined : checkRepeated(due, written, guarantee);
  if (repeated !== undefined) return repeated;
  const torn = changelog === undefined ? undefined : checkOffsets(log, profile, changelog, place);
  // Without state nothing says which of several outputs of a call is the one that counts.
  if (guarantee !== 'exactly-once' && !hasHistory(profile)) return torn;
  const found = guarantee === 'exactly-once' || changelog === undefined ? written : historyOf(changelog);
  const missing = guarantee === 'at-least-once' ? checkWritten(found, written) : undefined;
  if (missing !== undefined) return missing;
  for (const key of new Set([...due.keys(), ...found.keys()])) {
    const violation = checkKey(key, due.get(key) ?? [], found.get(key) ?? [], models);
    if (violation !== undefined) return violation;
  }
  for (const [name, model] of models) {
    const wrong = model.end?.();
    if (typeof wrong === 'object') return wrong;
    if (wrong !== undefined) return { name: 'wrong-end', what: `${name}: ${wrong}` };
  }
  return torn;
}

/** How many outputs came again. */
export function repetitions(log: HookedMemoryLog): number {
  const ids = [...outputsByKey(log, 'out').values()].flatMap((found) =>
    found.flatMap(({ id, by }) => (by ? [] : [id])),
  );
  return ids.length - new Set(ids).size;
}

export function callsDue(log: HookedMemoryLog, profile: Profile): Map<string, Call[]> {
  const calls: Call[] = [];
  for (const topic of inputTopics(profile)) {
    const codec = profile.features.find(({ values }) => values?.[topic] !== undefined)?.values?.[topic];
    for (const record of log.records(topic)) {
      const input = codec === undefined ? jsonInput(record) : codec.decode(record.value ?? new Uint8Array());
      if (isEarlier(input)) continue;
      if (profile.features.some(({ passesOver }) => passesOver?.(input, topic))) continue;
      calls.push({ input, from: topic, partition: record.partition, offset: Number(record.offset) });
    }
  }
  return Map.groupBy(calls, ({ input }) => input.key);
}

function jsonInput(record: Parameters<typeof inputs.deserialize>[0]): Input {
  return inputs.deserialize({ ...record, topic: 'in-a' }).value as Input;
}

export function outputsByKey(log: HookedMemoryLog, out: string): Map<string, Output[]> {
  const found = new Map<string, Output[]>();
  for (const record of log.records(out)) {
    const { key, value } = outputs.deserialize({ ...record, topic: 'out' });
    const list = found.get(String(key));
    if (list === undefined) found.set(String(key), [value as Output]);
    else list.push(value as Output);
  }
  return found;
}

/** Below exactly-once, of all outputs: they are of calls that were due, and with at-least-once each call has one. */
function checkRepeated(
  due: ReadonlyMap<string, readonly Call[]>,
  written: ReadonlyMap<string, readonly Output[]>,
  guarantee: Profile['guarantee'],
): Violation | undefined {
  for (const key of new Set([...due.keys(), ...written.keys()])) {
    const wanted = new Set(due.get(key)?.map(({ input }) => input.id));
    const ids = new Set(written.get(key)?.flatMap(({ id, by }) => (by === undefined ? [id] : [])));
    for (const id of ids)
      if (!wanted.has(id)) return { name: 'invented', what: `key ${key}: call ${id} was never due`, key };
    if (guarantee === 'none') continue;
    for (const id of wanted)
      if (!ids.has(id)) return { name: 'lost', what: `key ${key}: call ${id} has no output`, key };
  }
  return undefined;
}

/** I10: of each call that counts in state there is the very output, and not only one of another try. */
function checkWritten(
  counted: ReadonlyMap<string, readonly Output[]>,
  written: ReadonlyMap<string, readonly Output[]>,
): Violation | undefined {
  for (const [key, calls] of counted) {
    const attempts = new Set(written.get(key)?.map(({ attempt }) => attempt));
    const lost = calls.find(({ attempt }) => !attempts.has(attempt));
    if (lost === undefined) continue;
    const what = `key ${key}: call ${lost.id} counts in state as attempt ${lost.attempt}, which has no output`;
    return { name: 'lost', what, key };
  }
  return undefined;
}

function checkKey(
  key: string,
  due: readonly Call[],
  found: readonly Output[],
  models: readonly (readonly [string, Model])[],
): Violation | undefined {
  const ids = new Set<number>();
  const calls = new Map(due.map((call) => [call.input.id, call]));
  for (const { id, by } of found) {
    if (by !== undefined) continue;
    if (ids.has(id)) return { name: 'doubled', what: `key ${key}: call ${id} has two outputs`, key };
    if (!calls.has(id)) return { name: 'invented', what: `key ${key}: call ${id} was never due`, key };
    ids.add(id);
  }
  for (const { input } of due) {
    if (!ids.has(input.id)) return { name: 'lost', what: `key ${key}: call ${input.id} has no output`, key };
  }
  for (const [from, wanted] of Map.groupBy(due, (call) => call.from)) {
    const is = found.flatMap(({ id }) => (calls.get(id)?.from === from ? [id] : [])).join();
    const should = wanted.map(({ input }) => input.id).join();
    if (is !== should) return { name: 'disordered', what: `key ${key}: ${is} from ${from} instead of ${should}`, key };
  }
  for (const { id, by, shown } of found) {
    for (const [name, model] of models) {
      if (by !== undefined) {
        const wrong = name === by ? model.own?.(key, shown[name]) : undefined;
        if (wrong !== undefined) return { name: wrong.name, what: `key ${key}: ${wrong.what}`, key };
        continue;
      }
      const what = model.call?.((calls.get(id) as Call).input, shown[name]);
      if (what !== undefined) return { name: 'wrong-state', what: `key ${key}, call ${id}, ${name}: ${what}`, key };
    }
  }
  return undefined;
}

/** I13: when all is over, each task's last checkpoint record and its offsets say the same, or what is there instead of these. */
function checkOffsets(
  log: HookedMemoryLog,
  profile: Profile,
  { checkpoints }: ChangelogState,
  { group, changelog }: Place,
): Violation | undefined {
  for (const [partition, { checkpoint, producerId, epoch, inputs }] of checkpoints) {
    const identity = `kgen:1:${checkpoint}:${producerId}:${epoch}:state`;
    const topics = profile.commitOffsets ? inputTopics(profile) : [changelog];
    const committed = log.materialisedOffsets(
      group,
      topics.map((topic) => ({ topic, partition })),
    );
    const asleep = inputs.filter((position: CheckpointPosition) => position.asleep === true);
    const isAsleep = (at: string, is: number): boolean =>
      asleep.some(({ topic, offset }) => topic === at && offset === is);
    const is = committed
      .filter(({ topic, offset }) => !isAsleep(topic, offset))
      .map(({ topic, offset, metadata }) => `${topic}@${offset} ${metadata.replace(/(?::\d+){1,2}$/, '')}`)
      .sort()
      .join();
    const positions = inputs
      .filter((position: CheckpointPosition) => position.asleep !== true)
      .map(({ topic, id, offset }: CheckpointPosition) => `${topic}@${offset} ${identity}:${id}`);
    const should = (profile.commitOffsets ? positions : [`${changelog}@${checkpoint} ${identity}:-`]).sort().join();
    if (is !== should) return { name: 'torn', what: `task ${partition}: offsets ${is}, and the record says ${should}` };
  }
  return undefined;
}
