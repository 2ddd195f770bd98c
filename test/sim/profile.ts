import type { Job } from '@kgen/runtime';
import { chance } from './chance.ts';
import type { Feature } from './features/feature.ts';
import { FEATURES } from './features/index.ts';

/** What the job of one seed is like. */
export interface Profile {
  readonly features: readonly Feature[];
  readonly stateless: boolean;
  /** How many handlers may run at once in a task, where they are asynchronous. */
  readonly concurrency: number;
  readonly guarantee: Guarantee;
  /** How many checkpoints may be under way at once. */
  readonly concurrentCheckpoints: number;
  /** False where offsets are in checkpoint records alone. */
  readonly commitOffsets: boolean;
  /** True where it begins with the offsets that another consumer of its group has committed. */
  readonly follows: boolean;
  /** True where some of its runs are bounded, and are followed by others. */
  readonly bounded: boolean;
}

type Guarantee = Job['declaration']['guarantee'];

/** What a test asks for, where it does not leave it to the seed. */
export interface Wishes {
  readonly stateless?: boolean | undefined;
  /** Default: exactly-once. */
  readonly guarantee?: Guarantee | undefined;
  /** Default: as the seed decides where the guarantee allows it. */
  readonly commitOffsets?: boolean | undefined;
  /** Names of features that the job is to have. */
  readonly features?: readonly string[] | undefined;
  readonly concurrentCheckpoints?: number | undefined;
  /** True where jobs may begin elsewhere than at the beginning, and end. Sabotages are noticed without. */
  readonly positions?: boolean | undefined;
}

export function profileOf(seed: number, wishes: Wishes): Profile {
  const luck = chance(seed + 2_000_003);
  const stateless = wishes.stateless ?? seed % 5 === 0;
  const chosen = FEATURES.filter(({ name, declares }) => {
    const wanted = luck.hits(0.5);
    if (wishes.features?.includes(name) === true) return true;
    return declares.state === undefined ? wanted : !stateless;
  });
  const { guarantee = 'exactly-once' } = wishes;
  const keyed =
    !stateless || chosen.some(({ declares }) => Object.values(declares.inputs ?? {}).some(({ as }) => as === 'table'));
  const concurrency = luck.hits(0.5) ? 1 : 2 + luck.below(4);
  const several = luck.hits(0.4) ? 2 + luck.below(3) : 1;
  const concurrentCheckpoints = wishes.concurrentCheckpoints ?? (guarantee === 'exactly-once' ? several : 1);
  const commitOffsets = wishes.commitOffsets ?? (guarantee === 'exactly-once' || luck.hits(0.7));
  const features = chosen.filter(({ keyless }) => keyless !== true || !(keyed || !commitOffsets));
  const follows = wishes.positions === true && luck.hits(0.2);
  const bounded = wishes.positions === true && luck.hits(0.3);
  return { features, stateless, guarantee, commitOffsets, concurrency, concurrentCheckpoints, follows, bounded };
}

export function hasChangelog({ stateless, commitOffsets }: Pick<Profile, 'stateless' | 'commitOffsets'>): boolean {
  return !stateless || !commitOffsets;
}
