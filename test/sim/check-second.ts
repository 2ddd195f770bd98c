import type { HookedMemoryLog } from '../../runtime/src/log/memory/memory-log.ts';
import { ChangelogState } from './changelog-state.ts';
import { callsDue, check, outputsByKey, type Violation } from './check.ts';
import type { Output } from './features/feature.ts';
import { SECOND_CHANGELOG, SECOND_GROUP, SECOND_OUT } from './job.ts';
import { hasChangelog, type Profile } from './profile.ts';

/**
 * What the first job had put out when a savepoint was taken of it, and what the second one has put out since, are together what one
 * job would have: each call once, in its order, on the state of all calls before it. `offsets` are those of the savepoint.
 */
export function checkSecond(
  log: HookedMemoryLog,
  profile: Profile,
  offsets: ReadonlyMap<string, number>,
): Violation | undefined {
  const calls = new Map([...callsDue(log, profile).values()].flat().map((call) => [call.input.id, call]));
  const isSaved = ({ id }: Output): boolean => {
    const call = calls.get(id);
    return call !== undefined && call.offset < (offsets.get(`${call.from}-${call.partition}`) ?? 0);
  };
  const since = outputsByKey(log, SECOND_OUT);
  const left = hasChangelog(profile) ? ChangelogState.read(log, SECOND_CHANGELOG).numbers('fired') : new Map();
  const before = new Map<string, readonly Output[]>();
  for (const [key, outputs] of outputsByKey(log, 'out')) {
    const next = outputs.findIndex((each) => each.by === undefined && !isSaved(each));
    const own = next < 0 ? outputs : outputs.slice(0, next);
    const late = outputs.slice(own.length).find(isSaved);
    if (late !== undefined) {
      const what = `key ${key}: the savepoint is of before call ${outputs[next]?.id}, and of behind call ${late.id}`;
      return { name: 'torn', what, key };
    }
    before.set(key, withFired(own, firedBefore(since.get(key) ?? []) ?? left.get(key) ?? 0));
  }
  return check(log, profile, { group: SECOND_GROUP, changelog: SECOND_CHANGELOG, out: SECOND_OUT, before });
}

/** Which of the timers that fired behind the last call are in the savepoint no position says: state says how many have fired in all. */
function withFired(outputs: readonly Output[], fired: number): readonly Output[] {
  const lastCall = outputs.findLastIndex(({ by }) => by === undefined);
  const [until, behind] = [outputs.slice(0, lastCall + 1), outputs.slice(lastCall + 1)];
  const certain = until.filter(({ by }) => by !== undefined).length;
  return [...until, ...behind.slice(0, Math.max(0, fired - certain))];
}

/** How many timers had fired before the first of these; undefined where none of these has. */
function firedBefore(outputs: readonly Output[]): number | undefined {
  const first = outputs.find(({ by }) => by !== undefined);
  return first === undefined ? undefined : (first.shown['timers'] as { readonly count: number }).count - 1;
}
