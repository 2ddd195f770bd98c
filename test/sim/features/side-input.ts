import type { Feature } from './feature.ts';
import { sideInputs } from './topics.ts';

/** A second input, co-partitioned with the first: its handler works on the same state. */
export const sideInput: Feature = {
  name: 'side-input',
  declares: { inputs: { side: { topic: sideInputs, as: 'stream', outOfOrderness: 0, idleAfter: 25 } } },
  topics: { side: 4 },
};
