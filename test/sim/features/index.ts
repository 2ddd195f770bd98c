import type { Feature } from './feature.ts';
import { latePartitions, lateTopics } from './growth.ts';
import { list } from './list.ts';
import { map } from './map.ts';
import { poison } from './poison.ts';
import { secondOutput } from './second-output.ts';
import { sideInput } from './side-input.ts';
import { globalTable, table } from './tables.ts';
import { timers } from './timers.ts';
import { unknownIds } from './unknown-ids.ts';
import { value } from './value.ts';

/** All that jobs of the simulation can do. */
export const FEATURES: readonly Feature[] = [
  value,
  list,
  map,
  timers,
  sideInput,
  secondOutput,
  table,
  globalTable,
  unknownIds,
  lateTopics,
  latePartitions,
  poison,
];
