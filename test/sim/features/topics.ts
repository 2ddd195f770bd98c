import type { Format, KeyedTopic, Topic } from '@kgen/runtime';
import { json, murmur2, topic, utf8 } from '@kgen/runtime/codegen/v1';
import type { Input, Output } from './feature.ts';

/** Two topics of one input. */
export const inputs: KeyedTopic<string, Input, 'in-a' | 'in-b'> = topic({
  id: 'in',
  names: ['in-a', 'in-b'],
  key: utf8,
  value: jsonOf<Input>(),
  keyFrom: (value: Input) => value.key,
  partitioner: murmur2,
});

/** A second input. */
export const sideInputs: KeyedTopic<string, Input, 'side'> = topic({
  id: 'side',
  names: ['side'],
  key: utf8,
  value: jsonOf<Input>(),
  keyFrom: (value: Input) => value.key,
  partitioner: murmur2,
});

/** One record for each call, by the input's key. */
export const outputs: Topic<string, Output, 'out'> = topic({
  id: 'out',
  names: ['out'],
  key: utf8,
  value: jsonOf<Output>(),
  partitioner: murmur2,
});

export function jsonOf<T>(): Format<T> {
  return json as unknown as Format<T>;
}
