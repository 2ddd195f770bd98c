import type { Job, JobContext, ListState } from '@kgen/runtime';
import { Text } from '../task/codecs.ts';
import type { ChangelogState } from './changelog-state.ts';
import type { Output } from './features/feature.ts';
import type { Profile } from './profile.ts';

// Where outputs may come again they do not say what was done. State does: below exactly-once a job writes each call down in it.

export interface HistoryState {
  readonly history: ListState<string>;
}

export const HISTORY_STATE: Job['declaration']['state'] = { history: { kind: 'list', value: Text } };

export function hasHistory({ guarantee, stateless }: Profile): boolean {
  return guarantee !== 'exactly-once' && !stateless;
}

export function addToHistory(ctx: JobContext<string> & { readonly state: HistoryState }, output: Output): void {
  ctx.state.history.append(JSON.stringify(output));
}

/** The calls of each key that count, in their order. */
export function historyOf(changelog: ChangelogState): Map<string, Output[]> {
  return new Map(
    Array.from(changelog.lists('history'), ([key, items]) => [key, items.map((text) => JSON.parse(text) as Output)]),
  );
}
