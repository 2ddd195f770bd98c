import type { JobContext, ValueState } from '@kgen/runtime';
import avsc from 'avsc';
import { Count } from '../../task/codecs.ts';
import { expecting, type Feature, type Input } from './feature.ts';

interface Context extends JobContext<string> {
  readonly state: { readonly total: ValueState<Count> };
}

/** Now and then the value is deleted. */
function deletes({ amount }: Input): boolean {
  return amount % 11 === 7;
}

function next({ count, sum }: Count, { amount }: Input): Count {
  return { count: count + 1, sum: sum + amount };
}

const NOTHING: Count = { count: 0, sum: 0 };

/** State with one value a key: what was counted so far. */
export const value: Feature = {
  name: 'value',
  declares: { state: { total: { kind: 'value', value: Count } } },
  work(input, ctx: Context) {
    const { total } = ctx.state;
    const now = next(total.get() ?? NOTHING, input);
    if (deletes(input)) total.clear();
    else total.set(now);
    return now;
  },
  model({ changelog }) {
    const known = new Map<string, Count>();
    return {
      call: expecting((input) => {
        const now = next(known.get(input.key) ?? NOTHING, input);
        if (deletes(input)) known.delete(input.key);
        else known.set(input.key, now);
        return now;
      }),
      end: () => changelog?.differs('total', 'value', { value: avsc.Type.forSchema(JSON.parse(Count.schema)) }, known),
    };
  },
};
