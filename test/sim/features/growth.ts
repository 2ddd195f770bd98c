import type { KeyedTopic } from '@kgen/runtime';
import { murmur2, topic, utf8 } from '@kgen/runtime/codegen/v1';
import type { Feature, Input } from './feature.ts';
import { jsonOf } from './topics.ts';

const late: KeyedTopic<string, Input, string> = topic({
  id: 'late',
  pattern: /late-.*/,
  key: utf8,
  value: jsonOf<Input>(),
  keyFrom: (value: Input) => value.key,
  partitioner: murmur2,
});

/** An input of all topics that match a pattern, of which some come while the job runs. */
export const lateTopics: Feature = {
  name: 'late-topics',
  declares: { inputs: { late: { topic: late, as: 'stream', outOfOrderness: 0, idleAfter: 25 } } },
  topics: { 'late-0': 4 },
  comes: { 'late-1': 4, 'late-2': 4 },
};

/** Topics that get more partitions while the job runs. */
export const latePartitions: Feature = {
  name: 'late-partitions',
  keyless: true,
  declares: {},
  comes: { 'in-a': 5, 'in-b': 6 },
};
