import type { EmitKeyedTo, JobContext, Topic } from '@kgen/runtime';
import { murmur2, topic, utf8 } from '@kgen/runtime/codegen/v1';
import type { Feature, Input } from './feature.ts';
import { jsonOf } from './topics.ts';

type Names = 'copy-a' | 'copy-b';

const copies: Topic<string, number, Names, null> = topic({
  id: 'copies',
  names: ['copy-a', 'copy-b'],
  key: utf8,
  value: jsonOf<number>(),
  tombstones: true,
  partitioner: murmur2,
});

interface Context extends JobContext<string> {
  readonly emit: { readonly copies: EmitKeyedTo<string, number | null, Names> };
}

/** Where a call's copy goes, by the input's id: to other partitions than its first output. Some are tombstones. */
function copyOf({ id, amount }: Input): { readonly name: Names; readonly value: number | null } {
  return { name: id % 3 === 0 ? 'copy-b' : 'copy-a', value: amount % 5 === 0 ? null : amount };
}

/** A second output, of two topics. */
export const secondOutput: Feature = {
  name: 'second-output',
  declares: { outputs: { copies } },
  topics: { 'copy-a': 2, 'copy-b': 5 },
  work(input, ctx: Context) {
    const { name, value } = copyOf(input);
    ctx.emit.copies(String(input.id), value, { topic: name });
    return undefined;
  },
  model({ log, guarantee }) {
    const expected = new Map<string, string>();
    const found = new Map<string, string[]>();
    for (const name of ['copy-a', 'copy-b']) {
      for (const record of log.records(name)) {
        const { key, value } = copies.deserialize(record);
        found.set(String(key), [...(found.get(String(key)) ?? []), `${value} in ${name}`]);
      }
    }
    return {
      call(input) {
        const { name, value } = copyOf(input);
        expected.set(String(input.id), `${value} in ${name}`);
        const copies = found.get(String(input.id));
        if (guarantee === 'none' && copies === undefined) return undefined;
        const is = (guarantee === 'exactly-once' ? copies : [...new Set(copies)])?.join(' and ') || 'nothing';
        const should = `${value} in ${name}`;
        return is === should ? undefined : `${is} instead of ${should}`;
      },
      end() {
        const strangers = [...found.keys()].filter((id) => !expected.has(id));
        return strangers.length === 0 ? undefined : `copies of ${strangers.join()}, which are no inputs`;
      },
    };
  },
};
