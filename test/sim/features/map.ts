import type { JobContext, MapState } from '@kgen/runtime';
import avsc from 'avsc';
import { Int, Text } from '../../task/codecs.ts';
import { expecting, type Feature, type Input } from './feature.ts';

interface Context extends JobContext<string> {
  readonly state: { readonly groups: MapState<number, string> };
}

/** State with a map a key: entries are set, deleted, and all cleared. */
export const map: Feature = {
  name: 'map',
  declares: { state: { groups: { kind: 'map', key: Int, value: Text } } },
  work(input, ctx: Context) {
    const { groups } = ctx.state;
    change(groups, input);
    return [...groups.entries()].map(([group, text]) => `${group}=${text}`).join();
  },
  model({ changelog }) {
    const known = new Map<string, Map<number, string>>();
    return {
      call: expecting((input) => {
        const groups = known.get(input.key) ?? new Map<number, string>();
        known.set(input.key, groups);
        change(groups, input);
        const sorted = [...groups].sort(([a], [b]) => a - b);
        return sorted.map(([group, text]) => `${group}=${text}`).join();
      }),
      end() {
        const types = { value: avsc.Type.forSchema('string'), member: avsc.Type.forSchema('int') };
        const members = Array.from(known, ([key, groups]) => {
          return [key, new Map(Array.from(groups, ([group, text]) => [String(group), text]))] as const;
        });
        return changelog?.differs('groups', 'map', types, new Map(members));
      },
    };
  },
};

function change(
  groups: Pick<MapState<number, string>, 'set' | 'delete' | 'clear'> | Map<number, string>,
  { id, amount }: Input,
): void {
  const group = amount % 5;
  if (amount % 17 === 3) groups.clear();
  else if (group === 4) groups.delete(id % 4);
  else groups.set(group, String(id));
}
