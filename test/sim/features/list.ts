import type { JobContext, ListState } from '@kgen/runtime';
import avsc from 'avsc';
import { Text } from '../../task/codecs.ts';
import { expecting, type Feature, type Input } from './feature.ts';

interface Context extends JobContext<string> {
  readonly state: { readonly recent: ListState<string> };
}

/** What an input does to the list of its key. */
function next(list: readonly string[], { amount }: Input): readonly string[] {
  if (list.length >= 4) return [];
  if (amount % 7 === 6) return [...list, 'both', String(amount)].slice(1);
  return [...list, String(amount)];
}

/** State with a list a key: it grows, is replaced, and is emptied. */
export const list: Feature = {
  name: 'list',
  declares: { state: { recent: { kind: 'list', value: Text } } },
  work(input, ctx: Context) {
    const { recent } = ctx.state;
    const now = next(recent.get() as readonly string[], input);
    if (now.length === 0) recent.clear();
    else if (input.amount % 7 === 6) recent.set(now);
    else recent.append(String(input.amount));
    return now.join();
  },
  model({ changelog }) {
    const known = new Map<string, readonly string[]>();
    return {
      call: expecting((input) => {
        const now = next(known.get(input.key) ?? [], input);
        if (now.length === 0) known.delete(input.key);
        else known.set(input.key, now);
        return now.join();
      }),
      end() {
        const members = Array.from(known, ([key, items]) => {
          return [key, new Map(items.map((item, index) => [String(index), item]))] as const;
        });
        return changelog?.differs('recent', 'list', { value: avsc.Type.forSchema('string') }, new Map(members));
      },
    };
  },
};
